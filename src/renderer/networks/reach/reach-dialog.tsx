import { Modal, NumberInput, Select } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { MachineId } from '../../../shared/model/machine.ts';
import { ReachPlace } from '../../../shared/model/virtual-network.ts';
import { PLACE_NAMES } from '../../../shared/network-names.ts';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import { useMachines } from '../../store.ts';
import { useWatched } from '../use-watched.ts';
import classes from './verdict.module.css';
import { Verdict } from './verdict.tsx';

interface ReachDialogProps {
  /** The machine to begin with; null for the first. */
  from: MachineId | null;
  onClose(): void;
}

/** Asked again while it is open: what is changed elsewhere meanwhile is heeded. */
const EVERY_MS = 2000;

/** Can A reach B? Answered as soon as both are chosen, with the rule that decides. */
export function ReachDialog({ from: first, onClose }: ReachDialogProps) {
  const machines = [...useMachines().values()].map(({ id, config }) => ({ value: id, label: config.name }));
  const [from, setFrom] = useState<string | null>(first ?? machines[0]?.value ?? null);
  const [to, setTo] = useState<string | null>(null);
  const [port, setPort] = useState<number | undefined>();
  const others = machines.filter(({ value }) => value !== from);
  const places = ReachPlace.options.map((value) => ({ value, label: PLACE_NAMES[value] }));
  return (
    <Modal opened onClose={onClose} title="Can A reach B?" size={600}>
      <div className={classes.form}>
        <div className={classes.ends}>
          <Select
            label="From"
            searchable
            data={machines}
            value={from}
            onChange={setFrom}
            data-autofocus={first === null}
          />
          <IconArrowRight size={16} aria-hidden />
          <Select
            label="To"
            placeholder="Machine or place"
            searchable
            data={[
              { group: 'Machines', items: others },
              { group: 'Places', items: places },
            ]}
            value={to}
            onChange={setTo}
            data-autofocus={first !== null}
          />
          <NumberInput
            label="Port"
            placeholder="any"
            min={1}
            max={65_535}
            allowDecimal={false}
            hideControls
            value={port ?? ''}
            onChange={(value) => setPort(typeof value === 'number' ? value : undefined)}
          />
        </div>
        {from === null || to === null || from === to ? (
          <p className={classes.quiet}>
            Choose both ends. Machines need not run: then the settings decide, and nothing is tried.
          </p>
        ) : (
          <Answer from={from} to={to} port={port} />
        )}
      </div>
    </Modal>
  );
}

function Answer({ from, to, port }: { from: string; to: string; port: number | undefined }) {
  const { answer, failure } = useWatched(
    () => api.network.reach({ machine: from, to, ...(port === undefined ? {} : { port }) }),
    `${from} ${to} ${port ?? ''}`,
    EVERY_MS,
  );
  return (
    <div role="status" aria-label="Answer">
      {failure !== null && <FailureLine failure={failure} />}
      {failure === null && answer === undefined && <p className={classes.quiet}>Trying…</p>}
      {failure === null && answer !== undefined && <Verdict answer={answer} />}
    </div>
  );
}
