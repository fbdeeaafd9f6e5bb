import { ioError } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { ENTRY_BYTES, readBlockEntry, writeOffset } from './entries.ts';
import { FIELD, MAX_REFCOUNT_TABLE_BYTES, type Qcow2Header } from './header.ts';
import type { MetadataMap } from './metadata-map.ts';
import { maxRefcount, readRefcount, refcountBytes, writeRefcount } from './refcount-entry.ts';
import { TableCache } from './table-cache.ts';

const BLOCK_BUDGET_BYTES = 4 * 1024 * 1024;

/**
 * How often each cluster of the file is referred to ("Host cluster management"). Changes stay in memory until they are written
 * in two steps, which the device orders: the blocks first, then the table that leads to them.
 */
export class Refcounts {
  /** Clusters that one block counts. */
  readonly blockEntries: number;
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #metadata: MetadataMap;
  readonly #blocks: TableCache;
  #table: Buffer;
  #tableOffset: number;
  /** Of the place at `tableOffset`; `table` may have outgrown it. */
  #tableBytes: number;
  #dirtyEntries: number[] = [];
  /** The table that the header still names, when a larger one has been made. */
  #outgrown: { offset: number; bytes: number } | undefined;

  private constructor(file: HostFile, header: Qcow2Header, metadata: MetadataMap, table: Buffer) {
    this.#file = file;
    this.#header = header;
    this.#metadata = metadata;
    this.#table = table;
    this.#tableOffset = header.refcountTableOffset;
    this.#tableBytes = table.length;
    this.#blocks = new TableCache(file, header.clusterSize, BLOCK_BUDGET_BYTES);
    this.blockEntries = (header.clusterSize * 8) / (1 << header.refcountOrder);
  }

  /** @throws InnError `IMAGE_INVALID` when an entry of the table cannot be, or overlaps another table. */
  static async load(file: HostFile, header: Qcow2Header, metadata: MetadataMap): Promise<Refcounts> {
    const table = Buffer.alloc(header.refcountTableClusters * header.clusterSize);
    await file.read(header.refcountTableOffset, table);
    metadata.addRange(header.refcountTableOffset, table.length);
    for (let index = 0; index < table.length / ENTRY_BYTES; index++) {
      const offset = readBlockEntry(file.path, header, table, index);
      if (offset === 0) continue;
      if (offset >= file.sizeBytes)
        throw damagedImage(file.path, 'a block of reference counts lies outside of the file');
      metadata.add(offset);
    }
    return new Refcounts(file, header, metadata, table);
  }

