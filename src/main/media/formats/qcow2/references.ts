import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { bitmapClusters } from './bitmaps.ts';
import { type ClusterEntry, ENTRY_BYTES, isEmptyEntry, readClusterEntry, readTableEntry } from './entries.ts';
import type { Qcow2Header } from './header.ts';
import { ProblemList } from './problem-list.ts';
import { readSnapshots } from './snapshots.ts';
import { SparseCounts } from './sparse-counts.ts';

/** What the tables of an image refer to. */
export interface References {
  /** References to each cluster of the file, those to the tables of reference counts left out. */
  counts: SparseCounts;
  /** What cannot be. */
  problems: ProblemList;
  /** The L2 tables of the active disk, in order. */
  activeTables: number[];
}

/** No image that anybody made has as many; a hostile one could keep us busy for days. */
const MAX_L1_ENTRIES_IN_ALL = 32 * 1024 * 1024;
const MAX_SPARSE_TABLE_BYTES = 64 * 1024 * 1024;

/**
 * Walks through all tables of the active disk and of the internal snapshots.
 * @throws InnError `IMAGE_INVALID` when there is too little to go by.
 */
export async function countReferences(file: HostFile, header: Qcow2Header): Promise<References> {
  const walk = new Walk(file, header);
  const { snapshots, tableBytes } = await readSnapshots(file, header);
  walk.addRange(0, header.clusterSize);
  walk.addRange(header.snapshotsOffset, tableBytes);
  for (const { offset, bytes } of await bitmapClusters(file, header)) walk.addRange(offset, bytes);
  const active = await walk.addL1(header.l1Offset, header.l1Entries, 'the disk');
  for (const [index, { l1Offset, l1Entries }] of snapshots.entries()) {
    await walk.addL1(l1Offset, l1Entries, `snapshot ${index + 1}`);
  }
  await walk.addTables();
  return { counts: walk.counts, problems: walk.problems, activeTables: active };
}

class Walk {
  readonly counts = new SparseCounts();
  readonly problems = new ProblemList();
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  /** How many L1 entries lead to each L2 table. Its clusters count once for each of them. */
  readonly #tables = new Map<number, number>();
  #l1Entries = 0;

  constructor(file: HostFile, header: Qcow2Header) {
    this.#file = file;
    this.#header = header;
  }

  addRange(offset: number, bytes: number, times = 1): void {
    if (bytes === 0) return;
    const end = Math.ceil((offset + bytes) / this.#header.clusterSize);
    for (let cluster = Math.floor(offset / this.#header.clusterSize); cluster < end; cluster++) {
      this.counts.add(cluster, times);
    }
  }

  async addL1(offset: number, entries: number, owner: string): Promise<number[]> {
    this.#l1Entries += entries;
    if (this.#l1Entries > MAX_L1_ENTRIES_IN_ALL)
      throw damagedImage(this.#file.path, 'its tables are beyond all measure');
    const l1 = Buffer.alloc(entries * ENTRY_BYTES);
    await this.#file.read(offset, l1);
    this.addRange(offset, l1.length);
    const found: number[] = [];
    for (let index = 0; index < entries; index++) {
      if (isEmptyEntry(l1, index)) continue;
      const table = this.#tableAt(l1, index, owner);
      if (table === undefined) continue;
      this.#tables.set(table, (this.#tables.get(table) ?? 0) + 1);
      found.push(table);
    }
    if (new Set(found).size < found.length)
      this.problems.add(`Two entries of ${owner} name the same table of clusters.`);
    return found;
  }

  #tableAt(l1: Buffer, index: number, owner: string): number | undefined {
    try {
      const { offset } = readTableEntry(this.#file.path, this.#header, l1, index);
      if (offset > 0 && offset < this.#file.sizeBytes) return offset;
    } catch {
      // Told below, like any other entry that leads nowhere.
    }
    this.problems.add(`Entry ${index} of the table of ${owner} leads to no table of clusters.`);
    return undefined;
  }

  async addTables(): Promise<void> {
    await this.#assertReal();
    const bytes = Buffer.alloc(this.#header.clusterSize);
    for (const [offset, times] of [...this.#tables].sort(([a], [b]) => a - b)) {
      this.addRange(offset, this.#header.clusterSize, times);
      await this.#file.readPadded(offset, bytes);
      for (let index = 0; index < bytes.length / ENTRY_BYTES; index++) {
        if (!isEmptyEntry(bytes, index)) this.#addCluster(offset, bytes, index, times);
      }
    }
  }

  #addCluster(offset: number, bytes: Buffer, index: number, times: number): void {
    let entry: ClusterEntry;
    try {
      entry = readClusterEntry(this.#file.path, this.#header, bytes, index);
    } catch {
      this.problems.add(`Entry ${index} of the table of clusters at byte ${offset} cannot be.`);
      return;
    }
    if (entry.hostOffset === 0) return;
    if (entry.hostOffset >= this.#file.sizeBytes) {
      this.problems.add(`Entry ${index} of the table of clusters at byte ${offset} leads out of the file.`);
      return;
    }
    this.addRange(entry.hostOffset, Math.max(1, entry.compressedBytes), times);
  }

  /** A file can be of any length without taking space; to read tables that are not there could take for ever. */
  async #assertReal(): Promise<void> {
    const bytes = this.#tables.size * this.#header.clusterSize;
    if (bytes <= MAX_SPARSE_TABLE_BYTES || bytes <= 16 * (await this.#file.allocatedBytes())) return;
    throw damagedImage(this.#file.path, 'it names more tables than it holds');
  }
}
