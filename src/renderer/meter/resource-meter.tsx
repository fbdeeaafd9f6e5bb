import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronUp } from '@tabler/icons-react';
import { useEffect, useMemo } from 'react';
import { formatBytes, formatMiB } from '../../shared/units.ts';
import { StackedBar } from '../components/stacked-bar.tsx';
import { hostReserve, loadHostReserve } from '../host-reserve.ts';
import { useObservable } from '../observable.ts';
import { useMachine, useMachines } from '../store.ts';
import { usageSamples } from '../usage-store.ts';
import { preferences, setPreference, view } from '../view.ts';
import { MeterCards } from './meter-cards.tsx';
import { formatPercent, type MeterNumbers, meterNumbers, roomFor, type Split } from './meter-numbers.ts';
import classes from './resource-meter.module.css';

/** Memory of the machine that "room for" speaks of when none is selected. */
const TYPICAL_MEMORY_MIB = 1024;

/** The host's processor, memory, disk and network: who uses them, and what is left. Always in sight. */
export function ResourceMeter() {
  const samples = useObservable(usageSamples, (now) => now);
  const machines = useMachines();
  const isOpen = useObservable(preferences, (now) => now.isMeterOpen);
  const latest = samples.at(-1);
  const numbers = useMemo(
    () => (latest === undefined ? undefined : meterNumbers(latest, machines.values())),
    [latest, machines],
  );
  return (
    <section className={classes.meter} aria-label="Resources of this computer">
      <Collapse expanded={isOpen} transitionDuration={140} keepMounted={false}>
        {numbers !== undefined && <MeterCards numbers={numbers} samples={samples} />}
      </Collapse>
      <UnstyledButton
        className={classes.strip}
        aria-expanded={isOpen}
        aria-label={isOpen ? 'Hide resource details' : 'Show resource details'}
        onClick={() => setPreference('isMeterOpen', !isOpen)}
      >
        {numbers === undefined ? <span className={classes.quiet}>Measuring…</span> : <Strip numbers={numbers} />}
        <IconChevronUp size={14} className={classes.chevron} data-open={isOpen || undefined} aria-hidden />
      </UnstyledButton>
    </section>
  );
}

function Strip({ numbers }: { numbers: MeterNumbers }) {
  const { processor, memory, storage, network } = numbers;
  return (
    <>
      <Gauge
        name="Processor"
        split={processor}
        text={formatPercent(processor.total - processor.free, processor.total)}
      />
      <Gauge name="Memory" split={memory} text={`${formatBytes(memory.free)} free`} />
      <Gauge name="Disk" split={storage} text={`${formatBytes(storage.free)} free`} />
      <span className={classes.gauge}>
        <span className={classes.name}>Network</span>
        <span className={classes.rates}>
          ↓ {formatBytes(network.inBytesPerSecond)}/s&ensp;↑ {formatBytes(network.outBytesPerSecond)}/s
        </span>
      </span>
      <span className={classes.room}>
        <RoomText memory={memory} />
      </span>
    </>
  );
}

function Gauge({ name, split, text }: { name: string; split: Split; text: string }) {
  const parts = [
    { key: 'machines', value: split.machines, color: 'var(--inn-meter-machines)' },
    { key: 'others', value: split.others, color: 'var(--inn-meter-others)' },
  ];
  const words =
    `${name}: machines ${formatPercent(split.machines, split.total)}, ` +
    `others ${formatPercent(split.others, split.total)}, free ${formatPercent(split.free, split.total)}`;
  return (
    <span className={classes.gauge} title={words}>
      <span className={classes.name}>{name}</span>
      <span className={classes.bar}>
        <StackedBar parts={parts} total={split.total} label={words} height={5} />
      </span>
      <span className={classes.value}>{text}</span>
    </span>
  );
}

/** "Room for 12 more like 'web' (512 MB)": what is left, in a unit that means something. */
export function RoomText({ memory }: { memory: MeterNumbers['memory'] }) {
  const selected = useMachine(useObservable(view, (now) => now.machineId));
  const keptPercent = useObservable(hostReserve, (now) => now.memoryPercent);
  useEffect(() => void loadHostReserve(), []);
  const memoryMiB = selected?.config.memoryMiB ?? TYPICAL_MEMORY_MIB;
  const room = roomFor(memoryMiB, memory, keptPercent);
  const size = formatMiB(memoryMiB);
  if (room === 0) return <span data-short>No room for another machine with {size}</span>;
  return (
    <span>
      Room for <b className="inn-numbers">{room}</b> more{' '}
      {selected === undefined ? `machines with ${size}` : `like '${selected.config.name}' (${size})`}
    </span>
  );
}
