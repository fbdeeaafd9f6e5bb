import { KIB, MIB } from '../../../../shared/units.ts';
import { hasText } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import { crc32c } from './crc32c.ts';

/** The one of the two headers that counts: [MS-VHDX] 2.2.2. */
export interface VhdxHeader {
  /** Id of the entries of the log that count; null when the log is empty. */
  logId: string | null;
  logOffset: number;
  logBytes: number;
}

/** A part of the file that the region table names: [MS-VHDX] 2.2.3. */
export interface VhdxRegion {
  offset: number;
  lengthBytes: number;
}

export interface VhdxRegions {
  table: VhdxRegion;
  metadata: VhdxRegion;
}

const HEADER_OFFSETS = [64 * KIB, 128 * KIB];
const HEADER_BYTES = 4 * KIB;
const REGION_OFFSETS = [192 * KIB, 256 * KIB];
const REGION_TABLE_BYTES = 64 * KIB;
const REGION_ENTRY_BYTES = 32;
const MAX_REGIONS = 2047;
const CHECKSUM_OFFSET = 4;
const NO_ID = '0'.repeat(32);
/** Everything of importance lies behind it. */
const FIRST_REGION_OFFSET = MIB;

/** GUIDs as they stand in the file: the first three parts little endian. */
const REGION_IDS = { table: '6677c22d23f600429d64115e9bfd4a08', metadata: '06a27c8b90479a4bb8fe575f050f886e' } as const;

/** @throws InnError `IMAGE_INVALID` when neither header is whole. */
export async function readVhdxHeader(file: HostFile): Promise<VhdxHeader> {
  const mark = Buffer.alloc(8);
  await file.readPadded(0, mark);
  if (!hasText(mark, 0, 'vhdxfile')) throw damagedImage(file.path, 'it is no VHDX image');
  const headers: Buffer[] = [];
  for (const offset of HEADER_OFFSETS) headers.push(...(await readSealed(file, offset, HEADER_BYTES, 'head')));
  const [first, second] = headers;
  if (!first) throw damagedImage(file.path, 'its headers are damaged');
  const current = second && second.readBigUInt64LE(8) > first.readBigUInt64LE(8) ? second : first;
  if (current.readUInt16LE(66) !== 1) {
    throw unsupportedImage(file.path, `it is a VHDX image of version ${current.readUInt16LE(66)}`, 'Convert it first.');
  }
  return decode(file, current);
}

function decode(file: HostFile, bytes: Buffer): VhdxHeader {
  const logId = bytes.toString('hex', 48, 64);
  if (logId === NO_ID) return { logId: null, logOffset: 0, logBytes: 0 };
  const logBytes = bytes.readUInt32LE(68);
  const logOffset = bytes.readBigUInt64LE(72);
  const isMisplaced = logOffset < FIRST_REGION_OFFSET || logOffset + BigInt(logBytes) > file.sizeBytes;
  if (isMisplaced || logBytes === 0 || logBytes % MIB !== 0)
    throw damagedImage(file.path, 'its log lies outside of the file');
  return { logId, logOffset: Number(logOffset), logBytes };
}

/** @throws InnError `IMAGE_INVALID`; `NOT_SUPPORTED` when a region is required that nothing here knows. */
export async function readVhdxRegions(file: HostFile): Promise<VhdxRegions> {
  const tables: Buffer[] = [];
  for (const offset of REGION_OFFSETS) tables.push(...(await readSealed(file, offset, REGION_TABLE_BYTES, 'regi')));
  const [table] = tables;
  const count = table?.readUInt32LE(8) ?? 0;
  if (!table || count > MAX_REGIONS) throw damagedImage(file.path, 'its region tables are damaged');
  const found = new Map<string, VhdxRegion>();
  for (let index = 0; index < count; index += 1) {
    const entry = table.subarray(16 + index * REGION_ENTRY_BYTES, 16 + (index + 1) * REGION_ENTRY_BYTES);
    const id = entry.toString('hex', 0, 16);
    const isKnown = id === REGION_IDS.table || id === REGION_IDS.metadata;
    if (isKnown) found.set(id, decodeRegion(file, entry));
    else if ((entry.readUInt32LE(28) & 1) !== 0) {
      throw unsupportedImage(file.path, 'it has a region of an unknown kind', 'Convert it first.');
    }
  }
  const [map, metadata] = [found.get(REGION_IDS.table), found.get(REGION_IDS.metadata)];
  if (!map || !metadata) throw damagedImage(file.path, 'its region table is not complete');
  return { table: map, metadata };
}

function decodeRegion(file: HostFile, entry: Buffer): VhdxRegion {
  const offset = entry.readBigUInt64LE(16);
  const lengthBytes = entry.readUInt32LE(24);
  if (offset >= FIRST_REGION_OFFSET && offset + BigInt(lengthBytes) <= file.sizeBytes) {
    return { offset: Number(offset), lengthBytes };
  }
  throw damagedImage(file.path, 'a region lies outside of the file');
}

/** The bytes, in a list, when they begin with the signature and their checksum is right; else an empty list. */
async function readSealed(file: HostFile, offset: number, length: number, signature: string): Promise<Buffer[]> {
  const bytes = Buffer.alloc(length);
  await file.readPadded(offset, bytes);
  const isSound =
    hasText(bytes, 0, signature) && bytes.readUInt32LE(CHECKSUM_OFFSET) === crc32c(bytes, CHECKSUM_OFFSET);
  return isSound ? [bytes] : [];
}
