import { isOnline, type MachineState } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { MachineUsage, UsageSample } from '../../shared/model/usage.ts';

/** One machine of the activity table: what it uses now, and its recent past. Rates are per second. */
export interface ActivityRow {
  id: MachineId;
  name: string;
  state: MachineState;
  isOnline: boolean;
  /** 1 is one host processor. */
  processorUse: number;
  /** Oldest first. */
  processorHistory: number[];
  processors: number;
  memoryUsedBytes: number;
  memoryPromisedBytes: number;
  diskBytesPerSecond: number;
  networkBytesPerSecond: number;
  processorSeconds: number;
}

export type ActivityColumn = 'name' | keyof typeof VALUES;

export interface ActivityOrder {
  column: ActivityColumn;
  isDescending: boolean;
}

/** @param samples oldest first; the last one is now */
export function activityRows(machines: Iterable<Machine>, samples: readonly UsageSample[]): ActivityRow[] {
  const histories = processorHistories(samples);
  const now = new Map((samples.at(-1)?.machines ?? []).map((usage) => [usage.machineId, usage]));
  return [...machines].map(({ id, state, config }) => {
    const usage = now.get(id);
    return {
      id,
      name: config.name,
      state,
      isOnline: isOnline(state),
      processorUse: usage?.processorUse ?? 0,
      processorHistory: histories.get(id) ?? [],
      processors: config.processors.count,
      memoryUsedBytes: usage?.memoryUsedBytes ?? 0,
      memoryPromisedBytes: usage?.memoryPromisedBytes ?? 0,
      diskBytesPerSecond: usage ? diskRate(usage) : 0,
      networkBytesPerSecond: usage ? networkRate(usage) : 0,
      processorSeconds: usage?.processorSeconds ?? 0,
    };
  });
}

/** Read and written bytes a second. */
export function diskRate(usage: MachineUsage): number {
  return usage.diskReadBytesPerSecond + usage.diskWriteBytesPerSecond;
}

/** Received and sent bytes a second. */
export function networkRate(usage: MachineUsage): number {
  return usage.networkInBytesPerSecond + usage.networkOutBytesPerSecond;
}

function processorHistories(samples: readonly UsageSample[]): Map<MachineId, number[]> {
  const histories = new Map<MachineId, number[]>();
  for (const { machines } of samples) {
    for (const { machineId, processorUse } of machines) {
      const known = histories.get(machineId);
      if (known) known.push(processorUse);
      else histories.set(machineId, [processorUse]);
    }
  }
  return histories;
}

const VALUES = {
  processor: (row: ActivityRow) => row.processorUse,
  memory: (row: ActivityRow) => row.memoryUsedBytes,
  promised: (row: ActivityRow) => row.memoryPromisedBytes,
  disk: (row: ActivityRow) => row.diskBytesPerSecond,
  network: (row: ActivityRow) => row.networkBytesPerSecond,
  time: (row: ActivityRow) => row.processorSeconds,
};

/** In the wanted order; equal rows by name, so that nothing jumps about. */
export function inOrder(rows: readonly ActivityRow[], { column, isDescending }: ActivityOrder): ActivityRow[] {
  const compare = (a: ActivityRow, b: ActivityRow): number => {
    if (column === 'name') return a.name.localeCompare(b.name);
    return VALUES[column](a) - VALUES[column](b);
  };
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(a, b) || a.name.localeCompare(b.name));
}
