import { ioError } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import type { Qcow2Header } from './header.ts';
import type { MetadataMap } from './metadata-map.ts';
import type { Refcounts } from './refcounts.ts';

/** Clusters that lie side by side in the file. */
export interface ClusterRun {
  /** Offset in the file. */
  offset: number;
  count: number;
}

export interface Allocation extends ClusterRun {
  /** Never written: reads as zeros. */
  isFresh: boolean;
}

/** Blocks of reference counts that one search looks through before it takes space at the end of the file. */
const MAX_BLOCKS_PER_SEARCH = 64;

/** Hands out free clusters, and takes them back. All in memory: `Refcounts` is what gets written. */
export class Allocator {
  readonly #refcounts: Refcounts;
  readonly #metadata: MetadataMap;
  readonly #clusterSize: number;
  /** The search for free clusters goes on here. */
  #cursor = 0;
  /** Clusters from here on were never written. */
  #freshFrom: number;
  /** The last cluster that an offset of 8 PiB still reaches. */
  readonly #maxClusters: number;

  constructor(file: HostFile, header: Qcow2Header, refcounts: Refcounts, metadata: MetadataMap) {
    this.#refcounts = refcounts;
    this.#metadata = metadata;
    this.#clusterSize = header.clusterSize;
    this.#freshFrom = Math.ceil(file.sizeBytes / header.clusterSize);
    this.#maxClusters = 2 ** 53 / header.clusterSize;
  }

  /** @returns at least one cluster, at most `count`. @throws `EFBIG`; InnError `IMAGE_INVALID` when a free one is in use. */
  async allocate(count: number): Promise<Allocation> {
    for (;;) {
      const cluster = await this.#findFree();
      if (!this.#refcounts.hasPlaceFor(cluster)) {
        await this.#growTable(cluster);
        continue;
      }
      if (await this.#refcounts.ensureBlock(cluster)) {
        this.#passed(cluster, 1);
        continue;
      }
      const run = await this.#refcounts.freeRun(cluster, count);
      return this.#take(cluster, run);
    }
  }

  /** As `allocate`, but all of them side by side, at the end of the file. */
  async allocateTogether(count: number): Promise<Allocation> {
    let first = this.#freshFrom;
    let checked = 0;
    while (checked < count) {
      const next = first + checked;
      if (!this.#refcounts.hasPlaceFor(next)) {
        await this.#growTable(next);
        first = Math.max(first, this.#freshFrom);
        checked = 0;
      } else if ((await this.#refcounts.ensureBlock(next)) || (await this.#refcounts.freeRun(next, 1)) === 0) {
        first = next + 1;
        checked = 0;
      } else {
        checked += 1;
      }
    }
    return this.#take(first, count);
  }

  /** Takes back what was allocated and never linked. */
  async cancel({ offset, count }: ClusterRun): Promise<void> {
    const cluster = offset / this.#clusterSize;
    await this.#refcounts.set(cluster, count, 0);
    this.#cursor = Math.min(this.#cursor, cluster);
  }

  /** One reference to each of them less; those without any are free again. Nothing may use or name them any more. */
  async release({ offset, count }: ClusterRun): Promise<void> {
    const first = offset / this.#clusterSize;
    this.#metadata.remove(offset);
    for (let cluster = first; cluster < first + count; cluster++) {
      if ((await this.#refcounts.decrement(cluster)) === 0) this.#cursor = Math.min(this.#cursor, cluster);
    }
  }

  async #take(cluster: number, count: number): Promise<Allocation> {
    const offset = cluster * this.#clusterSize;
    this.#metadata.assertData(offset, count * this.#clusterSize);
    if (cluster + count > this.#maxClusters) throw ioError('EFBIG', 'The image cannot become larger.');
    await this.#refcounts.set(cluster, count, 1);
    const isFresh = cluster >= this.#freshFrom;
    this.#passed(cluster, count);
    return { offset, count, isFresh };
  }

  #passed(cluster: number, count: number): void {
    if (this.#cursor === cluster) this.#cursor = cluster + count;
    this.#freshFrom = Math.max(this.#freshFrom, cluster + count);
  }

  /** The first free cluster behind the cursor; after a long search in vain, one at the end of the file. */
  async #findFree(): Promise<number> {
    for (let blocks = 0; blocks < MAX_BLOCKS_PER_SEARCH; blocks++) {
      const cluster = await this.#refcounts.nextFree(this.#cursor);
      this.#cursor = cluster;
      if (!this.#refcounts.hasPlaceFor(cluster) || (await this.#refcounts.freeRun(cluster, 1)) > 0) return cluster;
    }
    let end = this.#freshFrom;
    while (this.#refcounts.hasPlaceFor(end) && (await this.#refcounts.freeRun(end, 1)) === 0) {
      end = await this.#refcounts.nextFree(end);
    }
    return end;
  }

  /** The new table counts itself too, so it has place for more than is needed. */
  async #growTable(cluster: number): Promise<void> {
    const bytes = this.#refcounts.enlarge(cluster);
    const { offset } = await this.allocateTogether(bytes / this.#clusterSize);
    const unused = this.#refcounts.moveTable(offset);
    if (unused) await this.cancel({ offset: unused.offset, count: unused.bytes / this.#clusterSize });
  }
}
