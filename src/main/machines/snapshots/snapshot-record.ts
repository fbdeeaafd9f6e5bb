import type { EngineId } from '../../../shared/model/engine.ts';
import type { MachineConfig, MachineId } from '../../../shared/model/machine.ts';
import type { Snapshot, SnapshotId } from '../../../shared/model/snapshot.ts';

/** A snapshot as the database keeps it. */
export interface SnapshotRecord {
  id: SnapshotId;
  machineId: MachineId;
  parentId: SnapshotId | null;
  name: string;
  description: string;
  takenAt: string;
  /** The disks in it are never written again. */
  config: MachineConfig;
  /** The engine that the memory belongs to. */
  engine: EngineId | null;
  /** Memory and devices, relative to the machine's folder; null when the machine was off. */
  stateFile: string | null;
  /** PNG of the screen, relative to the machine's folder. */
  thumbnailFile: string | null;
  pausedMs: number | null;
  /** The stored settings could not be read; `config` is a placeholder. */
  isDamaged: boolean;
}

/** The snapshot as clients see it. */
export function toSnapshot(record: SnapshotRecord): Snapshot {
  const { stateFile, thumbnailFile, isDamaged: _, ...rest } = record;
  return { ...rest, hasMemory: stateFile !== null, hasThumbnail: thumbnailFile !== null };
}
