import { can, describeState, isOnline, isTransient } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { UsageTable } from '../db/usage-table.ts';
import type { AdvisedMachine } from './advisor.ts';
import { TIER_MS } from './usage-record.ts';

/** The history that advice looks at. */
const LOOK_BACK_MS = 45 * TIER_MS.day;

export interface AdviceSources {
  machines(): Machine[];
  /** How many snapshots the machine has. */
  snapshotsOf(id: MachineId): number;
}

/** Every machine with what the advisor has to know of it. */
export function adviseOn(
  sources: AdviceSources,
  table: Pick<UsageTable, 'rows'>,
  storageBytes: (id: MachineId) => number,
  nowMs: number,
): AdvisedMachine[] {
  return sources.machines().map((machine) => ({
    id: machine.id,
    name: machine.config.name,
    memoryMiB: machine.config.memoryMiB,
    processors: machine.config.processors,
    isRunning: isOnline(machine.state),
    createdAtMs: Date.parse(machine.createdAt),
    storageBytes: storageBytes(machine.id),
    snapshots: sources.snapshotsOf(machine.id),
    blockedBy: blockedBy(machine),
    hours: table.rows('hour', machine.id, nowMs - LOOK_BACK_MS, nowMs),
  }));
}

/** Memory and processors are set into a machine that is off. */
function blockedBy({ state, reason }: Machine): string | null {
  if (can('configure', state)) return null;
  const now = describeState(state, reason);
  if (isTransient(state)) return `It is busy (${now}). Try again in a moment.`;
  return isOnline(state)
    ? `It is on (${now}). Shut it down; then its memory and processors can be changed.`
    : `It has a saved state (${now}), which fits its present settings only. Start it and shut it down, or discard the state.`;
}
