import * as z from 'zod';
import { MachineState, StateReason } from '../../shared/machine-state.ts';
import { EngineId } from '../../shared/model/engine.ts';
import { LIMITS } from '../../shared/model/hardware.ts';
import { MachineConfig, MachineId, USUAL_HARDWARE } from '../../shared/model/machine.ts';
import { SnapshotId } from '../../shared/model/snapshot.ts';
import type { MachineRecord, WarmStart } from '../machines/machine-record.ts';

/** A row of the table `machine`, column by column. */
export interface MachineRow {
  id: string;
  position: number;
  name: string;
  name_key: string;
  revision: number;
  config: string;
  state: string;
  reason: string;
  reason_detail: string | null;
  state_since: string;
  runtime: string | null;
  saved_state_file: string | null;
  warm_start: string | null;
  created_at: string;
  current_snapshot_id: string | null;
  is_disposable: 0 | 1;
  board_folder: string | null;
}

/** The form in which names are compared: `Büro` and `BÜRO` are one name, however the Ü was typed. */
export const nameKey = (name: string): string => name.trim().normalize('NFC').toLowerCase();

const StoredRuntime = z.object({
  engine: EngineId,
  machineId: MachineId,
  pid: z.int(),
  pidStartTime: z.string(),
  runtimeFolder: z.string(),
  startedAt: z.string(),
});

const StoredWarmStart: z.ZodType<WarmStart> = z.object({ file: z.string(), fingerprint: z.string() });

/**
 * Reads a row. Never fails: what cannot be read makes the record `isDamaged`, with a placeholder in its place.
 * @param before the record read from the same row earlier, when its configuration's text is still the same.
 */
export function readMachineRow(row: MachineRow, before?: MachineRecord): MachineRecord {
  const parsed = before ? undefined : parseStored(MachineConfig, row.config);
  const state = MachineState.safeParse(row.state);
  const reason = StateReason.safeParse(row.reason);
  const runtime = parseStored(StoredRuntime, row.runtime);
  const warmStart = parseStored(StoredWarmStart, row.warm_start);
  const hasConfig = before ? !isPlaceholder(before.config) : parsed !== undefined;
  return {
    id: row.id as MachineId, // Written by `insert` from a MachineId; the column is the primary key.
    position: row.position,
    revision: row.revision,
    config: before?.config ?? parsed ?? placeholder(row.name),
    // An unreadable state says nothing about a process: Aborted keeps saved files and lets the machine be removed.
    state: state.data ?? 'Aborted',
    reason: reason.data ?? 'engineCrashed',
    reasonDetail: row.reason_detail,
    stateSince: row.state_since,
    runtime: runtime ?? null,
    savedStateFile: row.saved_state_file,
    warmStart: warmStart ?? null,
    createdAt: row.created_at,
    currentSnapshotId: SnapshotId.nullable().catch(null).parse(row.current_snapshot_id),
    isDisposable: row.is_disposable === 1,
    boardFolder: row.board_folder,
    isDamaged: !hasConfig || !state.success,
  };
}

type Writable = Partial<Omit<MachineRecord, 'id' | 'isDamaged'>>;

/** The columns that the fields of the record go to; absent fields have none. */
export function writeMachineFields(fields: Writable): Partial<Omit<MachineRow, 'id'>> {
  const { config, runtime, warmStart } = fields;
  return {
    ...(config && { config: JSON.stringify(config), name: config.name, name_key: nameKey(config.name) }),
    ...(runtime !== undefined && { runtime: runtime && JSON.stringify(runtime) }),
    ...(warmStart !== undefined && { warm_start: warmStart && JSON.stringify(warmStart) }),
    ...(fields.position !== undefined && { position: fields.position }),
    ...(fields.revision !== undefined && { revision: fields.revision }),
    ...(fields.state !== undefined && { state: fields.state }),
    ...(fields.reason !== undefined && { reason: fields.reason }),
    ...(fields.reasonDetail !== undefined && { reason_detail: fields.reasonDetail }),
    ...(fields.stateSince !== undefined && { state_since: fields.stateSince }),
    ...(fields.savedStateFile !== undefined && { saved_state_file: fields.savedStateFile }),
    ...(fields.createdAt !== undefined && { created_at: fields.createdAt }),
    ...(fields.currentSnapshotId !== undefined && { current_snapshot_id: fields.currentSnapshotId }),
    ...(fields.boardFolder !== undefined && { board_folder: fields.boardFolder }),
    ...(fields.isDisposable !== undefined && { is_disposable: fields.isDisposable ? 1 : 0 }),
  };
}

export function parseStored<T>(schema: z.ZodType<T>, text: string | null): T | undefined {
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined; // The caller shows the record as damaged, or does without.
  }
}

const placeholders = new WeakSet<MachineConfig>();
const isPlaceholder = (config: MachineConfig): boolean => placeholders.has(config);

/** Stands for a configuration that cannot be read: the name, and the least of everything. */
export function placeholder(name: string): MachineConfig {
  const config: MachineConfig = {
    name,
    osType: 'other-32',
    description: '',
    group: '/',
    engine: 'auto',
    processors: { count: LIMITS.processors.min, capPercent: LIMITS.capPercent.max },
    memoryMiB: LIMITS.memoryMiB.min,
    bootOrder: [],
    kernelBoot: null,
    display: { videoMemoryMiB: LIMITS.videoMemoryMiB.min },
    storage: [],
    adapters: [],
    keepsWarmStart: false,
    isTemplate: false,
    ...USUAL_HARDWARE,
  };
  placeholders.add(config);
  return config;
}
