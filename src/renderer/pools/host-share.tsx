import { Slider } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { HostBudget } from '../../shared/model/pool.ts';
import { formatMiB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { hostReserve } from '../host-reserve.ts';
import { formatProcessors } from '../meter/meter-numbers.ts';
import { attempt } from '../notify.tsx';
import classes from './pools.module.css';

/** What the host can give to machines, what it has promised, and what is kept for itself. */
export function HostShare() {
  const [budget, setBudget] = useState<HostBudget>();
  useEffect(() => {
    void attempt(async () => setBudget(await api.pool.budget({})));
  }, []);
  const change = (reserve: Partial<HostBudget['reserve']>) =>
    void attempt(async () => {
      const changed = await api.pool.setReserve(reserve);
      setBudget(changed);
      hostReserve.set(changed.reserve);
    });
  if (budget === undefined) return <section className={classes.editor} aria-label="This computer" />;
  const { reserve } = budget;
  const numbers = [
    ['For machines', `${formatProcessors(budget.processors)} processors, ${formatMiB(budget.memoryMiB)}`],
    ['Promised', `${budget.promisedProcessors} virtual processors, ${formatMiB(budget.promisedMemoryMiB)}`],
    ['Reserved', `${formatProcessors(budget.reservedProcessors)} processors, ${formatMiB(budget.reservedMemoryMiB)}`],
  ];
  return (
    <section className={classes.editor} aria-label="This computer">
      <h3>This computer</h3>
      <dl className={classes.budget}>
        {numbers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h4>Kept for the computer itself</h4>
      <Percent
        label="Kept processors"
        value={reserve.processorPercent}
        onChange={(processorPercent) => setBudget({ ...budget, reserve: { ...reserve, processorPercent } })}
        onEnd={(processorPercent) => change({ processorPercent })}
      />
      <Percent
        label="Kept memory"
        value={reserve.memoryPercent}
        onChange={(memoryPercent) => setBudget({ ...budget, reserve: { ...reserve, memoryPercent } })}
        onEnd={(memoryPercent) => change({ memoryPercent })}
      />
    </section>
  );
}

interface PercentProps {
  label: string;
  value: number;
  onChange(value: number): void;
  onEnd(value: number): void;
}

function Percent({ label, value, onChange, onEnd }: PercentProps) {
  return (
    <div className={classes.amount}>
      <span className={classes.amountLabel} aria-hidden>
        {label.replace('Kept ', '')}
      </span>
      <Slider
        value={value}
        onChange={onChange}
        onChangeEnd={onEnd}
        min={0}
        max={95}
        step={1}
        label={null}
        size={5}
        thumbSize={14}
        thumbLabel={label}
      />
      <span className={classes.amountNote}>{value} %</span>
    </div>
  );
}
