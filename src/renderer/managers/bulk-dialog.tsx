import { Text } from '@mantine/core';
import type { MachineId } from '../../shared/model/machine.ts';
import { formatBytes, formatMiB, MIB } from '../../shared/units.ts';
import { BULK, bulkPlan, countWords, runBulk } from '../bulk-actions.ts';
import { Question } from '../components/question.tsx';
import type { BulkAction } from '../dialogs.ts';
import { useObservable } from '../observable.ts';
import { useMachines } from '../store.ts';
import { usageSamples } from '../usage-store.ts';
import classes from './bulk-dialog.module.css';

interface BulkDialogProps {
  action: BulkAction;
  machineIds: readonly MachineId[];
  onClose(): void;
}

/** Asks once for all of the chosen machines, and says which are left out and why. */
export function BulkDialog({ action, machineIds, onClose }: BulkDialogProps) {
  const machines = useMachines();
  const rule = BULK[action];
  const chosen = machineIds.flatMap((id) => machines.get(id) ?? []);
  const { able, unable } = bulkPlan(action, chosen);
  const memoryMiB = able.reduce((sum, { config }) => sum + config.memoryMiB, 0);
  const free = useObservable(usageSamples, (now) => now.at(-1)?.host.memoryAvailableBytes);
  return (
    <Question
      title={`${rule.verb} ${countWords(able.length)}?`}
      action={rule.verb === 'Save the state of' ? 'Save State' : rule.verb}
      isDangerous={rule.isDangerous}
      isDisabled={able.length === 0}
      onClose={onClose}
      onAction={() => void runBulk(action, able)}
    >
      <Text>{rule.warning}</Text>
      {action === 'start' && free !== undefined && (
        <Text c={memoryMiB * MIB > free ? 'red' : 'dimmed'}>
          Together they are promised {formatMiB(memoryMiB)} of memory; {formatBytes(free)} are free now.
        </Text>
      )}
      <ul className={classes.names}>
        {able.map(({ id, config }) => (
          <li key={id}>{config.name}</li>
        ))}
      </ul>
      {unable.length > 0 && (
        <div>
          <Text c="dimmed">Left out:</Text>
          <ul className={classes.names} data-quiet>
            {unable.map(({ machine, reason }) => (
              <li key={machine.id}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
    </Question>
  );
}