  async get(cluster: number): Promise<number> {
    const block = await this.#blockOf(cluster);
    return block ? readRefcount(block.bytes, cluster % this.blockEntries, this.#header.refcountOrder) : 0;
  }

  /** The clusters must have a block (`ensureBlock`). */
  async set(cluster: number, count: number, value: number): Promise<void> {
    for (let next = cluster; next < cluster + count; ) {
      const block = await this.#blockOf(next);
      if (!block) throw damagedImage(this.#file.path, 'a block of reference counts is missing');
      const first = next % this.blockEntries;
      const end = Math.min(this.blockEntries, first + cluster + count - next);
      for (let index = first; index < end; index++) {
        writeRefcount(block.bytes, index, this.#header.refcountOrder, value);
      }
      this.#blocks.markDirty(block, ...refcountBytes(first, end - first, this.#header.refcountOrder));
      next += end - first;
    }
  }

  /** One reference less. @returns what is left. @throws InnError `IMAGE_INVALID` when there was none. */
  async decrement(cluster: number): Promise<number> {
    const value = (await this.get(cluster)) - 1;
    if (value < 0) throw damagedImage(this.#file.path, `its cluster ${cluster} was in use and counted as free`);
    if (value < maxRefcount(this.#header.refcountOrder)) await this.set(cluster, 1, value);
    return value;
  }

  /** Length of the run of free clusters that begins there, up to `max` and the end of the block; 0 when it is in use. */
  async freeRun(cluster: number, max: number): Promise<number> {
    const first = cluster % this.blockEntries;
    const end = Math.min(this.blockEntries, first + max);
    const block = await this.#blockOf(cluster);
    if (!block) return end - first;
    let index = first;
    while (index < end && readRefcount(block.bytes, index, this.#header.refcountOrder) === 0) index += 1;
    return index - first;
  }

  /** First free cluster at or behind this one within the same block; the block's end when there is none. */
  async nextFree(cluster: number): Promise<number> {
    const first = cluster % this.blockEntries;
    const block = await this.#blockOf(cluster);
    if (!block) return cluster;
    let index = first;
    while (index < this.blockEntries && readRefcount(block.bytes, index, this.#header.refcountOrder) !== 0) index += 1;
    return cluster - first + index;
  }

  /** Whether the table has a place for the block that counts this cluster. */
  hasPlaceFor(cluster: number): boolean {
    return Math.floor(cluster / this.blockEntries) < this.#table.length / ENTRY_BYTES;
  }

  /**
   * Makes the block that counts this free cluster, if there is none: in the cluster itself, which so counts itself.
   * @returns whether the cluster was used for it.
   */
  async ensureBlock(cluster: number): Promise<boolean> {
    const index = Math.floor(cluster / this.blockEntries);
    if (readBlockEntry(this.#file.path, this.#header, this.#table, index) !== 0) return false;
    const offset = cluster * this.#header.clusterSize;
    this.#metadata.assertData(offset, this.#header.clusterSize);
    this.#metadata.add(offset);
    this.#blocks.add(offset);
    writeOffset(this.#table, index, offset);
    this.#dirtyEntries.push(index);
    await this.set(cluster, 1, 1);
    return true;
  }

  /** Makes place in the table for the block of this cluster. @returns bytes of the new table, for which the caller finds a place. */
  enlarge(cluster: number): number {
    const { clusterSize } = this.#header;
    const needed = (Math.floor(cluster / this.blockEntries) + 2) * ENTRY_BYTES;
    const bytes = Math.ceil(Math.max(needed, this.#table.length * 1.5) / clusterSize) * clusterSize;
    if (bytes > MAX_REFCOUNT_TABLE_BYTES) throw ioError('EFBIG', `'${this.#file.path}' cannot become larger.`);
    const table = Buffer.alloc(bytes);
    this.#table.copy(table);
    this.#table = table;
    return bytes;
  }

  /** The place for the table that `enlarge` has made. @returns the place of one that was made before and never written. */
  moveTable(offset: number): { offset: number; bytes: number } | undefined {
    const before = { offset: this.#tableOffset, bytes: this.#tableBytes };
    const isFirst = this.#outgrown === undefined;
    if (isFirst) this.#outgrown = before;
    else this.#metadata.remove(before.offset);
    this.#tableOffset = offset;
    this.#tableBytes = this.#table.length;
    this.#metadata.addRange(offset, this.#tableBytes);
    return isFirst ? undefined : before;
  }

  get isDirty(): boolean {
    return this.#blocks.isDirty || this.hasDirtyTable;
  }

  get isCrowded(): boolean {
    return this.#blocks.isCrowded;
  }

  get hasDirtyTable(): boolean {
    return this.#dirtyEntries.length > 0 || this.#outgrown !== undefined;
  }

  async writeBlocks(): Promise<void> {
    await this.#blocks.writeDirty();
  }

  /**
   * Writes the table, once the blocks are on the disk.
   * @returns the place of the table before, when it has moved: nothing refers to it any more.
   */
  async writeTable(): Promise<{ offset: number; bytes: number } | undefined> {
    const outgrown = this.#outgrown;
    if (outgrown) {
      await this.#file.write(this.#tableOffset, this.#table);
      await this.#file.datasync();
      await this.#file.write(FIELD.refcountTableOffset, this.#encodePlace());
      this.#header.refcountTableOffset = this.#tableOffset;
      this.#header.refcountTableClusters = this.#table.length / this.#header.clusterSize;
    } else {
      for (const index of this.#dirtyEntries) {
        const position = index * ENTRY_BYTES;
        await this.#file.write(this.#tableOffset + position, this.#table.subarray(position, position + ENTRY_BYTES));
      }
    }
    this.#dirtyEntries = [];
    this.#outgrown = undefined;
    return outgrown;
  }

  /** The two fields of the header lie side by side, in one sector: they change together. */
  #encodePlace(): Buffer {
    const fields = Buffer.alloc(12);
    fields.writeBigUInt64BE(BigInt(this.#tableOffset), 0);
    fields.writeUInt32BE(this.#table.length / this.#header.clusterSize, 8);
    return fields;
  }

  async #blockOf(cluster: number) {
    const index = Math.floor(cluster / this.blockEntries);
    if (index >= this.#table.length / ENTRY_BYTES) return undefined;
    const offset = readBlockEntry(this.#file.path, this.#header, this.#table, index);
    return offset === 0 ? undefined : this.#blocks.get(offset);
  }
}
