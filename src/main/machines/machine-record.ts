import type { MachineState, StateReason } from '../../shared/machine-state.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { SnapshotId } from '../../shared/model/snapshot.ts';
import type { RuntimeRecord } from '../engines/engine.ts';

/** A machine as the database keeps it. */
export interface MachineRecord {
  id: MachineId;
  position: number;
  /** Grows with each saved change of `config`. */
  revision: number;
  config: MachineConfig;
  state: MachineState;
  reason: StateReason;
  reasonDetail: string | null;
  stateSince: string;
  /** The running process, while the machine is online. */
  runtime: RuntimeRecord | null;
  /** File of the saved state, relative to the machine's folder. */
  savedStateFile: string | null;
  warmStart: WarmStart | null;
  /** The snapshot that the present disks build on. */
  currentSnapshotId: SnapshotId | null;
  /** The disks of this run are thrown away when it ends. */
  isDisposable: boolean;
  /**
   * What the board remembers by itself (UEFI variables, state of the TPM), relative to the machine's folder; null before
   * the first start of a machine that has such a board.
   */
  boardFolder: string | null;
  createdAt: string;
  /** The stored configuration could not be read; `config` is a placeholder with the name that could be saved. */
  isDamaged: boolean;
}

/** A kept state that starts the machine at once, as long as nothing that it depends on has changed. */
export interface WarmStart {
  /** Relative to the machine's folder. */
  file: string;
  /** Digest of all that the state depends on: configuration, engine version, content marks of the media. */
  fingerprint: string;
}
