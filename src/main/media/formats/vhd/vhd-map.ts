import { SECTOR } from '../../image-file.ts';
import { ioError } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import type { BlockMap, BlockRun, NewBlocks } from '../mapped-device.ts';
import { FOOTER_BYTES, roundToSector, type VhdFooter, type VhdHeader } from './vhd-header.ts';

/** An entry of the table for a block that has no room in the file. */
export const UNUSED = 0xffffffff;

/** The table of blocks: for each, the sector of the file where its bitmap is, and its data behind it. */
export async function readTable(file: HostFile, { tableOffset, blocks }: VhdHeader): Promise<Uint32Array> {
  const bytes = Buffer.from(new ArrayBuffer(blocks * 4));
  await file.read(tableOffset, bytes);
  bytes.swap32();
  return new Uint32Array(bytes.buffer);
}

/** Where the bitmap of a block is, in bytes. @throws InnError `IMAGE_INVALID` when it lies in front of the data. */
export function blockOffset(file: HostFile, header: VhdHeader, entry: number): number {
  const offset = entry * SECTOR;
  if (offset < header.dataOffset) throw damagedImage(file.path, 'a block lies in its header');
  return offset;
}

/** Map of a dynamic VHD image. The footer moves behind each new block before the block is written where it was. */
export class VhdMap implements BlockMap {
  readonly blockBytes: number;
  readonly #file: HostFile;
  readonly #header: VhdHeader;
  readonly #table: Uint32Array;
  readonly #footer: Buffer;
  /** The end of what the file has for blocks. */
  #footerOffset: number;
  #isFooterThere: boolean;
  /** Behind the last block, in bytes. */
  #next: number;

  constructor(file: HostFile, header: VhdHeader, table: Uint32Array, footer: VhdFooter) {
    this.#file = file;
    this.#header = header;
    this.#table = table;
    this.#footer = footer.bytes;
    this.#footerOffset = endOfBlocks(file, footer);
    this.#isFooterThere = footer.offset !== null;
    this.#next = behindLast(header, table);
    this.blockBytes = header.blockBytes;
  }

  async locate(block: number, maxCount: number): Promise<BlockRun> {
    const entry = this.#table[block] ?? UNUSED;
    if (entry !== UNUSED) {
      const fileOffset = blockOffset(this.#file, this.#header, entry) + this.#header.bitmapBytes;
      return { kind: 'data', fileOffset, count: 1 };
    }
    let count = 1;
    while (count < maxCount && (this.#table[block + count] ?? UNUSED) === UNUSED) count += 1;
    return { kind: 'absent', fileOffset: 0, count };
  }

  /** Writes the footer again that was lost with the power, before another program takes the image for a raw one. */
  async touch(): Promise<void> {
    if (!this.#isFooterThere) await this.#moveFooter(this.#footerOffset);
  }

  async allocate(block: number): Promise<NewBlocks> {
    const { bitmapBytes } = this.#header;
    const offset = this.#next;
    const end = offset + strideOf(this.#header);
    if (end / SECTOR >= UNUSED) throw ioError('ENOSPC', `'${this.#file.path}' cannot become larger than 2 TiB.`);
    const isZeroed = offset >= this.#footerOffset; // The bitmap takes the place of the footer, which is as long.
    if (end > this.#footerOffset) await this.#moveFooter(end);
    await this.#file.write(offset, Buffer.alloc(bitmapBytes, 0xff));
    const commit = async () => {
      await this.#enter(block, offset / SECTOR);
      this.#next = end;
    };
    return { fileOffset: offset + bitmapBytes, count: 1, isZeroed, commit };
  }

  async release(block: number, count: number): Promise<void> {
    const end = Math.min(block + count, this.#table.length);
    let isChanged = false;
    for (let each = block; each < end; each += 1) {
      if (this.#table[each] === UNUSED) continue;
      await this.#enter(each, UNUSED);
      isChanged = true;
    }
    if (isChanged) await this.closeGaps();
  }

  /** Moves the last blocks into gaps, and cuts off what is then behind the last one. */
  async closeGaps(): Promise<void> {
    await this.#file.datasync(); // No entry may name on the host's disk what is about to be written over.
    const stride = strideOf(this.#header);
    const moves: [owner: number, sector: number][] = [];
    const gaps = findGaps(this.#header, this.#table);
    for (const gap of gaps) {
      const last = behindLast(this.#header, this.#table) - stride;
      if (gap >= last) break;
      await this.#copyBlock(last, gap);
      const owner = this.#table.indexOf(last / SECTOR);
      this.#table[owner] = gap / SECTOR;
      moves.push([owner, gap / SECTOR]);
    }
    if (moves.length > 0) await this.#file.datasync();
    for (const [owner, sector] of moves) await this.#enter(owner, sector);
    if (moves.length > 0) await this.#file.datasync();
    this.#next = behindLast(this.#header, this.#table);
    await this.#moveFooter(this.#next);
    await this.#file.truncate(this.#next + FOOTER_BYTES);
  }

  async #copyBlock(from: number, to: number): Promise<void> {
    const block = Buffer.allocUnsafe(strideOf(this.#header));
    await this.#file.read(from, block);
    await this.#file.write(to, block);
  }

  async #enter(block: number, sector: number): Promise<void> {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(sector);
    this.#table[block] = sector;
    await this.#file.write(this.#header.tableOffset + block * 4, bytes);
  }

  async #moveFooter(offset: number): Promise<void> {
    const end = offset + FOOTER_BYTES;
    // A length that lags behind the table on the host's disk would look like a truncated image.
    if (this.#file.sizeBytes < end) await this.#file.truncate(end);
    await this.#file.write(offset, this.#footer);
    this.#footerOffset = offset;
    this.#isFooterThere = true;
  }
}

/** Where blocks must end: at the footer, or where it would be. */
export function endOfBlocks(file: HostFile, footer: VhdFooter): number {
  return footer.offset ?? roundToSector(file.sizeBytes);
}

/** Bytes from one block to the next: bitmap and data. */
export function strideOf({ bitmapBytes, blockBytes }: VhdHeader): number {
  return bitmapBytes + blockBytes;
}

function behindLast(header: VhdHeader, table: Uint32Array): number {
  let last = -1;
  for (let block = 0; block < table.length; block += 1) {
    const entry = table[block] ?? UNUSED;
    if (entry !== UNUSED && entry > last) last = entry;
  }
  return last < 0 ? header.dataOffset : last * SECTOR + strideOf(header);
}

const usedSectors = (table: Uint32Array) => table.filter((entry) => entry !== UNUSED).sort();

/** Places between blocks where another would fit, from the first to the last, in bytes. */
export function findGaps(header: VhdHeader, table: Uint32Array): number[] {
  const stride = strideOf(header);
  const gaps: number[] = [];
  let end = header.dataOffset;
  for (const sector of usedSectors(table)) {
    for (; end + stride <= sector * SECTOR; end += stride) gaps.push(end);
    end = sector * SECTOR + stride;
  }
  return gaps;
}

/** @param onError gets why a block cannot be where the table says. */
export function checkTable(
  header: VhdHeader,
  table: Uint32Array,
  endOffset: number,
  onError: (why: string) => void,
): void {
  let end = header.dataOffset;
  for (const sector of usedSectors(table)) {
    const offset = sector * SECTOR;
    if (offset < header.dataOffset) onError(`its block at byte ${offset} lies in its header`);
    else if (offset < end) onError(`its block at byte ${offset} overlaps another`);
    else if (offset + strideOf(header) > endOffset) onError(`it ends before its block at byte ${offset}`);
    end = Math.max(end, offset + strideOf(header));
  }
}
