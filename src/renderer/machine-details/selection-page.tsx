import { UnstyledButton } from '@mantine/core';
import type { MachineId } from '../../shared/model/machine.ts';
import { formatMiB } from '../../shared/units.ts';
import { countWords } from '../bulk-actions.ts';
import { OsIcon } from '../components/os-icon.tsx';
import { StateLabel } from '../components/state-look.tsx';
import { useMachines } from '../store.ts';
import { selectMachine } from '../view.ts';
import classes from './selection-page.module.css';

/** Several machines are chosen: which, and what they are promised together. */
export function SelectionPage({ machineIds }: { machineIds: readonly MachineId[] }) {
  const machines = useMachines();
  const chosen = machineIds.flatMap((id) => machines.get(id) ?? []);
  const memoryMiB = chosen.reduce((sum, { config }) => sum + config.memoryMiB, 0);
  return (
    <section className={classes.page} aria-label="Chosen machines">
      <h2>{countWords(chosen.length)}</h2>
      <p>
        {formatMiB(memoryMiB)} of memory in all. The commands above and in the context menu are for all of them, and ask
        once.
      </p>
      <ul>
        {chosen.map((machine) => (
          <li key={machine.id}>
            <UnstyledButton className={classes.machine} onClick={() => selectMachine(machine.id)}>
              <OsIcon osType={machine.config.osType} />
              <span className={classes.name}>{machine.config.name}</span>
              <StateLabel machine={machine} withReason />
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
