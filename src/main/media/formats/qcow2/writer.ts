import type { HostFile } from '../host-file.ts';
import type { Allocation } from './allocator.ts';
import type { Qcow2Header } from './header.ts';
import type { MappedRun, Mapping } from './mapping.ts';
import type { Qcow2Tables } from './qcow2-tables.ts';
import type { Qcow2Reader } from './reader.ts';

/** Bytes that get new clusters at a time. */
const MAX_ALLOCATION_BYTES = 8 * 1024 * 1024;

/** Writes to clusters. All but `overwrite` run under the device's lock. */
export class Qcow2Writer {
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #mapping: Mapping;
  readonly #reader: Qcow2Reader;
  readonly #tables: Qcow2Tables;

  constructor(file: HostFile, header: Qcow2Header, mapping: Mapping, reader: Qcow2Reader, tables: Qcow2Tables) {
    this.#file = file;
    this.#header = header;
    this.#mapping = mapping;
    this.#reader = reader;
    this.#tables = tables;
  }

  /** Writes into clusters that belong to the disk alone. */
  async overwrite(run: MappedRun, data: Uint8Array): Promise<void> {
    this.#tables.assertData(run.hostOffset, run.lengthBytes);
    await this.#file.write(run.hostOffset, data.subarray(0, run.lengthBytes));
  }

  /**
   * Writes the beginning of `data` into new clusters, unless another call has made them meanwhile.
   * @returns how many bytes of it are written.
   */
  async write(offset: number, data: Uint8Array): Promise<number> {
    const run = await this.#mapping.map(offset, Math.min(data.length, MAX_ALLOCATION_BYTES));
    if (run.kind === 'data' && run.isOwned) {
      await this.overwrite(run, data);
      return run.lengthBytes;
    }
    const { clusterSize } = this.#header;
    const first = offset - (offset % clusterSize);
    const table = await this.#tables.tableForWrite(offset);
    const end = Math.min(offset + run.lengthBytes, this.#tableEnd(offset));
    const place = await this.#tables.allocator.allocate(Math.ceil((end - first) / clusterSize));
    const length = Math.min(end, first + place.count * clusterSize) - offset;
    try {
      await this.#fill(place, first, offset, data.subarray(0, length));
      this.#tables.free(this.#mapping.link(table, first, place));
    } catch (error) {
      await this.#tables.allocator.cancel(place);
      throw error;
    }
    return length;
  }

  /**
   * Frees the beginning of a range of whole clusters, so that it reads as zeros, where the image's version can say so.
   * @returns how many bytes of the range are dealt with.
   */
  async discard(offset: number, lengthBytes: number): Promise<number> {
    const run = await this.#mapping.map(offset, lengthBytes);
    const isDone = run.kind === 'zero' || (run.kind === 'absent' && !this.#header.backing);
    // Version 2 has no word for zeros: without the cluster, the backing image would shine through.
    if (isDone || (this.#header.backing && this.#header.version === 2)) return run.lengthBytes;
    const length = Math.min(run.lengthBytes, this.#tableEnd(offset) - offset);
    const table = await this.#tables.tableForWrite(offset);
    const clusters = Math.ceil(length / this.#header.clusterSize);
    const kind = this.#header.version === 2 ? 'absent' : 'zero';
    this.#tables.free(this.#mapping.unlink(table, offset, clusters, kind));
    return length;
  }

  /** Fills the new clusters with the data, and around it with what the disk held there before. */
  async #fill(place: Allocation, first: number, offset: number, data: Uint8Array): Promise<void> {
    const end = first + place.count * this.#header.clusterSize;
    const before = await this.#old(first, offset, place.isFresh);
    const after = await this.#old(offset + data.length, end, place.isFresh);
    const skipped = before === undefined ? offset - first : 0;
    const parts = [before ?? NOTHING, data, after ?? NOTHING];
    await this.#file.writeParts(place.offset + skipped, parts);
  }

  /** What the disk holds in the range; undefined when the file has it there already, namely nothing. */
  async #old(from: number, to: number, isFresh: boolean): Promise<Uint8Array | undefined> {
    if (from >= to) return undefined;
    const run = await this.#mapping.map(from, to - from);
    const isBlank = this.#reader.isBlank(run, from);
    if (isBlank && isFresh) return undefined;
    const old = Buffer.alloc(to - from);
    if (!isBlank) await this.#reader.read(from, old);
    return old;
  }

  /** Where the L2 table that leads to the offset ends. */
  #tableEnd(offset: number): number {
    return offset - (offset % this.#mapping.tableSpan) + this.#mapping.tableSpan;
  }
}

const NOTHING = new Uint8Array(0);
