import { SECTOR } from '../../image-file.ts';
import { ioError } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import type { BlockMap, BlockRun, NewBlocks } from '../mapped-device.ts';
import type { GrainTables } from './grain-tables.ts';
import { newContentId, type VmdkDescriptor } from './vmdk-descriptor.ts';
import { TABLE_BYTES, TABLE_ENTRIES, UNCLEAN_OFFSET, type VmdkHeader } from './vmdk-header.ts';

/**
 * Map of a sparse VMDK image. New grains stand at the end of the file; the copy of their table is written before the table
 * that counts, so that a program that is killed leaves an entry too many in the copy at most.
 */
export class SparseMap implements BlockMap {
  readonly blockBytes: number;
  readonly #file: HostFile;
  readonly #header: VmdkHeader;
  readonly #descriptor: VmdkDescriptor;
  readonly #tables: GrainTables;
  readonly #copies: GrainTables | undefined;
  readonly #alike = new Set<number>();
  #isTouched = false;

  /** @param copies the second directory and its tables, where the image has them. */
  constructor(
    file: HostFile,
    header: VmdkHeader,
    descriptor: VmdkDescriptor,
    tables: GrainTables,
    copies: GrainTables | undefined,
  ) {
    this.#file = file;
    this.#header = header;
    this.#descriptor = descriptor;
    this.#tables = tables;
    this.#copies = copies;
    this.blockBytes = header.grainBytes;
  }

  locate(block: number, maxCount: number): Promise<BlockRun> {
    return this.#tables.run(block, maxCount, this.blockBytes);
  }

  /** The contents get a new id, by which images that build on it see that it has changed. */
  async touch(): Promise<void> {
    const { contentId } = this.#descriptor;
    if (contentId) {
      const digits = Buffer.from(newContentId(contentId.digits), 'latin1');
      await this.#file.write(this.#header.descriptorOffset + contentId.offset, digits);
    }
    await this.#file.write(UNCLEAN_OFFSET, Uint8Array.of(1));
    this.#isTouched = true;
  }

  async finish(): Promise<void> {
    if (this.#isTouched) await this.#file.write(UNCLEAN_OFFSET, Uint8Array.of(0));
  }

  async allocate(block: number, maxCount: number): Promise<NewBlocks> {
    const index = Math.floor(block / TABLE_ENTRIES);
    const first = block % TABLE_ENTRIES;
    const table = (await this.#tables.table(index)) ?? (await this.#makeTable(index));
    await this.alignCopy(index);
    const count = Math.min(maxCount, TABLE_ENTRIES - first);
    const fileOffset = this.#endOfFile(count * this.blockBytes, this.blockBytes);
    const commit = async () => {
      const stride = this.blockBytes / SECTOR;
      const entries = Uint32Array.from({ length: count }, (_, each) => fileOffset / SECTOR + each * stride);
      for (const tables of this.#bothTables()) await this.#writeAt(tables.directory[index] ?? 0, first, entries);
      (await this.#copies?.table(index))?.set(entries, first);
      table.set(entries, first);
    };
    return { fileOffset, count, isZeroed: true, commit };
  }

  /** Makes the copy of a table like the table, which another program or a crash may have left different. */
  async alignCopy(index: number): Promise<void> {
    if (!this.#copies || this.#alike.has(index)) return;
    const [table, copy] = [await this.#tables.table(index), await this.#copies.table(index)];
    if (table && copy && !table.every((sector, each) => sector === copy[each])) {
      await this.#writeAt(this.#copies.directory[index] ?? 0, 0, table);
      copy.set(table);
    }
    this.#alike.add(index);
  }

  /** The tables in the order in which they are written: the one that counts comes last. */
  #bothTables(): GrainTables[] {
    return [this.#copies, this.#tables].filter((tables) => tables !== undefined);
  }

  async #makeTable(index: number): Promise<Uint32Array> {
    for (const tables of this.#bothTables()) {
      if (tables.directory[index]) continue;
      const offset = this.#endOfFile(TABLE_BYTES, SECTOR);
      await this.#file.truncate(offset + TABLE_BYTES);
      const directoryOffset = tables === this.#tables ? this.#header.directoryOffset : this.#header.copyOffset;
      await this.#writeAt((directoryOffset ?? 0) / SECTOR, index, Uint32Array.of(offset / SECTOR));
      tables.directory[index] = offset / SECTOR;
    }
    const table = await this.#tables.table(index);
    if (table) return table;
    throw ioError('EIO', `'${this.#file.path}' has lost a grain table.`);
  }

  /** @throws `ENOSPC` where the sector has more than 32 bits. */
  #endOfFile(roomBytes: number, alignment: number): number {
    const offset = Math.ceil(this.#file.sizeBytes / alignment) * alignment;
    if ((offset + roomBytes) / SECTOR < 2 ** 32) return offset;
    throw ioError('ENOSPC', `'${this.#file.path}' cannot become larger than 2 TiB.`);
  }

  /** Writes entries of a table or directory that begins at the sector. */
  async #writeAt(sector: number, first: number, entries: Uint32Array): Promise<void> {
    const bytes = new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength);
    if (sector > 0) await this.#file.write(sector * SECTOR + first * 4, bytes);
  }
}
