import type { MachineId } from '../../shared/model/machine.ts';

/** A round begins at most so often. */
const SHORTEST_INTERVAL_MS = 10_000;
/** And no sooner than so many times as long after it as it took: measuring takes a hundredth of the time at most. */
const REST_FACTOR = 100;

export interface FolderMeterSources {
  machines(): MachineId[];
  /** Bytes that the machine's folder takes on the disk. */
  measure(id: MachineId): Promise<number>;
  monotonicMs(): number;
}

export interface FolderMeter {
  /** Begins a round when one is due; nobody waits for it. */
  tick(): void;
  /** Resolves when the round under way has ended. */
  settled(): Promise<void>;
  /** As last measured; undefined before the first time. */
  bytesOf(id: MachineId): number | undefined;
  totalBytes(): number;
}

/**
 * Measures the machines' folders one after the other, in the background. A folder that cannot be measured keeps its number;
 * those of machines that are gone are forgotten.
 */
export function createFolderMeter(
  sources: FolderMeterSources,
  onMeasured: (id: MachineId, bytes: number) => void,
): FolderMeter {
  let sizes = new Map<MachineId, number>();
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let round: Promise<void> | undefined;

  const measureAll = async () => {
    const startedAtMs = sources.monotonicMs();
    const measured = new Map<MachineId, number>();
    for (const id of sources.machines()) {
      const bytes = await sources.measure(id).catch(() => sizes.get(id)); // the next round tries again
      if (bytes === undefined) continue;
      measured.set(id, bytes);
      onMeasured(id, bytes);
    }
    sizes = measured;
    const tookMs = sources.monotonicMs() - startedAtMs;
    nextAtMs = startedAtMs + Math.max(SHORTEST_INTERVAL_MS, tookMs * REST_FACTOR);
  };

  return {
    tick() {
      if (round || sources.monotonicMs() < nextAtMs) return;
      round = measureAll().finally(() => {
        round = undefined;
      });
    },
    settled: async () => round,
    bytesOf: (id) => sizes.get(id),
    totalBytes: () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}
