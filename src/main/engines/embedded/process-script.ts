import { fileURLToPath } from 'node:url';
import type { HouseProgram } from '../../processes/launch-program.ts';

/** The program of a machine process: its source when this file runs from source, else the bundle beside the core's. */
export function machineProcessPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './machine-process/main.ts' : './machine-process.js', import.meta.url));
}

export const MACHINE_PROCESS: HouseProgram = { subject: 'The machine process', script: machineProcessPath() };
