import type { BlockDevice } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import type { CompressedClusters } from './compressed.ts';
import type { MappedRun, Mapping } from './mapping.ts';

/** Reads that are under way at once for one call; more cost memory and gain nothing. */
const MAX_PARALLEL = 16;

/** Reads what the guest sees, wherever it lies: this file, a compressed cluster, the backing image, nowhere. */
export class Qcow2Reader {
  readonly #file: HostFile;
  readonly #mapping: Mapping;
  readonly #compressed: CompressedClusters;
  readonly #clusterSize: number;
  readonly #backing: BlockDevice | undefined;

  constructor(
    file: HostFile,
    mapping: Mapping,
    compressed: CompressedClusters,
    options: { clusterSize: number; backing: BlockDevice | undefined },
  ) {
    this.#file = file;
    this.#mapping = mapping;
    this.#compressed = compressed;
    this.#clusterSize = options.clusterSize;
    this.#backing = options.backing;
  }

  /** Fills all of `target`. The range must be one that the tables know. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    let pending: Promise<void>[] = [];
    try {
      for (let done = 0; done < target.length; ) {
        const run = await this.#mapping.map(offset + done, target.length - done);
        const piece = target.subarray(done, done + run.lengthBytes);
        if (run.lengthBytes === target.length) return await this.#readRun(run, offset, piece);
        pending.push(this.#readRun(run, offset + done, piece));
        done += run.lengthBytes;
        if (pending.length < MAX_PARALLEL) continue;
        await Promise.all(pending);
        pending = [];
      }
      await Promise.all(pending);
    } finally {
      // The caller may use its buffer for something else as soon as this ends, also when it ends badly.
      await Promise.allSettled(pending);
    }
  }

  /** Whether nothing was ever written there, neither here nor in the backing image. */
  isBlank(run: MappedRun, offset: number): boolean {
    if (run.kind === 'zero') return true;
    return run.kind === 'absent' && (this.#backing === undefined || offset >= this.#backing.sizeBytes);
  }

  async #readRun(run: MappedRun, offset: number, target: Uint8Array): Promise<void> {
    if (run.kind === 'data') return this.#file.readPadded(run.hostOffset, target);
    if (run.kind === 'absent') return this.#readBacking(offset, target);
    if (run.kind === 'zero') {
      target.fill(0);
      return;
    }
    const cluster = await this.#compressed.read(run);
    const within = offset % this.#clusterSize;
    target.set(cluster.subarray(within, within + target.length));
  }

  async #readBacking(offset: number, target: Uint8Array): Promise<void> {
    const available = this.#backing === undefined ? 0 : Math.min(target.length, this.#backing.sizeBytes - offset);
    if (available <= 0) {
      target.fill(0);
      return;
    }
    target.fill(0, available);
    await this.#backing?.read(offset, target.subarray(0, available));
  }
}
