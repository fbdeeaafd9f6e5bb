import type { HostFile } from '../host-file.ts';

/** A table of one cluster as it is, or is to be, in the file. */
export interface CachedTable {
  readonly offset: number;
  readonly bytes: Buffer;
  /** Bytes that the file does not have yet; none when `dirtyTo` is 0. */
  dirtyFrom: number;
  dirtyTo: number;
}

/**
 * The tables of one kind that were used last. Changed ones stay until `writeDirty`; so who changes tables has to see to it
 * that this happens before too many have gathered (`isCrowded`).
 *
 * Tables are changed by one task at a time (the device's lock) and without waiting in between; readers need no lock.
 */
export class TableCache {
  readonly #file: HostFile;
  readonly #tableBytes: number;
  readonly #capacity: number;
  /** In the order of their last use. */
  readonly #tables = new Map<number, CachedTable>();
  readonly #loads = new Map<number, Promise<CachedTable>>();
  readonly #dirty = new Set<CachedTable>();

  constructor(file: HostFile, tableBytes: number, budgetBytes: number) {
    this.#file = file;
    this.#tableBytes = tableBytes;
    this.#capacity = Math.max(MIN_TABLES, Math.floor(budgetBytes / tableBytes));
  }

  /** The caller has checked that the offset can be one. @throws the system's error */
  async get(offset: number): Promise<CachedTable> {
    const table = this.#tables.get(offset);
    if (table === undefined) return this.#loads.get(offset) ?? this.#load(offset);
    this.#tables.delete(offset);
    this.#tables.set(offset, table);
    return table;
  }

  /** A new table of zeros, or with these contents; dirty as a whole. */
  add(offset: number, bytes: Buffer = Buffer.alloc(this.#tableBytes)): CachedTable {
    const table: CachedTable = { offset, bytes, dirtyFrom: 0, dirtyTo: 0 };
    this.markDirty(table, 0, this.#tableBytes);
    return table;
  }

  markDirty(table: CachedTable, from: number, to: number): void {
    table.dirtyFrom = table.dirtyTo === 0 ? from : Math.min(table.dirtyFrom, from);
    table.dirtyTo = Math.max(table.dirtyTo, to);
    this.#dirty.add(table);
    this.#tables.set(table.offset, table); // It may have been given up for another since it was read.
    this.#loads.delete(table.offset); // What is being read of the file is out of date.
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** So many have changed that soon there is no place for others. */
  get isCrowded(): boolean {
    return this.#dirty.size * 2 >= this.#capacity;
  }

  /** @throws the system's error; what was not written stays dirty. */
  async writeDirty(): Promise<void> {
    for (const table of [...this.#dirty].sort((a, b) => a.offset - b.offset)) {
      await this.#file.write(table.offset + table.dirtyFrom, table.bytes.subarray(table.dirtyFrom, table.dirtyTo));
      table.dirtyFrom = 0;
      table.dirtyTo = 0;
      this.#dirty.delete(table);
    }
    this.#evict();
  }

  /** The cluster is no such table any more. */
  drop(offset: number): void {
    const table = this.#tables.get(offset);
    if (table) this.#dirty.delete(table);
    this.#tables.delete(offset);
    this.#loads.delete(offset);
  }

  #load(offset: number): Promise<CachedTable> {
    const load = this.#read(offset).then((table) => {
      if (this.#loads.get(offset) !== load) return this.get(offset);
      this.#loads.delete(offset);
      this.#tables.set(offset, table);
      this.#evict();
      return table;
    });
    this.#loads.set(offset, load);
    load.catch(() => {
      if (this.#loads.get(offset) === load) this.#loads.delete(offset);
    });
    return load;
  }

  async #read(offset: number): Promise<CachedTable> {
    const bytes = Buffer.allocUnsafeSlow(this.#tableBytes);
    await this.#file.readPadded(offset, bytes);
    return { offset, bytes, dirtyFrom: 0, dirtyTo: 0 };
  }

  #evict(): void {
    for (const [offset, table] of this.#tables) {
      if (this.#tables.size <= this.#capacity) return;
      if (table.dirtyTo === 0) this.#tables.delete(offset);
    }
  }
}

/** Enough for an operation that needs a few at once. */
const MIN_TABLES = 8;
