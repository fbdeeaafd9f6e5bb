import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProcessCounters, ProcessReader } from '../process-counters.ts';

const KIB = 1024;

/**
 * What a process has taken from the host: by the reader, where the host has one, else from `ps` (ps(1), `rss` and `time`).
 * @throws when the process is gone
 */
export async function readProcessUsage(pid: number, reader: ProcessReader | undefined): Promise<ProcessCounters> {
  const read = reader?.read();
  if (read) return read;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,time=', '-p', String(pid)]);
  const [rss, time = ''] = stdout.trim().split(/\s+/);
  return { processorSeconds: parseTime(time), residentBytes: Number(rss) * KIB };
}

/** `[[dd-]hh:]mm:ss`, with or without hundredths by the system, in seconds. */
function parseTime(time: string): number {
  const [clock = '', days = '0'] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, unit) => sum * 60 + Number(unit), 0);
  return Number(days) * 86_400 + seconds;
}
