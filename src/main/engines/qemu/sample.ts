import { readBalloon } from '../balloon.ts';
import type { GuestUsage } from '../engine.ts';
import type { ProcessCounters } from '../process-counters.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';

const SAMPLE_TIMEOUT_MS = 5_000;

/**
 * Counters of the machine: those of its process as the host tells them, the disks' as QEMU counts them.
 * QEMU counts nothing for its networks, so those stay 0; the switch knows what goes over its ports.
 * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function sampleGuest(
  engine: QmpCaller,
  { processorSeconds, residentBytes }: ProcessCounters,
  memoryBytes: number,
): Promise<GuestUsage> {
  const stats = await engine.execute('query-blockstats', {}, { timeoutMs: SAMPLE_TIMEOUT_MS });
  return {
    ...(await readBalloon(engine)),
    processorSeconds,
    residentBytes,
    guestMemoryBytes: memoryBytes,
    diskReadBytes: sum(stats, 'rd_bytes'),
    diskWriteBytes: sum(stats, 'wr_bytes'),
    networkInBytes: 0,
    networkOutBytes: 0,
  };
}

function sum(drives: unknown, counter: string): number {
  if (!Array.isArray(drives)) return 0;
  return drives.reduce<number>((total, drive) => {
    const value = isRecord(drive) && isRecord(drive.stats) ? drive.stats[counter] : undefined;
    return total + (typeof value === 'number' ? value : 0);
  }, 0);
}

/** Memory that the guest was given, in bytes. @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT` */
export async function readGuestMemory(engine: QmpCaller): Promise<number> {
  const answer = await engine.execute('query-memory-size-summary', {}, { timeoutMs: SAMPLE_TIMEOUT_MS });
  const { 'base-memory': base = 0, 'plugged-memory': plugged = 0 } = isRecord(answer) ? answer : {};
  return Number(base) + Number(plugged);
}
