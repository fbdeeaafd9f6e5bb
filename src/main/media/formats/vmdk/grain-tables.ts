import { SECTOR } from '../../image-file.ts';
import type { Extent } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { LruCache } from '../lru-cache.ts';
import { TABLE_BYTES, TABLE_ENTRIES, type VmdkHeader } from './vmdk-header.ts';

/** Grain tables kept in memory: 2 KiB each, and one for 32 MiB of the disk. */
const CACHED_TABLES = 4096;
const ZERO_GRAIN = 1;

/** The two steps from a grain to its place: a directory of tables, and tables of sectors. Tables are read when needed. */
export class GrainTables {
  /** Sector of each grain table; 0 for those that do not exist. */
  readonly directory: Uint32Array;
  readonly #file: HostFile;
  readonly #header: VmdkHeader;
  readonly #tables = new LruCache<number, Uint32Array>(CACHED_TABLES);

  private constructor(file: HostFile, header: VmdkHeader, directory: Uint32Array) {
    this.#file = file;
    this.#header = header;
    this.directory = directory;
  }

  /** @param offset of the directory that counts, or of its copy. @throws `EIO` when the file ends within it. */
  static async open(file: HostFile, header: VmdkHeader, offset = header.directoryOffset): Promise<GrainTables> {
    return new GrainTables(file, header, await readNumbers(file, offset, header.tables));
  }

  /** The sectors of a table's grains; undefined when there is no such table. */
  async table(index: number): Promise<Uint32Array | undefined> {
    const sector = this.directory[index] ?? 0;
    if (sector === 0) return undefined;
    if (sector * SECTOR + TABLE_BYTES > this.#file.sizeBytes) {
      throw damagedImage(this.#file.path, 'a grain table lies outside of the file');
    }
    return this.#tables.get(index, () => readNumbers(this.#file, sector * SECTOR, TABLE_ENTRIES));
  }

  /** What the grain is, and where, in bytes. @throws InnError `IMAGE_INVALID` when it lies where no grain can be. */
  async grain(grain: number): Promise<{ kind: Extent['kind']; fileOffset: number }> {
    return this.#decode((await this.table(Math.floor(grain / TABLE_ENTRIES)))?.[grain % TABLE_ENTRIES] ?? 0);
  }

  #decode(sector: number): { kind: Extent['kind']; fileOffset: number } {
    if (sector === 0) return { kind: 'absent', fileOffset: 0 };
    if (sector === ZERO_GRAIN && this.#header.hasZeroGrains) return { kind: 'zero', fileOffset: 0 };
    if (sector * SECTOR >= this.#header.dataOffset) return { kind: 'data', fileOffset: sector * SECTOR };
    throw damagedImage(this.#file.path, 'a grain lies in its header or tables');
  }

  /**
   * The grain and those behind it of the same kind, up to the end of their table; with data, only those that follow each
   * other in the file `strideBytes` apart, when that is given.
   */
  async run(grain: number, maxCount: number, strideBytes?: number) {
    const index = Math.floor(grain / TABLE_ENTRIES);
    const first = grain % TABLE_ENTRIES;
    const most = Math.min(maxCount, TABLE_ENTRIES - first);
    const table = await this.table(index);
    if (!table) return { kind: 'absent' as const, fileOffset: 0, count: most };
    const start = this.#decode(table[first] ?? 0);
    let count = 1;
    for (; count < most; count += 1) {
      const next = this.#decode(table[first + count] ?? 0);
      if (next.kind !== start.kind) break;
      if (next.kind === 'data' && strideBytes && next.fileOffset !== start.fileOffset + count * strideBytes) break;
    }
    return { ...start, count };
  }
}

/** Numbers of 32 bits, with the byte order of every processor that Node runs on (little endian). */
export async function readNumbers(file: HostFile, offset: number, count: number): Promise<Uint32Array> {
  const numbers = new Uint32Array(count);
  await file.read(offset, new Uint8Array(numbers.buffer));
  return numbers;
}
