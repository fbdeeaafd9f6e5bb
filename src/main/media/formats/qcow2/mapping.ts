import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import type { Allocator, ClusterRun } from './allocator.ts';
import {
  type ClusterEntry,
  type ClusterKind,
  ENTRY_BYTES,
  isEmptyEntry,
  readClusterEntry,
  readTableEntry,
  writeEmpty,
  writeOwned,
} from './entries.ts';
import type { Qcow2Header } from './header.ts';
import type { MetadataMap } from './metadata-map.ts';
import { type CachedTable, TableCache } from './table-cache.ts';

/** 128 tables of an image with usual clusters, which lead to 64 GiB. */
const TABLE_BUDGET_BYTES = 8 * 1024 * 1024;

/** A stretch of the disk that lies in one way in the file. */
export interface MappedRun {
  kind: ClusterKind;
  lengthBytes: number;
  /** `data`: where its first byte lies in the file. `compressed`: where the cluster begins. Else 0. */
  hostOffset: number;
  /** `data` that may be overwritten in place. */
  isOwned: boolean;
  compressedBytes: number;
}

/** Where each cluster of the disk lies: the active L1 table and the L2 tables ("Cluster mapping"). */
export class Mapping {
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #tables: TableCache;
  /** Bytes of the disk that one L2 table leads to. */
  readonly tableSpan: number;
  #l1: Buffer;
  #dirtyL1 = new Set<number>();

  private constructor(file: HostFile, header: Qcow2Header, l1: Buffer) {
    this.#file = file;
    this.#header = header;
    this.#l1 = l1;
    this.#tables = new TableCache(file, header.clusterSize, TABLE_BUDGET_BYTES);
    this.tableSpan = (header.clusterSize / ENTRY_BYTES) * header.clusterSize;
  }

  static async load(file: HostFile, header: Qcow2Header): Promise<Mapping> {
    const l1 = Buffer.alloc(header.l1Entries * ENTRY_BYTES);
    await file.read(header.l1Offset, l1);
    return new Mapping(file, header, l1);
  }

