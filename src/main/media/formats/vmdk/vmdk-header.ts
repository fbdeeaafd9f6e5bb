import { KIB, MIB } from '../../../../shared/units.ts';
import { hasText, plausibleSize, SECTOR } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';

/** Header of a hosted sparse extent: VMware, Virtual Disk Format 5.0, "Hosted Sparse Extents". Little endian. */
export interface VmdkHeader {
  sizeBytes: number;
  grainBytes: number;
  /** Directory of grain tables that counts, in bytes. */
  directoryOffset: number;
  /** Its copy, or null when there is none. */
  copyOffset: number | null;
  /** Grain tables in a directory. */
  tables: number;
  descriptorOffset: number;
  descriptorBytes: number;
  /** Where the first grain may be. */
  dataOffset: number;
  isCompressed: boolean;
  /** An entry of 1 stands for a grain of zeros. */
  hasZeroGrains: boolean;
}

export const HEADER_BYTES = SECTOR;
/** Entries of a grain table, by the specification. */
export const TABLE_ENTRIES = 512;
export const TABLE_BYTES = TABLE_ENTRIES * 4;
export const UNCLEAN_OFFSET = 72;
/** In the first header of a stream: the directory's place stands in the footer. */
const AT_END = 2n ** 64n - 1n;
const FLAGS = { hasNewlines: 1, hasCopy: 2, hasZeroGrains: 4, isCompressed: 0x10000, hasMarkers: 0x20000 } as const;
const DEFLATE = 1;
const NEWLINES = '\n \r\n';

const GRAIN_BYTES = { min: 4 * KIB, max: 64 * MIB } as const;
const MAX_TABLES = 2 ** 22;
const MAX_DESCRIPTOR_BYTES = 64 * KIB;

/** @throws InnError `IMAGE_INVALID`; `NOT_SUPPORTED` for what the specification does not know. */
export async function readVmdkHeader(file: HostFile): Promise<VmdkHeader> {
  const first = await readHeaderAt(file, 0);
  if (first.readBigUInt64LE(56) !== AT_END) return decode(file, first);
  const footer = await readHeaderAt(file, file.sizeBytes - HEADER_BYTES - SECTOR); // An empty marker stands behind it.
  if (footer.readBigUInt64LE(56) === AT_END) throw damagedImage(file.path, 'its footer is damaged');
  return decode(file, footer);
}

async function readHeaderAt(file: HostFile, offset: number): Promise<Buffer> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if (offset >= 0) await file.readPadded(offset, bytes);
  if (hasText(bytes, 0, 'KDMV')) return bytes;
  throw damagedImage(file.path, offset === 0 ? 'it is no VMDK image' : 'its footer is missing');
}

function decode(file: HostFile, bytes: Buffer): VmdkHeader {
  const flags = bytes.readUInt32LE(8);
  assertKnown(file, bytes, flags);
  const has = (flag: number) => (flags & flag) !== 0;
  const sizeBytes = plausibleSize(file.path, bytes.readBigUInt64LE(12) * BigInt(SECTOR));
  const grainBytes = Number(bytes.readBigUInt64LE(20)) * SECTOR;
  const isPower = Number.isInteger(Math.log2(grainBytes));
  if (!isPower || grainBytes < GRAIN_BYTES.min || grainBytes > GRAIN_BYTES.max) {
    throw damagedImage(file.path, `its grains are ${grainBytes} bytes`);
  }
  const tables = Math.ceil(sizeBytes / grainBytes / TABLE_ENTRIES);
  if (tables > MAX_TABLES) throw damagedImage(file.path, `it has ${tables} grain tables`);
  const copyOffset = has(FLAGS.hasCopy) ? offsetWithin(file, bytes.readBigUInt64LE(48), tables * 4) : null;
  return {
    sizeBytes,
    grainBytes,
    tables,
    copyOffset,
    directoryOffset: offsetWithin(file, bytes.readBigUInt64LE(56), tables * 4),
    descriptorOffset: Math.min(file.sizeBytes, Number(bytes.readBigUInt64LE(28)) * SECTOR),
    descriptorBytes: Math.min(MAX_DESCRIPTOR_BYTES, Number(bytes.readBigUInt64LE(36)) * SECTOR),
    dataOffset: Math.max(HEADER_BYTES, Math.min(file.sizeBytes, Number(bytes.readBigUInt64LE(64)) * SECTOR)),
    isCompressed: has(FLAGS.isCompressed),
    hasZeroGrains: has(FLAGS.hasZeroGrains),
  };
}

function assertKnown(file: HostFile, bytes: Buffer, flags: number): void {
  const version = bytes.readUInt32LE(4);
  if (version < 1 || version > 3) {
    throw unsupportedImage(file.path, `it is a VMDK image of version ${version}`, 'Convert it first.');
  }
  if ((flags & FLAGS.hasNewlines) !== 0 && !hasText(bytes, 73, NEWLINES)) {
    const hint = 'Copy or download it again, as binary data.';
    throw damagedImage(file.path, 'its line ends were changed, as by a transfer as text', hint);
  }
  if (bytes.readUInt32LE(44) !== TABLE_ENTRIES) {
    throw damagedImage(file.path, `its grain tables have ${bytes.readUInt32LE(44)} entries`);
  }
  const isCompressed = (flags & FLAGS.isCompressed) !== 0;
  if (isCompressed && (bytes.readUInt16LE(77) !== DEFLATE || (flags & FLAGS.hasMarkers) === 0)) {
    throw unsupportedImage(file.path, 'it is compressed in an unknown way', 'Convert it first.');
  }
}

/** @param sector of a directory. */
function offsetWithin(file: HostFile, sector: bigint, length: number): number {
  if (sector > 0n && sector * BigInt(SECTOR) + BigInt(length) <= file.sizeBytes) return Number(sector) * SECTOR;
  throw damagedImage(file.path, 'its directory of grain tables lies outside of the file');
}

/** @param directoryOffset null when it stands in the footer, as in a stream. */
export function encodeVmdkHeader(
  header: Omit<VmdkHeader, 'directoryOffset'> & { directoryOffset: number | null },
): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const sectors = (offset: number, sizeBytes: number) => bytes.writeBigUInt64LE(BigInt(sizeBytes / SECTOR), offset);
  const { isCompressed, copyOffset, directoryOffset } = header;
  bytes.write('KDMV', 0, 'latin1');
  bytes.writeUInt32LE(isCompressed ? 3 : 1, 4);
  const kind = isCompressed ? FLAGS.isCompressed | FLAGS.hasMarkers : FLAGS.hasCopy;
  bytes.writeUInt32LE(FLAGS.hasNewlines | kind, 8);
  sectors(12, header.sizeBytes);
  sectors(20, header.grainBytes);
  sectors(28, header.descriptorOffset);
  sectors(36, header.descriptorBytes);
  bytes.writeUInt32LE(TABLE_ENTRIES, 44);
  if (copyOffset !== null) sectors(48, copyOffset);
  if (directoryOffset === null) bytes.writeBigUInt64LE(AT_END, 56);
  else sectors(56, directoryOffset);
  sectors(64, header.dataOffset);
  bytes.write(NEWLINES, 73, 'latin1');
  bytes.writeUInt16LE(isCompressed ? DEFLATE : 0, 77);
  return bytes;
}
