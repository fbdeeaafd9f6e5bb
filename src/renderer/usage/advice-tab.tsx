import { Badge, Button, NumberInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { Advice, UsageAdvice } from '../../shared/model/usage-advice.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { attempt, notifySuccess } from '../notify.tsx';
import { world } from '../store.ts';
import { selectMachine } from '../view.ts';
import { formatAmount } from './format-amount.ts';
import classes from './usage.module.css';
import { useAnswer } from './use-answer.ts';

const EVERY_MS = 30_000;

/** What machines hold and never use, with the evidence, and how many more would fit. */
export function AdviceTab() {
  const [kind, setKind] = useState({ memoryMiB: 1024, processors: 1, storageGiB: 10 });
  const { answer, again } = useAnswer(() => api.usage.advise(kind), JSON.stringify(kind), EVERY_MS);
  if (answer === undefined) return <p className={classes.quiet}>Looking…</p>;
  return (
    <>
      <Room advice={answer} kind={kind} onKind={setKind} />
      <section className={classes.panel} aria-label="Advice">
        <header>
          <h3>Advice</h3>
          <span className={classes.quiet}>{wastedWords(answer.wasted)}</span>
        </header>
        {answer.advice.length === 0 && (
          <p className={classes.quiet}>
            Nothing to say yet. Advice needs some hours of watching, and machines that hold more than they use.
          </p>
        )}
        {answer.advice.map((advice) => (
          <AdviceLine key={`${advice.machineId} ${advice.kind}`} advice={advice} onApplied={again} />
        ))}
      </section>
    </>
  );
}

function AdviceLine({ advice, onApplied }: { advice: Advice; onApplied(): void }) {
  const { machineId, machineName, message, evidence, confidence, change, blockedBy } = advice;
  return (
    <article className={classes.advice}>
      <div>
        <p>
          <b>{message}</b> <Badge color="gray">{confidence} confidence</Badge>
        </p>
        <p className={classes.quiet}>
          Watched for {formatAmount(evidence.hoursObserved)} h. {evidence.source}
        </p>
        {blockedBy !== null && <p className={classes.quiet}>{blockedBy}</p>}
      </div>
      <Button variant="subtle" onClick={() => selectMachine(machineId)}>
        Show {machineName}
      </Button>
      {change !== null && (
        <Tooltip label={blockedBy} disabled={blockedBy === null}>
          <Button
            {...(blockedBy === null ? {} : { 'data-disabled': true })}
            aria-disabled={blockedBy !== null}
            onClick={() => blockedBy === null && void apply(advice).then(onApplied)}
          >
            Apply
          </Button>
        </Tooltip>
      )}
    </article>
  );
}

async function apply({ machineId, machineName, change }: Advice): Promise<void> {
  const machine = world.get().machines.get(machineId);
  if (machine === undefined || change === null) return;
  const { revision, config } = machine;
  const { memoryMiB = config.memoryMiB, processors = config.processors } = change;
  const isDone = await attempt(() =>
    api.machine.configure({ machine: machineId, revision, config: { ...config, memoryMiB, processors } }),
  );
  if (isDone) notifySuccess(`'${machineName}' was given what it needs.`);
}

interface RoomProps {
  advice: UsageAdvice;
  kind: { memoryMiB: number; processors: number; storageGiB: number };
  onKind(kind: RoomProps['kind']): void;
}

const SCARCE = { memory: 'memory', processors: 'processors', storage: 'room on the disk' } as const;

function Room({ advice: { fits }, kind, onKind }: RoomProps) {
  const field = (name: keyof RoomProps['kind'], label: string, suffix: string, min: number, max: number) => (
    <NumberInput
      label={label}
      value={kind[name]}
      suffix={suffix}
      min={min}
      max={max}
      clampBehavior="strict"
      allowDecimal={false}
      w={130}
      onChange={(value) => typeof value === 'number' && value >= min && onKind({ ...kind, [name]: value })}
    />
  );
  return (
    <section className={classes.panel} aria-label="Room for more">
      <header>
        <h3>How many more machines of this kind fit now</h3>
      </header>
      <div className={classes.room}>
        {field('memoryMiB', 'Memory', ' MB', 4, 2_097_152)}
        {field('processors', 'Processors', '', 1, 64)}
        {field('storageGiB', 'Storage', ' GiB', 0, 65_536)}
        <p role="status">
          <b>{fits.count}</b> more; for another one, {SCARCE[fits.limitedBy]} would be too little.
        </p>
      </div>
    </section>
  );
}

function wastedWords({ memoryBytes, processors, storageBytes }: UsageAdvice['wasted']): string {
  const parts = [
    ...(memoryBytes > 0 ? [`${formatBytes(memoryBytes)} of memory`] : []),
    ...(processors > 0 ? [`${processors} virtual processors`] : []),
    ...(storageBytes > 0 ? [`${formatBytes(storageBytes)} on the disk`] : []),
  ];
  return parts.length === 0 ? '' : `Given and not used: ${parts.join(', ')}`;
}
