import { RingProgress } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatBytes } from '../../shared/units.ts';
import { formatPercent, formatProcessors, type MeterNumbers, type Split } from '../meter/meter-numbers.ts';
import classes from './activity.module.css';

/** The host's four resources: what machines use, what others use, what is left, and what was promised. */
export function HostRings({ numbers }: { numbers: MeterNumbers }) {
  const { processor, memory, storage, network, online } = numbers;
  return (
    <div className={classes.rings}>
      <Ring title="Processor" split={processor} format={formatProcessors} unit="processors">
        {processor.promised} virtual {processor.promised === 1 ? 'processor' : 'processors'} promised
      </Ring>
      <Ring title="Memory" split={memory} format={formatBytes}>
        {formatBytes(memory.promised)} promised, {formatBytes(memory.claimable)} of it not taken yet
      </Ring>
      <Ring title="Storage" split={storage} format={formatBytes}>
        {formatBytes(storage.machines)} in the folders of the machines
      </Ring>
      <section className={classes.ring} aria-label="Network">
        <div className={classes.rates}>
          <b>↓ {formatBytes(network.inBytesPerSecond)}/s</b>
          <b>↑ {formatBytes(network.outBytesPerSecond)}/s</b>
        </div>
        <div>
          <h3>Network</h3>
          <p>{formatBytes(network.machinesBytesPerSecond)}/s by machines</p>
          <p>{online === 1 ? '1 machine is' : `${online} machines are`} online</p>
        </div>
      </section>
    </div>
  );
}

interface RingProps {
  title: string;
  split: Split;
  format(value: number): string;
  unit?: string;
  children: ReactNode;
}

function Ring({ title, split, format, unit = '', children }: RingProps) {
  const { total, machines, others, free } = split;
  const share = (part: number) => (total <= 0 ? 0 : (100 * part) / total);
  const words = `${title}: machines ${format(machines)}, others ${format(others)}, free ${format(free)} ${unit}`.trim();
  return (
    <section className={classes.ring} aria-label={title}>
      <RingProgress
        size={92}
        thickness={10}
        rootColor="var(--inn-meter-free)"
        sections={[
          { value: share(machines), color: 'var(--inn-meter-machines)' },
          { value: share(others), color: 'var(--inn-meter-others)' },
        ]}
        label={<b className={classes.ringValue}>{formatPercent(total - free, total)}</b>}
        role="img"
        aria-label={words}
      />
      <div>
        <h3>{title}</h3>
        <dl>
          <Line name="Machines" color="var(--inn-meter-machines)" value={format(machines)} />
          <Line name="Others" color="var(--inn-meter-others)" value={format(others)} />
          <Line name="Free" color="var(--inn-meter-free)" value={`${format(free)} of ${format(total)}`} />
        </dl>
        <p>{children}</p>
      </div>
    </section>
  );
}

function Line({ name, color, value }: { name: string; color: string; value: string }) {
  return (
    <div>
      <dt>
        <i style={{ background: color }} />
        {name}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}
