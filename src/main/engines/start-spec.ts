import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { MediumFormat, MediumId } from '../../shared/model/medium.ts';
import type { AdapterModel } from '../../shared/model/network.ts';
import type { ControllerType, DriveKind } from '../../shared/model/storage.ts';

/** A configuration with every reference resolved: all that an engine needs to run the machine once. */
export interface StartSpec {
  machineId: MachineId;
  config: MachineConfig;
  drives: ResolvedDrive[];
  kernel: ResolvedKernel | null;
  adapters: ResolvedAdapter[];
  folders: MachineFolders;
  /** Folder of the UEFI variables and of the TPM's state, which may be empty; null: this board remembers nothing. */
  boardFolder: string | null;
  /** Saved state to continue from. */
  restoreFrom: string | null;
  /** True when `restoreFrom` is a warm start: kept after the restore, and never a loss when it does not work. */
  isWarmStart: boolean;
  startsPaused: boolean;
}

export interface ResolvedDrive {
  controller: ControllerType;
  controllerName: string;
  port: number;
  device: number;
  kind: DriveKind;
  /** Null: an empty optical or floppy drive. */
  medium: ResolvedMedium | null;
}

export interface ResolvedMedium {
  id: MediumId;
  path: string;
  format: MediumFormat;
  sizeBytes: number;
  isReadOnly: boolean;
  /** The images that it builds on, nearest first; empty when it stands alone. What an image says itself does not count. */
  backing: { path: string; format: MediumFormat }[];
}

export interface ResolvedKernel {
  kernelPath: string;
  initrdPath: string | null;
  commandLine: string;
}

/** What is behind an adapter is none of an engine's business: its frames go to a socket in the machine's folder. */
export interface ResolvedAdapter {
  index: number;
  model: AdapterModel;
  macAddress: string;
  isCableConnected: boolean;
}

export interface MachineFolders {
  /** Disks, saved state, logs; moved and deleted as a whole. */
  machine: string;
  /** Sockets and process record, mode 0700; short enough for unix socket paths (at most 80 bytes). */
  runtime: string;
  logs: string;
}
