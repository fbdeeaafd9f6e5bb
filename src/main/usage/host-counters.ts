import os from 'node:os';
import path from 'node:path';
import { readKernelFile } from '../kernel-file.ts';

/** Cumulative counters of the host; two readings make a rate. */
export interface HostCounters {
  /** Processor time spent working since boot, over all processors, in seconds. */
  busySeconds: number;
  networkInBytes: number;
  networkOutBytes: number;
}

/** Length of a tick in `/proc/stat` (USER_HZ, proc_stat(5)): 100 a second on every platform that Node supports. */
const TICKS_PER_SECOND = 100;

/**
 * Busy time of the line `cpu` of `/proc/stat`, in seconds (proc_stat(5)). Idle and I/O wait are not busy; guest time
 * is part of user time already.
 */
export function parseBusySeconds(text: string): number | undefined {
  const match = /^cpu\s+(.+)$/m.exec(text);
  if (!match?.[1]) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = match[1]
    .trim()
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** Bytes in and out over all interfaces of `/proc/net/dev` but the loopback (proc_net(5)). */
export function parseNetworkBytes(text: string): { inBytes: number; outBytes: number } {
  let inBytes = 0;
  let outBytes = 0;
  for (const line of text.split('\n')) {
    const match = /^\s*([^:\s]+):\s*(.+)$/.exec(line);
    if (!match?.[2] || match[1] === 'lo') continue;
    const fields = match[2].trim().split(/\s+/).map(Number);
    inBytes += fields[0] ?? 0;
    outBytes += fields[8] ?? 0;
  }
  return { inBytes, outBytes };
}

/** Reads the counters. Where there is no proc file system, processor time is Node's and the network reads 0. */
export function readHostCounters(procFolder = '/proc'): HostCounters {
  const read = (name: string) => readKernelFile(path.join(procFolder, name)) ?? '';
  const { inBytes, outBytes } = parseNetworkBytes(read('net/dev'));
  return {
    busySeconds: parseBusySeconds(read('stat')) ?? busySecondsOfNode(),
    networkInBytes: inBytes,
    networkOutBytes: outBytes,
  };
}

function busySecondsOfNode(): number {
  const busyMs = os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return busyMs / 1000;
}
