import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a process has taken from the host. */
export interface ProcessUsage {
  /** Processor time in user and system mode since its start, in seconds. */
  processorSeconds: number;
  residentBytes: number;
}

/** The kernel tells times in ticks of this length to every program, whatever its own clock is (times(2), `USER_HZ`). */
const TICKS_PER_SECOND = 100;
const KIB = 1024;

/**
 * Processor time of a Linux process from its `/proc/pid/stat` (proc(5), fields 14 and 15), in seconds; undefined when
 * it is gone or the host has no such file.
 */
export function readProcessorSeconds(pid: number): number | undefined {
  try {
    return parseProcessorSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // whoever asks knows from elsewhere whether the process is gone
  }
}

function parseProcessorSeconds(stat: string): number {
  // The name in brackets may hold anything, brackets too; behind the last one stands field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** @throws when the process is gone */
export async function readProcessUsage(pid: number): Promise<ProcessUsage> {
  if (process.platform !== 'linux') return readFromPs(pid);
  const [stat, status] = await Promise.all(['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')));
  const residentKiB = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0);
  return { processorSeconds: parseProcessorSeconds(stat ?? ''), residentBytes: residentKiB * KIB };
}

/** `time` is `[[dd-]hh:]mm:ss` with or without hundredths, by the system. */
async function readFromPs(pid: number): Promise<ProcessUsage> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,time=', '-p', String(pid)]);
  const [rss, time = ''] = stdout.trim().split(/\s+/);
  const [clock = '', days = '0'] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, unit) => sum * 60 + Number(unit), 0);
  return { processorSeconds: Number(days) * 86_400 + seconds, residentBytes: Number(rss) * KIB };
}
