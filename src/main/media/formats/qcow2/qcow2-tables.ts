import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { Allocator, type ClusterRun } from './allocator.ts';
import { FIELD, type Qcow2Header } from './header.ts';
import type { Mapping } from './mapping.ts';
import { MetadataMap, REPAIR_HINT } from './metadata-map.ts';
import { Refcounts } from './refcounts.ts';
import { readSnapshots } from './snapshots.ts';

/**
 * The tables of an image that is written, and the order in which they reach the file.
 *
 * A write to a new cluster puts the data into the file and all else into memory: the cluster's reference count, its entry in the
 * L2 table, a new L2 table's entry in L1. `commit` then writes in this order, each step on the disk before the next:
 *
 *   1. data and counts that have grown   nothing refers to them yet
 *   2. L2 tables                         everything that they name is there and counted
 *   3. L1 entries                        everything that they name is there
 *   4. counts that shrink                by `release`, in memory; written by the next commit
 *
 * So whenever the process is killed or the power fails, what the file's tables name is complete and counted, and the worst
 * is a cluster that is counted and named by nobody: a leak. What was overwritten keeps its clusters until the
 * tables on the disk do not name them any more, so a guest never loses what it had flushed, neither when a cluster is copied
 * (from a backing image, a snapshot, or a compressed cluster) nor when its old place is used again.
 *
 * The price: what a guest has not flushed is lost with the process where it went to new clusters. The device therefore
 * commits by itself every few seconds, as the host's page cache does.
 */
export class Qcow2Tables {
  readonly allocator: Allocator;
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #mapping: Mapping;
  readonly #metadata: MetadataMap;
  readonly #refcounts: Refcounts;
  /** Not named any more in memory, but perhaps in the file. */
  #freed: ClusterRun[] = [];

  private constructor(
    file: HostFile,
    header: Qcow2Header,
    mapping: Mapping,
    metadata: MetadataMap,
    refcounts: Refcounts,
  ) {
    this.#file = file;
    this.#header = header;
    this.#mapping = mapping;
    this.#metadata = metadata;
    this.#refcounts = refcounts;
    this.allocator = new Allocator(file, header, refcounts, metadata);
  }

  /** @throws InnError `IMAGE_INVALID` when the tables overlap, or the image is marked as damaged. */
  static async load(file: HostFile, header: Qcow2Header, mapping: Mapping): Promise<Qcow2Tables> {
    if (header.isCorrupt) throw damagedImage(file.path, 'it is marked as damaged', REPAIR_HINT);
    const metadata = new MetadataMap(file.path, header.clusterSize);
    metadata.addRange(0, header.clusterSize);
    mapping.registerTables(metadata);
    const { snapshots, tableBytes } = await readSnapshots(file, header);
    metadata.addRange(header.snapshotsOffset, tableBytes);
    for (const { l1Offset, l1Entries } of snapshots) metadata.addRange(l1Offset, l1Entries * 8);
    const refcounts = await Refcounts.load(file, header, metadata);
    return new Qcow2Tables(file, header, mapping, metadata, refcounts);
  }

  /** Says that what the image's unknown extensions keep is out of date now ("autoclear_features"). */
  async clearAutoclear(): Promise<void> {
    if (!this.#header.hasAutoclear) return;
    await this.#file.write(FIELD.autoclear, Buffer.alloc(8));
    await this.#file.datasync();
    this.#header.hasAutoclear = false;
  }

  /** The L2 table for this offset of the disk, ready to be changed. */
  async tableForWrite(offset: number) {
    const { table, freed } = await this.#mapping.tableForWrite(offset, this.allocator, this.#metadata);
    this.#freed.push(...freed);
    return table;
  }

  /** To be released once the file's tables do not name them any more. */
  free(runs: readonly ClusterRun[]): void {
    this.#freed.push(...runs);
  }

  /** A table lies there now, apart from those that this class makes. */
  protect(offset: number, bytes: number): void {
    this.#metadata.addRange(offset, bytes);
  }

  /** @throws InnError `IMAGE_INVALID` when a guest's data would overwrite a table. */
  assertData(offset: number, bytes: number): void {
    this.#metadata.assertData(offset, bytes);
  }

  get isDirty(): boolean {
    return this.#mapping.isDirty || this.#refcounts.isDirty || this.#freed.length > 0;
  }

  /** Time for a commit, lest the memory fill with changed tables. */
  get isCrowded(): boolean {
    return this.#mapping.isCrowded || this.#refcounts.isCrowded;
  }

  /** Time for a commit and a release, lest the list of what is to be released become long. */
  get hasManyFreed(): boolean {
    return this.#freed.length > MANY_FREED;
  }

  /**
   * Brings everything to the disk, in the order above; under the device's lock. When it fails, all that is missing stays in
   * memory for the next try.
   * @returns clusters that nothing names any more, for `release` once nobody reads them.
   */
  async commit(): Promise<ClusterRun[]> {
    await this.#writeRefcounts();
    await this.#file.datasync();
    if (this.#mapping.isDirty) {
      await this.#mapping.writeTables();
      if (this.#mapping.hasDirtyL1) {
        await this.#file.datasync();
        await this.#mapping.writeL1();
      }
      await this.#file.datasync();
    }
    const freed = this.#freed;
    this.#freed = [];
    return freed;
  }

  /** Under the device's lock. @throws InnError `IMAGE_INVALID` when a count was too low. */
  async release(freed: readonly ClusterRun[]): Promise<void> {
    for (const run of freed) {
      this.#mapping.forget(run.offset);
      await this.allocator.release(run);
    }
  }

  async #writeRefcounts(): Promise<void> {
    await this.#refcounts.writeBlocks();
    if (!this.#refcounts.hasDirtyTable) return;
    await this.#file.datasync();
    const outgrown = await this.#refcounts.writeTable();
    if (outgrown) this.#freed.push({ offset: outgrown.offset, count: outgrown.bytes / this.#header.clusterSize });
  }
}

/** Runs of clusters that wait to be released; each takes some memory. */
const MANY_FREED = 4096;