  /** @throws InnError `IMAGE_INVALID` when an entry cannot be, or two of them name the same table. */
  registerTables(metadata: MetadataMap): void {
    metadata.addRange(this.#header.l1Offset, this.#l1.length);
    for (let index = 0; index < this.#l1.length / ENTRY_BYTES; index++) {
      if (isEmptyEntry(this.#l1, index)) continue;
      const offset = this.#tableOffset(index);
      if (offset !== 0) metadata.add(offset);
    }
  }

  /** What lies there, and how far the same goes on. @throws InnError `IMAGE_INVALID`; the system's error. */
  async map(offset: number, maxBytes: number): Promise<MappedRun> {
    const l1Index = Math.floor(offset / this.tableSpan);
    const tableOffset = this.#tableOffset(l1Index);
    if (tableOffset === 0) return this.#absent(offset, maxBytes, l1Index);
    const table = await this.#tables.get(tableOffset);
    const { clusterSize } = this.#header;
    const index = this.#indexOf(offset);
    const within = offset % clusterSize;
    const entry = this.#entry(table, index);
    const wanted = Math.min(Math.ceil((within + maxBytes) / clusterSize), clusterSize / ENTRY_BYTES - index);
    const clusters = this.#countAlike(table, index, entry, wanted);
    const { kind, isOwned, compressedBytes } = entry;
    const lengthBytes = Math.min(maxBytes, clusters * clusterSize - within);
    const hostOffset = kind === 'data' ? entry.hostOffset + within : kind === 'compressed' ? entry.hostOffset : 0;
    return { kind, lengthBytes, hostOffset, isOwned, compressedBytes };
  }

  /** The table for this offset, made or copied if it does not belong to the active disk alone. */
  async tableForWrite(offset: number, allocator: Allocator, metadata: MetadataMap): Promise<WritableTable> {
    const l1Index = Math.floor(offset / this.tableSpan);
    const old = readTableEntry(this.#file.path, this.#header, this.#l1, l1Index);
    if (old.offset !== 0 && old.isOwned)
      return { table: await this.#tables.get(this.#tableOffset(l1Index)), freed: [] };
    const contents =
      old.offset === 0 ? undefined : Buffer.from((await this.#tables.get(this.#tableOffset(l1Index))).bytes);
    const { offset: place } = await allocator.allocate(1);
    metadata.add(place);
    const table = this.#tables.add(place, contents);
    writeOwned(this.#l1, l1Index, place);
    this.#dirtyL1.add(l1Index);
    return { table, freed: old.offset === 0 ? [] : [{ offset: old.offset, count: 1 }] };
  }

  /** Lets the clusters from this offset on lie here. @returns what they used before. */
  link(table: CachedTable, offset: number, run: ClusterRun): ClusterRun[] {
    const index = this.#indexOf(offset);
    return this.#change(table, index, run.count, (at) => {
      writeOwned(table.bytes, at, run.offset + (at - index) * this.#header.clusterSize);
    });
  }

  /** Takes the clusters from this offset on away. @returns what they used before. */
  unlink(table: CachedTable, offset: number, clusters: number, kind: 'zero' | 'absent'): ClusterRun[] {
    return this.#change(table, this.#indexOf(offset), clusters, (at) => writeEmpty(table.bytes, at, kind));
  }

  /** The cluster is no L2 table any more. */
  forget(offset: number): void {
    this.#tables.drop(offset);
  }

  get isDirty(): boolean {
    return this.#tables.isDirty || this.#dirtyL1.size > 0;
  }

  get isCrowded(): boolean {
    return this.#tables.isCrowded;
  }

  get hasDirtyL1(): boolean {
    return this.#dirtyL1.size > 0;
  }

  async writeTables(): Promise<void> {
    await this.#tables.writeDirty();
  }

  /** Once the tables are on the disk. */
  async writeL1(): Promise<void> {
    for (const index of [...this.#dirtyL1].sort((a, b) => a - b)) {
      const position = index * ENTRY_BYTES;
      const entry = this.#l1.subarray(position, position + ENTRY_BYTES);
      await this.#file.write(this.#header.l1Offset + position, entry);
      this.#dirtyL1.delete(index);
    }
  }

  /** A longer table with the same entries, for the caller to write; in force after `replaceL1`. */
  enlargedL1(entries: number): Buffer {
    const l1 = Buffer.alloc(entries * ENTRY_BYTES);
    this.#l1.copy(l1);
    return l1;
  }

  replaceL1(l1: Buffer): void {
    this.#l1 = l1;
  }

  #absent(offset: number, maxBytes: number, l1Index: number): MappedRun {
    const entries = this.#l1.length / ENTRY_BYTES;
    let next = l1Index + 1;
    while (next < entries && next * this.tableSpan < offset + maxBytes && isEmptyEntry(this.#l1, next)) next += 1;
    const lengthBytes = Math.min(maxBytes, next * this.tableSpan - offset);
    return { kind: 'absent', lengthBytes, hostOffset: 0, isOwned: false, compressedBytes: 0 };
  }

  #countAlike(table: CachedTable, index: number, first: ClusterEntry, wanted: number): number {
    if (first.kind === 'compressed') return 1;
    let count = 1;
    for (; count < wanted; count++) {
      const { kind, hostOffset, isOwned } = this.#entry(table, index + count);
      if (kind !== first.kind) break;
      const isNext = isOwned === first.isOwned && hostOffset === first.hostOffset + count * this.#header.clusterSize;
      if (kind === 'data' && !isNext) break;
    }
    return count;
  }

  #change(table: CachedTable, index: number, count: number, write: (index: number) => void): ClusterRun[] {
    const freed: ClusterRun[] = [];
    for (let at = index; at < index + count; at++) {
      const entry = this.#entry(table, at);
      if (entry.hostOffset !== 0) addRun(freed, this.#clustersOf(entry), this.#header.clusterSize);
    }
    for (let at = index; at < index + count; at++) write(at);
    this.#tables.markDirty(table, index * ENTRY_BYTES, (index + count) * ENTRY_BYTES);
    return freed;
  }

  #clustersOf(entry: ClusterEntry): ClusterRun {
    const { clusterSize } = this.#header;
    const first = Math.floor(entry.hostOffset / clusterSize);
    const end = Math.ceil((entry.hostOffset + Math.max(1, entry.compressedBytes)) / clusterSize);
    return { offset: first * clusterSize, count: end - first };
  }

  #entry(table: CachedTable, index: number): ClusterEntry {
    const entry = readClusterEntry(this.#file.path, this.#header, table.bytes, index);
    if (entry.hostOffset < this.#file.sizeBytes || entry.kind === 'zero') return entry;
    throw damagedImage(this.#file.path, 'the data of a cluster lies outside of the file');
  }

  #indexOf(offset: number): number {
    return Math.floor((offset % this.tableSpan) / this.#header.clusterSize);
  }

  #tableOffset(l1Index: number): number {
    if (isEmptyEntry(this.#l1, l1Index)) return 0;
    const { offset } = readTableEntry(this.#file.path, this.#header, this.#l1, l1Index);
    // A table that was just made is not in the file yet.
    if (offset < this.#file.sizeBytes || this.#dirtyL1.has(l1Index)) return offset;
    throw damagedImage(this.#file.path, 'a table of clusters lies outside of the file');
  }
}

export interface WritableTable {
  table: CachedTable;
  /** The table in whose place it came. */
  freed: ClusterRun[];
}

/** Runs that touch and share nothing become one; compressed clusters may share their host cluster and stay apart. */
function addRun(runs: ClusterRun[], run: ClusterRun, clusterSize: number): void {
  const last = runs.at(-1);
  if (last && last.offset + last.count * clusterSize === run.offset) last.count += run.count;
  else runs.push(run);
}
