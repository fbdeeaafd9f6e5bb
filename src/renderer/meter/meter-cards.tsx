import type { ReactNode } from 'react';
import type { UsageSample } from '../../shared/model/usage.ts';
import { formatBytes } from '../../shared/units.ts';
import { Sparkline } from '../components/sparkline.tsx';
import { StackedBar } from '../components/stacked-bar.tsx';
import { formatProcessors, type MeterNumbers, type Split } from './meter-numbers.ts';
import classes from './resource-meter.module.css';

const SHOWN_SAMPLES = 120;

/** Four cards: the split in numbers, what was promised, and the last two minutes. */
export function MeterCards({ numbers, samples }: { numbers: MeterNumbers; samples: readonly UsageSample[] }) {
  const { processor, memory, storage, network } = numbers;
  const recent = samples.slice(-SHOWN_SAMPLES);
  const diskRates = recent.map(machinesDiskRate);
  return (
    <div className={classes.cards}>
      <Card
        title="Processor"
        total={`${formatProcessors(processor.total)} processors`}
        split={processor}
        format={formatProcessors}
        history={recent.map((sample) => sample.host.processorUse)}
        top={processor.total}
      >
        {promise(processor.promised, processor.promised === 1 ? 'virtual processor' : 'virtual processors')}
      </Card>
      <Card
        title="Memory"
        total={formatBytes(memory.total)}
        split={memory}
        format={formatBytes}
        history={recent.map((sample) => sample.host.memoryTotalBytes - sample.host.memoryAvailableBytes)}
        top={memory.total}
      >
        {memory.promised === 0
          ? 'Nothing promised'
          : `${formatBytes(memory.promised)} promised, ${formatBytes(memory.claimable)} not taken yet`}
      </Card>
      <Card title="Disk" total={formatBytes(storage.total)} split={storage} format={formatBytes} history={diskRates}>
        Machines read and write {formatBytes(diskRates.at(-1) ?? 0)}/s
      </Card>
      <NetworkCard
        network={network}
        history={recent.map((sample) => sample.host.networkInBytesPerSecond + sample.host.networkOutBytesPerSecond)}
      />
    </div>
  );
}

function machinesDiskRate(sample: UsageSample): number {
  return sample.machines.reduce(
    (total, usage) => total + usage.diskReadBytesPerSecond + usage.diskWriteBytesPerSecond,
    0,
  );
}

function promise(count: number, noun: string): string {
  return count === 0 ? 'Nothing promised' : `${count} ${noun} promised`;
}

interface CardProps {
  title: string;
  total: string;
  split: Split;
  format(value: number): string;
  history: readonly number[];
  top?: number;
  children: ReactNode;
}

function Card({ title, total, split, format, history, top, children }: CardProps) {
  const parts = [
    { key: 'machines', name: 'Machines', value: split.machines, color: 'var(--inn-meter-machines)' },
    { key: 'others', name: 'Others', value: split.others, color: 'var(--inn-meter-others)' },
    { key: 'free', name: 'Free', value: split.free, color: 'var(--inn-meter-free)' },
  ];
  return (
    <section className={classes.card} aria-label={title}>
      <header>
        <h4>{title}</h4>
        <span>{total}</span>
      </header>
      <StackedBar parts={parts} total={split.total} label={`${title} in use`} height={8} />
      <dl>
        {parts.map((part) => (
          <div key={part.key}>
            <dt>
              <i style={{ background: part.color }} />
              {part.name}
            </dt>
            <dd>{format(part.value)}</dd>
          </div>
        ))}
      </dl>
      <Sparkline values={history} top={top} width={240} height={26} />
      <p>{children}</p>
    </section>
  );
}

function NetworkCard({ network, history }: { network: MeterNumbers['network']; history: readonly number[] }) {
  const rows = [
    { name: 'In', value: network.inBytesPerSecond },
    { name: 'Out', value: network.outBytesPerSecond },
    { name: 'Machines', value: network.machinesBytesPerSecond },
  ];
  return (
    <section className={classes.card} aria-label="Network">
      <header>
        <h4>Network</h4>
        <span>of this computer</span>
      </header>
      <div className={classes.spacer} />
      <dl>
        {rows.map((row) => (
          <div key={row.name}>
            <dt>{row.name}</dt>
            <dd>{formatBytes(row.value)}/s</dd>
          </div>
        ))}
      </dl>
      <Sparkline values={history} width={240} height={26} />
      <p>The last two minutes</p>
    </section>
  );
}
