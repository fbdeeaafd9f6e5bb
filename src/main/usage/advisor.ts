import type { Processors } from '../../shared/model/hardware.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Advice, AdviceEvidence, MachineKind, UsageAdvice } from '../../shared/model/usage-advice.ts';
import { hoursRunning } from '../../shared/model/usage-quantities.ts';
import { formatBytes, GIB, MIB } from '../../shared/units.ts';
import type { UsageBucket } from '../db/usage-table.ts';
import { TIER_MS } from './usage-record.ts';

/** What the advisor knows of a machine. */
export interface AdvisedMachine {
  id: MachineId;
  name: string;
  memoryMiB: number;
  processors: Processors;
  isRunning: boolean;
  createdAtMs: number;
  storageBytes: number;
  snapshots: number;
  /** Why its settings cannot be changed now; null when they can. */
  blockedBy: string | null;
  /** Hours of the time that is looked at, oldest first. */
  hours: UsageBucket[];
}

export interface HostLeft {
  memoryAvailableBytes: number;
  /** Processors that nobody has used in the last minutes. */
  processorsFree: number;
  storageFreeBytes: number;
}

/** Before this, what a machine uses says little about what it needs. */
const HOURS_FOR_ADVICE = 4;
const HOURS_FOR_MEDIUM = 24;
const HOURS_FOR_HIGH = 7 * 24;
/** What is left to a machine above the most it ever used. */
const MEMORY_HEADROOM = 1.25;
const MEMORY_STEP_MIB = 64;
/** Smaller savings are not worth a restart. */
const LEAST_SAVING_MIB = 128;
const NEARLY_ALL = 0.92;
const GROWTH = 1.5;
const IDLE_PROCESSORS = 0.03;
const IDLE_NETWORK_BYTES = MIB;
const IDLE_HOURS = 24;
const UNUSED_DAYS = 30;
const SNAPSHOTS_WORTH_A_LOOK = 5;
/** Memory that an engine takes beside its guest's, as a rule. */
const ENGINE_OVERHEAD_BYTES = 96 * MIB;

/** Advice on every machine, the largest savings first; what is wasted in sum; and how many more would fit. Pure. */
export function advise(machines: AdvisedMachine[], host: HostLeft, kind: MachineKind, nowMs: number): UsageAdvice {
  const advice = machines
    .flatMap((machine) => [
      ...memoryAdvice(machine),
      ...processorAdvice(machine),
      ...idleAdvice(machine),
      ...storageAdvice(machine, nowMs),
    ])
    .sort((a, b) => b.saves.memoryBytes - a.saves.memoryBytes || b.saves.storageBytes - a.saves.storageBytes);
  const sum = (what: keyof Advice['saves']) => advice.reduce((total, { saves }) => total + saves[what], 0);
  return {
    advice,
    wasted: { memoryBytes: sum('memoryBytes'), processors: sum('processors'), storageBytes: sum('storageBytes') },
    fits: countFits(host, kind),
  };
}

const NOTHING_SAVED: Advice['saves'] = { memoryBytes: 0, processors: 0, storageBytes: 0 };

function memoryAdvice(machine: AdvisedMachine): Advice[] {
  const { name, memoryMiB } = machine;
  const isToldByGuest = machine.hours.some(({ peaks }) => peaks.guestBytes > 0);
  const peak = ({ peaks }: UsageBucket) => (isToldByGuest ? peaks.guestBytes : peaks.memoryBytes);
  const given = memoryMiB * MIB;
  const evidence = observe(machine, given, peak, isToldByGuest ? GUEST_SOURCE : RESIDENT_SOURCE);
  if (evidence === undefined) return [];
  if (isToldByGuest && evidence.p95 >= NEARLY_ALL * given) {
    const wanted = stepUp(memoryMiB * GROWTH);
    const message = `'${name}' uses nearly all of its ${formatBytes(given)}: give it ${formatBytes(wanted * MIB)}.`;
    return [make(machine, 'memoryTooSmall', message, evidence, NOTHING_SAVED, { memoryMiB: wanted })];
  }
  const enough = stepUp((evidence.max * MEMORY_HEADROOM) / MIB);
  const saved = memoryMiB - enough;
  if (saved < LEAST_SAVING_MIB || enough > memoryMiB * (3 / 4)) return [];
  const message =
    `'${name}' was given ${formatBytes(given)} and never used more than ${formatBytes(evidence.max)}: ` +
    `${formatBytes(enough * MIB)} would do.`;
  const saves = { ...NOTHING_SAVED, memoryBytes: saved * MIB };
  return [make(machine, 'memoryTooLarge', message, evidence, saves, { memoryMiB: enough })];
}

const GUEST_SOURCE = 'The guest itself, through its balloon driver.';
const RESIDENT_SOURCE =
  'Memory of the process on the host: the engine is in it, and what the guest has freed since; so it is rather too much.';

const stepUp = (mib: number): number => Math.ceil(mib / MEMORY_STEP_MIB) * MEMORY_STEP_MIB;

