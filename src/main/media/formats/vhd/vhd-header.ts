import { randomBytes } from 'node:crypto';
import { KIB, MIB } from '../../../../shared/units.ts';
import { hasText, plausibleSize, SECTOR } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import { geometryOf } from './vhd-geometry.ts';

/**
 * Numbers of the Virtual Hard Disk Image Format Specification 1.0 (Microsoft, 2006), "Hard Disk Footer Format" and "Dynamic
 * Disk Header Format". All are big endian.
 */
export const FOOTER_BYTES = SECTOR;
export const HEADER_BYTES = 1024;
const FOOTER_CHECKSUM = 64;
const HEADER_CHECKSUM = 36;
const NO_OFFSET = 2n ** 64n - 1n;
const VERSION = 0x00010000;

export type VhdType = 'fixed' | 'dynamic' | 'differencing';
const TYPES: Record<number, VhdType> = { 2: 'fixed', 3: 'dynamic', 4: 'differencing' };

export interface VhdFooter {
  type: VhdType;
  sizeBytes: number;
  /** Where the header of a dynamic disk is. */
  headerOffset: number;
  /** The footer as it stands in the file, to be written again behind a new block. */
  bytes: Buffer;
  /** Its place at the end of the file; null when it is missing there, and was taken from the copy at the beginning. */
  offset: number | null;
}

export interface VhdHeader {
  tableOffset: number;
  /** Entries of the table of blocks. */
  blocks: number;
  blockBytes: number;
  /** Bytes in front of each block, with one bit for each of its sectors. */
  bitmapBytes: number;
  /** Where the first block may be. */
  dataOffset: number;
  /** Name of the image that a differencing one builds on, or its UUID when it has no name. */
  parent: string;
}

/** @throws InnError `IMAGE_INVALID` */
export async function readVhdFooter(file: HostFile): Promise<VhdFooter> {
  const offset = file.sizeBytes - FOOTER_BYTES;
  const atEnd = offset >= 0 ? await readSealed(file, offset, FOOTER_BYTES, FOOTER_COOKIE, FOOTER_CHECKSUM) : undefined;
  const bytes = atEnd ?? (await readSealed(file, 0, FOOTER_BYTES, FOOTER_COOKIE, FOOTER_CHECKSUM));
  if (!bytes) throw damagedImage(file.path, 'it has no footer of a VHD image');
  const type = TYPES[bytes.readUInt32BE(60)];
  if (!type)
    throw unsupportedImage(file.path, `it is a VHD image of type ${bytes.readUInt32BE(60)}`, 'Convert it first.');
  const sizeBytes = plausibleSize(file.path, bytes.readBigUInt64BE(48));
  if (sizeBytes % SECTOR !== 0) throw damagedImage(file.path, `its size of ${sizeBytes} bytes is no number of sectors`);
  if (type === 'fixed' && (!atEnd || sizeBytes > offset)) throw damagedImage(file.path, 'it is shorter than its disk');
  const headerOffset = type === 'fixed' ? 0 : offsetWithin(file, bytes.readBigUInt64BE(16), HEADER_BYTES, 'header');
  return { type, sizeBytes, headerOffset, bytes, offset: atEnd ? offset : null };
}

const FOOTER_COOKIE = 'conectix';
const HEADER_COOKIE = 'cxsparse';
const BLOCK_BYTES = { min: 4 * KIB, max: 64 * MIB } as const;
/** A table of 64 MiB: with the usual blocks of 2 MiB, sixteen times what the format can address. */
const MAX_BLOCKS = 2 ** 24;

/** The header of a dynamic or differencing disk. @throws InnError `IMAGE_INVALID` */
export async function readVhdHeader(file: HostFile, footer: VhdFooter): Promise<VhdHeader> {
  const bytes = await readSealed(file, footer.headerOffset, HEADER_BYTES, HEADER_COOKIE, HEADER_CHECKSUM);
  if (!bytes) throw damagedImage(file.path, 'its header is damaged');
  const blocks = bytes.readUInt32BE(28);
  const blockBytes = bytes.readUInt32BE(32);
  if ((blockBytes & (blockBytes - 1)) !== 0 || blockBytes < BLOCK_BYTES.min || blockBytes > BLOCK_BYTES.max) {
    throw damagedImage(file.path, `its blocks are ${blockBytes} bytes`);
  }
  if (blocks > MAX_BLOCKS || blocks * blockBytes < footer.sizeBytes) {
    throw damagedImage(file.path, `it has ${blocks} blocks`);
  }
  const tableOffset = offsetWithin(file, bytes.readBigUInt64BE(16), blocks * 4, 'table of blocks');
  const headerEnd = footer.headerOffset + HEADER_BYTES;
  if (tableOffset < headerEnd && tableOffset + blocks * 4 > footer.headerOffset) {
    throw damagedImage(file.path, 'its table of blocks overlaps its header');
  }
  return {
    tableOffset,
    blocks,
    blockBytes,
    bitmapBytes: roundToSector(blockBytes / SECTOR / 8),
    dataOffset: roundToSector(Math.max(tableOffset + blocks * 4, headerEnd)),
    parent: readParent(bytes),
  };
}

