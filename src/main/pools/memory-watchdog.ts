import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineUsage } from '../../shared/model/usage.ts';
import { expectedMemoryBytes, isMemoryBeyondExpected, memoryBeyondExpectedWords } from '../../shared/process-memory.ts';

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
    use: Pick<MachineUsage, 'machineId' | 'memoryUsedBytes' | 'memoryPromisedBytes'>,
  ): string | undefined {
    if (!isMemoryBeyondExpected(engine, use)) {
      if (use.memoryUsedBytes <= expectedMemoryBytes(engine, use)) this.#noted.delete(use.machineId);
      return undefined;
    }
    if (this.#noted.has(use.machineId)) return undefined;
    this.#noted.add(use.machineId);
    return memoryBeyondExpectedWords(name, engine, use);
  }
}
