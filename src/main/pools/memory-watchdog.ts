import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineUsage } from '../../shared/model/usage.ts';
import { formatBytes, MIB } from '../../shared/units.ts';
import { ENGINE_OVERHEAD_BYTES } from '../hypervisor/admission-claims.ts';

/** An engine may hold so much more than its usual overhead before it is noted: twice as much, and some room. */
const OVERHEAD_FACTOR = 2;
const ROOM_BYTES = 128 * MIB;

/**
 * Notes processes whose memory grows beyond the guest's memory and what the engine is expected to take; each once
 * until it has come down again.
 */
export class MemoryWatchdog {
  readonly #noted = new Set<string>();

  /** A sentence about the machine when its process has just grown too large; else undefined. */
  look(
    name: string,
    engine: EngineId,
    {
      machineId,
      memoryUsedBytes,
      memoryPromisedBytes,
    }: Pick<MachineUsage, 'machineId' | 'memoryUsedBytes' | 'memoryPromisedBytes'>,
  ): string | undefined {
    const expected = memoryPromisedBytes + ENGINE_OVERHEAD_BYTES[engine];
    const most = memoryPromisedBytes + ENGINE_OVERHEAD_BYTES[engine] * OVERHEAD_FACTOR + ROOM_BYTES;
    if (memoryUsedBytes <= most) {
      if (memoryUsedBytes <= expected) this.#noted.delete(machineId);
      return undefined;
    }
    if (this.#noted.has(machineId)) return undefined;
    this.#noted.add(machineId);
    return (
      `The process of '${name}' holds ${formatBytes(memoryUsedBytes)} of memory, ` +
      `while ${formatBytes(expected)} were expected for its guest and engine.`
    );
  }
}
