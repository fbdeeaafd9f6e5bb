import { KIB, MIB } from '../../../../shared/units.ts';
import { damagedImage } from '../image-format.ts';
import { LruCache } from '../lru-cache.ts';
import type { BlockMap, BlockRun } from '../mapped-device.ts';
import type { VhdxRegion } from './vhdx-header.ts';
import type { MetadataReader } from './vhdx-log.ts';
import type { VhdxMetadata } from './vhdx-metadata.ts';

const PAGE_BYTES = 64 * KIB;
const ENTRY_BYTES = 8;
const CACHED_PAGES = 64;

/** States of a block: [MS-VHDX] 2.5.1.1. All others read as zeros: not present, undefined, zero, unmapped. */
const FULLY_PRESENT = 6;
const PARTIALLY_PRESENT = 7;

/** Map of a VHDX image, for reading: the block allocation table, whose pages are read when they are needed. */
export class VhdxMap implements BlockMap {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly #path: string;
  readonly #reader: MetadataReader;
  readonly #region: VhdxRegion;
  /** After this many blocks the table has an entry for the bitmap of their sectors. */
  readonly #chunkBlocks: number;
  readonly #pages = new LruCache<number, Buffer>(CACHED_PAGES);

  /** @throws InnError `IMAGE_INVALID` when the table is shorter than the disk. */
  constructor(path: string, reader: MetadataReader, region: VhdxRegion, metadata: VhdxMetadata) {
    this.#path = path;
    this.#reader = reader;
    this.#region = region;
    this.#chunkBlocks = (2 ** 23 * metadata.sectorBytes) / metadata.blockBytes;
    this.blockBytes = metadata.blockBytes;
    this.blocks = Math.ceil(metadata.sizeBytes / metadata.blockBytes);
    if (this.#indexOf(this.blocks - 1) >= Math.floor(region.lengthBytes / ENTRY_BYTES)) {
      throw damagedImage(path, 'its table of blocks is too short');
    }
  }

  async locate(block: number, maxCount: number): Promise<BlockRun> {
    const start = await this.#entry(block);
    let count = 1;
    for (; count < maxCount && block + count < this.blocks; count += 1) {
      const next = await this.#entry(block + count);
      const isNext = next.kind === 'zero' || next.fileOffset === start.fileOffset + count * this.blockBytes;
      if (next.kind !== start.kind || !isNext) break;
    }
    return { ...start, count };
  }

  async #entry(block: number): Promise<{ kind: 'data' | 'zero'; fileOffset: number }> {
    const position = this.#indexOf(block) * ENTRY_BYTES;
    const pageIndex = Math.floor(position / PAGE_BYTES);
    const page = await this.#pages.get(pageIndex, () => this.#readPage(pageIndex));
    const low = page.readUInt32LE(position % PAGE_BYTES);
    const high = page.readUInt32LE((position % PAGE_BYTES) + 4);
    const state = low & 7;
    if (state === PARTIALLY_PRESENT) throw damagedImage(this.#path, `its block ${block} is partly in another image`);
    if (state !== FULLY_PRESENT) return { kind: 'zero', fileOffset: 0 };
    const fileOffset = (high * 2 ** 12 + (low >>> 20)) * MIB;
    if (fileOffset >= MIB && Number.isSafeInteger(fileOffset + this.blockBytes)) return { kind: 'data', fileOffset };
    throw damagedImage(this.#path, `its block ${block} lies outside of the file`);
  }

  #indexOf(block: number): number {
    return block + Math.floor(block / this.#chunkBlocks);
  }

  async #readPage(index: number): Promise<Buffer> {
    const page = Buffer.alloc(Math.min(PAGE_BYTES, this.#region.lengthBytes - index * PAGE_BYTES));
    await this.#reader.read(this.#region.offset + index * PAGE_BYTES, page);
    return page;
  }
}