function processorAdvice(machine: AdvisedMachine): Advice[] {
  const { name, processors } = machine;
  const source = 'Processor time of the process, second by second; what the engine itself uses is in it.';
  const evidence = observe(machine, processors.count, ({ peaks }) => peaks.processorMilli / 1000, source);
  if (evidence === undefined || processors.count < 2) return [];
  const enough = Math.max(1, Math.ceil(evidence.max));
  const unused = processors.count - enough;
  if (unused < 1) return [];
  const message =
    `'${name}' has ${processors.count} processors and never kept more than ${evidence.max.toFixed(1)} busy: ` +
    `${enough} would do.`;
  const change = { processors: { ...processors, count: enough } };
  return [make(machine, 'processorsUnused', message, evidence, { ...NOTHING_SAVED, processors: unused }, change)];
}

/** It runs now, and the last hours in which it ran were all idle ones. */
function idleAdvice(machine: AdvisedMachine): Advice[] {
  if (!machine.isRunning) return [];
  const running = machine.hours.filter(({ usage }) => usage.runningMs > 0);
  const lastBusy = running.findLastIndex((hour) => !isIdle(hour));
  const idle = { ...machine, hours: running.slice(lastBusy + 1) };
  const source = 'Hours with less than 3 % of a processor and less than 1 MiB on the network.';
  const evidence = observe(idle, machine.processors.count, ({ usage }) => averageProcessors(usage), source);
  if (evidence === undefined || evidence.hoursObserved < IDLE_HOURS) return [];
  const held = idle.hours.at(-1)?.peaks.memoryBytes ?? 0;
  const message =
    `'${machine.name}' has run for ${Math.floor(evidence.hoursObserved)} hours with nothing to do: ` +
    `saving its state gives ${formatBytes(held)} of memory back, and it goes on where it was.`;
  return [make(machine, 'idle', message, evidence, { ...NOTHING_SAVED, memoryBytes: held }, null)];
}

const averageProcessors = (usage: UsageBucket['usage']): number =>
  usage.runningMs === 0 ? 0 : usage.processorMicros / 1000 / usage.runningMs;

function isIdle({ usage }: UsageBucket): boolean {
  return (
    averageProcessors(usage) < IDLE_PROCESSORS && usage.networkInBytes + usage.networkOutBytes < IDLE_NETWORK_BYTES
  );
}

function storageAdvice(machine: AdvisedMachine, nowMs: number): Advice[] {
  const { name, storageBytes, snapshots, hours } = machine;
  if (storageBytes < GIB) return [];
  const lastRun = hours.findLast(({ usage }) => usage.runningMs > 0)?.startMs ?? machine.createdAtMs;
  const days = (nowMs - lastRun) / TIER_MS.day;
  const evidence = {
    hoursObserved: hours.reduce((sum, { usage }) => sum + hoursRunning(usage), 0),
    ...{ given: storageBytes, max: storageBytes, p95: storageBytes },
    source: "Blocks that the files of the machine's folder take on the disk.",
  };
  const room = formatBytes(storageBytes);
  const saves = { ...NOTHING_SAVED, storageBytes };
  if (!machine.isRunning && days >= UNUSED_DAYS) {
    const message = `'${name}' has not run for ${Math.floor(days)} days and takes ${room}: compact its disks, export it, or remove it.`;
    return [make(machine, 'storageIdle', message, evidence, saves, null)];
  }
  if (snapshots < SNAPSHOTS_WORTH_A_LOOK) return [];
  const message = `'${name}' has ${snapshots} snapshots and takes ${room}: delete those that nobody will go back to.`;
  return [make(machine, 'snapshotsCost', message, evidence, NOTHING_SAVED, null)];
}

/** What the hours in which the machine ran say of a value; undefined when they are too few. */
function observe(
  { hours }: Pick<AdvisedMachine, 'hours'>,
  given: number,
  read: (hour: UsageBucket) => number,
  source: string,
): AdviceEvidence | undefined {
  const running = hours.filter(({ usage }) => usage.runningMs > 0);
  const hoursObserved = running.reduce((sum, { usage }) => sum + hoursRunning(usage), 0);
  if (hoursObserved < HOURS_FOR_ADVICE) return undefined;
  const values = running.map(read).sort((a, b) => a - b);
  const p95 = values[Math.ceil(values.length * 0.95) - 1] ?? 0;
  return { hoursObserved, given, max: values.at(-1) ?? 0, p95, source };
}

function make(
  { id, name, blockedBy }: AdvisedMachine,
  kind: Advice['kind'],
  message: string,
  evidence: AdviceEvidence,
  saves: Advice['saves'],
  change: Advice['change'],
): Advice {
  const { hoursObserved } = evidence;
  const confidence = hoursObserved >= HOURS_FOR_HIGH ? 'high' : hoursObserved >= HOURS_FOR_MEDIUM ? 'medium' : 'low';
  const target = { machineId: id, machineName: name };
  return {
    kind,
    ...target,
    message,
    evidence,
    confidence,
    saves,
    change,
    blockedBy: change === null ? null : blockedBy,
  };
}

function countFits(host: HostLeft, kind: MachineKind): UsageAdvice['fits'] {
  const counts = [
    ['memory', host.memoryAvailableBytes / (kind.memoryMiB * MIB + ENGINE_OVERHEAD_BYTES)],
    ['processors', host.processorsFree / kind.processors],
    ['storage', kind.storageGiB === 0 ? Number.POSITIVE_INFINITY : host.storageFreeBytes / (kind.storageGiB * GIB)],
  ] as const;
  const [limitedBy, count] = counts.reduce((least, each) => (each[1] < least[1] ? each : least));
  return { kind, count: Math.max(0, Math.floor(count)), limitedBy };
}
