import type { ResolvedDrive } from '../start-spec.ts';

/**
 * Name of a drive in the machine process's QMP: `ide0-0` is the master of the first IDE channel, `floppy0-1` the second
 * floppy drive.
 */
export function driveId(drive: Pick<ResolvedDrive, 'controller' | 'port' | 'device'>): string {
  return `${drive.controller}${drive.port}-${drive.device}`;
}
