import type { BootDevice } from '../../../shared/model/hardware.ts';
import type { ResolvedAdapter, ResolvedDrive, ResolvedKernel } from '../engine.ts';

/** What the program hands to a machine process, as `machine.json` in the runtime folder. Plain data only. */
export interface ProcessSpec {
  /** Version of this document. */
  format: 1;
  machineId: string;
  name: string;
  memoryMiB: number;
  videoMemoryMiB: number;
  biosPath: string;
  vgaBiosPath: string;
  bootOrder: BootDevice[];
  kernel: ResolvedKernel | null;
  drives: ResolvedDrive[];
  adapters: ResolvedAdapter[];
  /** Execution cap, 1 to 100 percent of one host processor. */
  capPercent: number;
  restoreFrom: string | null;
  isWarmStart: boolean;
}

/** Names of the files in a machine's runtime folder (mode 0700). */
export const RUNTIME_FILES = {
  spec: 'machine.json',
  /** Control, for the one core that owns the machine. */
  qmp: 'qmp.sock',
  /** A second monitor, for recovery and tools. */
  monitor: 'monitor.sock',
  screen: 'screen.sock',
  serial: 'serial.sock',
  /** Written by the machine process when it ends in order: how it ended. Absent after a crash. */
  exit: 'exit.json',
  /** Socket of an adapter's Ethernet frames: 4-byte big-endian length, then the frame. */
  frames: (index: number): string => `net${index}.sock`,
} as const;

/** Name of the log of a machine process in the logs folder of the machine. */
export const PROCESS_LOG = 'machine.log';
