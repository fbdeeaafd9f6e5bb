import type { EngineId } from './model/engine.ts';
import type { MachineUsage } from './model/usage.ts';
import { formatBytes, MIB } from './units.ts';

/**
 * Memory that an engine takes beyond the guest's own. Embedded: emulator and compiled guest code, measured at 113 to
 * 148 MiB for a booted Linux guest. QEMU (TCG): its heap and translated code, measured at 95 to 115 MiB beside the memory
 * of a small Linux guest that had worked; a full translation cache of 128 MiB would make it about 200.
 */
export const ENGINE_OVERHEAD_BYTES: Record<EngineId, number> = {
  embedded: 150 * MIB,
  qemu: 200 * MIB,
  fake: 0,
};

/** An engine may hold so much more than its usual overhead before it is noted: twice as much, and some room. */
const OVERHEAD_FACTOR = 2;
const ROOM_BYTES = 128 * MIB;

type MemoryUse = Pick<MachineUsage, 'memoryUsedBytes' | 'memoryPromisedBytes'>;

/** What the process of a machine is expected to hold at most, for its guest and its engine. */
export function expectedMemoryBytes(engine: EngineId, { memoryPromisedBytes }: MemoryUse): number {
  return memoryPromisedBytes + ENGINE_OVERHEAD_BYTES[engine];
}

/** Whether the process holds so much more than expected that somebody should know. */
export function isMemoryBeyondExpected(engine: EngineId, use: MemoryUse): boolean {
  const most = use.memoryPromisedBytes + ENGINE_OVERHEAD_BYTES[engine] * OVERHEAD_FACTOR + ROOM_BYTES;
  return use.memoryUsedBytes > most;
}

/** What is said of a process that has grown too large, as a sentence. */
export function memoryBeyondExpectedWords(name: string, engine: EngineId, use: MemoryUse): string {
  return (
    `The process of '${name}' holds ${formatBytes(use.memoryUsedBytes)} of memory, while ` +
    `${formatBytes(expectedMemoryBytes(engine, use))} were expected for its guest and engine.`
  );
}

/** What to do about it. */
export const MEMORY_BEYOND_EXPECTED_HINT =
  'Save its state and start it again to give the memory back; if it grows again, its log may say why.';
