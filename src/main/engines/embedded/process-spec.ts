import type { BootDevice } from '../../../shared/model/hardware.ts';
import { RUNTIME_FILES as MACHINE_FILES } from '../runtime-files.ts';
import { EXIT_FILE } from '../session-exit.ts';
import type { ResolvedAdapter, ResolvedDrive, ResolvedKernel } from '../start-spec.ts';

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

/** Names of the files in the runtime folder of an embedded machine. */
export const RUNTIME_FILES = {
  ...MACHINE_FILES,
  spec: MACHINE_FILES.orders,
  /** Written by the machine process when it ends in order: how it ended. Absent after a crash. */
  exit: EXIT_FILE,
} as const;