export const roundToSector = (bytes: number) => Math.ceil(bytes / SECTOR) * SECTOR;

function offsetWithin(file: HostFile, offset: bigint, length: number, what: string): number {
  if (offset >= FOOTER_BYTES && offset + BigInt(length) <= file.sizeBytes) return Number(offset);
  throw damagedImage(file.path, `its ${what} lies outside of the file`);
}

function readParent(header: Buffer): string {
  const name = Buffer.from(header.subarray(64, 576)).swap16().toString('utf16le').split('\0', 1)[0] ?? '';
  return name === '' ? header.toString('hex', 40, 56) : name;
}

/** Bytes that begin with the cookie and whose checksum is right. */
async function readSealed(file: HostFile, offset: number, length: number, cookie: string, checksumAt: number) {
  const bytes = Buffer.alloc(length);
  await file.readPadded(offset, bytes);
  const isSound = hasText(bytes, 0, cookie) && bytes.readUInt32BE(checksumAt) === checksum(bytes, checksumAt);
  return isSound ? bytes : undefined;
}

/** The one's complement of the sum of all bytes but those of the checksum itself. */
function checksum(bytes: Buffer, checksumAt: number): number {
  let sum = 0;
  for (const [index, byte] of bytes.entries()) if (index < checksumAt || index >= checksumAt + 4) sum += byte;
  return ~sum >>> 0;
}

/** Enters the checksum into a footer. */
export function sealFooter(footer: Buffer): Buffer {
  footer.writeUInt32BE(checksum(footer, FOOTER_CHECKSUM), FOOTER_CHECKSUM);
  return footer;
}

/** Enters the checksum into the header of a dynamic disk. */
export function sealHeader(header: Buffer): Buffer {
  header.writeUInt32BE(checksum(header, HEADER_CHECKSUM), HEADER_CHECKSUM);
  return header;
}

/** Seconds from 1970 to 2000, where the format's time begins. */
const EPOCH_SECONDS = Date.UTC(2000, 0, 1) / 1000;

/** @param sizeBytes as `vhdSizeFor` answers it. */
export function encodeVhdFooter(sizeBytes: number, type: 'fixed' | 'dynamic'): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  const { cylinders, heads, sectorsPerTrack } = geometryOf(sizeBytes / SECTOR);
  bytes.write(FOOTER_COOKIE, 0, 'latin1');
  bytes.writeUInt32BE(2, 8); // A reserved feature that is always set.
  bytes.writeUInt32BE(VERSION, 12);
  bytes.writeBigUInt64BE(type === 'fixed' ? NO_OFFSET : BigInt(FOOTER_BYTES), 16);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000) - EPOCH_SECONDS, 24);
  bytes.write('inn \0\x01\0\0Wi2k', 28, 'latin1');
  bytes.writeBigUInt64BE(BigInt(sizeBytes), 40);
  bytes.writeBigUInt64BE(BigInt(sizeBytes), 48);
  bytes.writeUInt16BE(cylinders, 56);
  bytes.writeUInt8(heads, 58);
  bytes.writeUInt8(sectorsPerTrack, 59);
  bytes.writeUInt32BE(type === 'fixed' ? 2 : 3, 60);
  randomBytes(16).copy(bytes, 68);
  return sealFooter(bytes);
}

/** The header of a new dynamic disk, which stands behind the first copy of the footer, and before its table. */
export function encodeVhdHeader(blocks: number, blockBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(HEADER_COOKIE, 0, 'latin1');
  bytes.writeBigUInt64BE(NO_OFFSET, 8);
  bytes.writeBigUInt64BE(BigInt(FOOTER_BYTES + HEADER_BYTES), 16);
  bytes.writeUInt32BE(VERSION, 24);
  bytes.writeUInt32BE(blocks, 28);
  bytes.writeUInt32BE(blockBytes, 32);
  return sealHeader(bytes);
}
