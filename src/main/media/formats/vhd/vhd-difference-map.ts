import { SECTOR } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { LruCache } from '../lru-cache.ts';
import type { BlockMap, BlockRun } from '../mapped-device.ts';
import type { VhdHeader } from './vhd-header.ts';
import { blockOffset, UNUSED } from './vhd-map.ts';

const CACHED_BITMAPS = 1024;

/**
 * Map of a differencing VHD image, for reading: sector by sector, a block's bitmap says whether this image has the data (1) or
 * the one below (0). The first sector is the highest bit of the first byte.
 */
export class VhdDifferenceMap implements BlockMap {
  readonly blockBytes = SECTOR;
  readonly #file: HostFile;
  readonly #header: VhdHeader;
  readonly #table: Uint32Array;
  readonly #bitmaps = new LruCache<number, Buffer>(CACHED_BITMAPS);

  constructor(file: HostFile, header: VhdHeader, table: Uint32Array) {
    this.#file = file;
    this.#header = header;
    this.#table = table;
  }

  async locate(sector: number, maxCount: number): Promise<BlockRun> {
    const { blockBytes, bitmapBytes } = this.#header;
    const sectorsPerBlock = blockBytes / SECTOR;
    const entry = this.#table[Math.floor(sector / sectorsPerBlock)] ?? UNUSED;
    const first = sector % sectorsPerBlock;
    const most = Math.min(maxCount, sectorsPerBlock - first);
    if (entry === UNUSED) return { kind: 'absent', fileOffset: 0, count: most };
    const start = blockOffset(this.#file, this.#header, entry);
    const bitmap = await this.#bitmaps.get(entry, () => this.#readBitmap(start));
    const isHere = hasBit(bitmap, first);
    let count = 1;
    while (count < most && hasBit(bitmap, first + count) === isHere) count += 1;
    if (!isHere) return { kind: 'absent', fileOffset: 0, count };
    return { kind: 'data', fileOffset: start + bitmapBytes + first * SECTOR, count };
  }

  async #readBitmap(offset: number): Promise<Buffer> {
    const bitmap = Buffer.alloc(this.#header.bitmapBytes);
    await this.#file.read(offset, bitmap);
    return bitmap;
  }
}

function hasBit(bitmap: Buffer, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}
