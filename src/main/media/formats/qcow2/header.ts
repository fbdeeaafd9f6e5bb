import type { MediumFormat } from '../../../../shared/model/medium.ts';
import { plausibleSize, SECTOR } from '../../image-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import { describeFeature, type HeaderExtension, readExtensions } from './extensions.ts';

/** The header of a qcow2 image, checked (QEMU, docs/interop/qcow2, "Header"). Offsets and sizes in bytes. */
export interface Qcow2Header {
  version: 2 | 3;
  clusterBits: number;
  clusterSize: number;
  virtualSizeBytes: number;
  l1Entries: number;
  l1Offset: number;
  refcountTableOffset: number;
  refcountTableClusters: number;
  /** Width of a reference count is `1 << refcountOrder` bits. */
  refcountOrder: number;
  snapshotCount: number;
  snapshotsOffset: number;
  isDirty: boolean;
  isCorrupt: boolean;
  isZstd: boolean;
  /** Some bit is set, which a writer has to clear first. */
  hasAutoclear: boolean;
  /** Where the directory of dirty bitmaps lies, when its content is valid. */
  bitmaps: { count: number; directoryOffset: number; directoryBytes: number } | null;
  backing: { reference: string; format: MediumFormat | null } | null;
}

/** Byte offsets of the fields that are written after the image was made. */
export const FIELD = {
  virtualSize: 24,
  l1Entries: 36,
  refcountTableOffset: 48,
  incompatible: 72,
  autoclear: 88,
} as const;

export const INCOMPATIBLE = { dirty: 1n, corrupt: 2n, externalData: 4n, compressionType: 8n, extendedL2: 16n } as const;

export const V2_HEADER_BYTES = 72;
export const V3_HEADER_BYTES = 104;
/** The largest tables that QEMU opens; what is larger is no image that anybody made. */
export const MAX_L1_BYTES = 32 * 1024 * 1024;
export const MAX_REFCOUNT_TABLE_BYTES = 8 * 1024 * 1024;
export const MAX_SNAPSHOTS = 65_536;
/** Longest header that is read, extensions and the backing image's name included. */
export const MAX_HEADER_BYTES = 64 * 1024;
const MAX_BACKING_NAME_BYTES = 1023;
const AUTOCLEAR_BITMAPS = 1n;

/**
 * @param head the first bytes of the file, up to `MAX_HEADER_BYTES`.
 * @param fileBytes length of the file.
 * @throws InnError `IMAGE_INVALID` when a field cannot be; `NOT_SUPPORTED` for encrypted images, extended L2 entries, and
 * features that are not known here.
 */
export function parseHeader(path: string, head: Buffer, fileBytes: number): Qcow2Header {
  if (head.length < V2_HEADER_BYTES) throw damagedImage(path, 'it ends within its header');
  if (head.toString('latin1', 0, 4) !== 'QFI\xfb') throw damagedImage(path, 'it has no qcow2 header');
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) {
    throw unsupportedImage(path, `it is of version ${version} of its format`, 'Convert it with a newer program.');
  }
  const extra = version === 3 ? parseVersion3(path, head) : VERSION_2;
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21)
    throw damagedImage(path, `its header names clusters of 2^${clusterBits} bytes`);
  if (head.readUInt32BE(32) !== 0) {
    throw unsupportedImage(path, 'it is encrypted', 'Convert it into an image without encryption, with qemu-img.');
  }
  const extensions = readExtensions(head.subarray(0, 1 << clusterBits), extra.headerBytes);
  assertKnownFeatures(path, extra.incompatible, extensions);
  const header: Qcow2Header = {
    version,
    clusterBits,
    clusterSize: 1 << clusterBits,
    virtualSizeBytes: plausibleSize(path, head.readBigUInt64BE(FIELD.virtualSize)),
    l1Entries: head.readUInt32BE(FIELD.l1Entries),
    l1Offset: offsetField(path, head, 40),
    refcountTableOffset: offsetField(path, head, FIELD.refcountTableOffset),
    refcountTableClusters: head.readUInt32BE(56),
    refcountOrder: extra.refcountOrder,
    snapshotCount: head.readUInt32BE(60),
    snapshotsOffset: offsetField(path, head, 64),
    isDirty: (extra.incompatible & INCOMPATIBLE.dirty) !== 0n,
    isCorrupt: (extra.incompatible & INCOMPATIBLE.corrupt) !== 0n,
    isZstd: extra.isZstd,
    hasAutoclear: extra.autoclear !== 0n,
    bitmaps: (extra.autoclear & AUTOCLEAR_BITMAPS) === 0n ? null : bitmapsOf(path, extensions),
    backing: backingOf(path, head, clusterBits, extensions),
  };
  assertTables(path, header, fileBytes);
  return header;
}

interface Version3 {
  headerBytes: number;
  incompatible: bigint;
  autoclear: bigint;
  refcountOrder: number;
  isZstd: boolean;
}

const VERSION_2: Version3 = {
  headerBytes: V2_HEADER_BYTES,
  incompatible: 0n,
  autoclear: 0n,
  refcountOrder: 4,
  isZstd: false,
};

function parseVersion3(path: string, head: Buffer): Version3 {
  if (head.length < V3_HEADER_BYTES) throw damagedImage(path, 'it ends within its header');
  const headerBytes = head.readUInt32BE(100);
  if (headerBytes < V3_HEADER_BYTES || headerBytes % 8 !== 0 || headerBytes > head.length) {
    throw damagedImage(path, `its header names its own length as ${headerBytes} bytes`);
  }
  const incompatible = head.readBigUInt64BE(FIELD.incompatible);
  const refcountOrder = head.readUInt32BE(96);
  if (refcountOrder > 6) throw damagedImage(path, `its header names reference counts of 2^${refcountOrder} bits`);
  const compression = headerBytes > V3_HEADER_BYTES ? (head[104] ?? 0) : 0;
  const isOther = (incompatible & INCOMPATIBLE.compressionType) !== 0n;
  if (isOther !== (compression !== 0)) throw damagedImage(path, 'its header contradicts itself about its compression');
  if (compression > 1) {
    throw unsupportedImage(path, `its compression (${compression}) is not known`, 'Convert it with qemu-img.');
  }
  return {
    headerBytes,
    incompatible,
    autoclear: head.readBigUInt64BE(FIELD.autoclear),
    refcountOrder,
    isZstd: compression === 1,
  };
}

function assertKnownFeatures(path: string, incompatible: bigint, extensions: HeaderExtension[]): void {
  if ((incompatible & INCOMPATIBLE.externalData) !== 0n) {
    throw damagedImage(
      path,
      'it keeps its data in another file',
      'Convert it into an image that stands alone, and add that one.',
    );
  }
  const known = INCOMPATIBLE.dirty | INCOMPATIBLE.corrupt | INCOMPATIBLE.compressionType;
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((incompatible & ~known) >> BigInt(bit)) & 1n) names.push(describeFeature(bit, extensions));
  }
  if (names.length === 0) return;
  const hint = 'Convert it with qemu-img into a qcow2 image without it.';
  throw unsupportedImage(path, `it uses what is not known here: ${names.join(', ')}`, hint);
}

/** An offset in the file that JavaScript's numbers hold exactly (8 PiB). */
function offsetField(path: string, head: Buffer, position: number): number {
  const value = head.readBigUInt64BE(position);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damagedImage(path, `its header names the offset ${value}`);
}

function backingOf(
  path: string,
  head: Buffer,
  clusterBits: number,
  extensions: HeaderExtension[],
): Qcow2Header['backing'] {
  const offset = offsetField(path, head, 8);
  if (offset === 0) return null;
  const length = head.readUInt32BE(16);
  const end = offset + length;
  if (length > MAX_BACKING_NAME_BYTES || end > head.length || end > 1 << clusterBits || offset < V2_HEADER_BYTES) {
    throw damagedImage(path, 'the name of the image that it builds on lies outside of its header');
  }
  const stored = extensions.find(({ type }) => type === 'backingFormat')?.data.toString('utf8');
  const format = FORMAT_NAMES.get(stored ?? '') ?? null;
  return { reference: head.toString('utf8', offset, end), format };
}

/** The names that QEMU gives to the formats (qemu-img(1)). */
const FORMAT_NAMES = new Map<string, MediumFormat>([
  ['raw', 'raw'],
  ['qcow2', 'qcow2'],
  ['vdi', 'vdi'],
  ['vpc', 'vhd'],
  ['vmdk', 'vmdk'],
  ['vhdx', 'vhdx'],
]);

/** As `backing_fmt` is stored. */
export function formatName(format: MediumFormat): string {
  return format === 'vhd' ? 'vpc' : format;
}

function bitmapsOf(path: string, extensions: HeaderExtension[]): Qcow2Header['bitmaps'] {
  const data = extensions.find(({ type }) => type === 'bitmaps')?.data;
  if (!data || data.length < 24) throw damagedImage(path, 'its header announces bitmaps and does not name them');
  return {
    count: data.readUInt32BE(0),
    directoryBytes: offsetField(path, data, 8),
    directoryOffset: offsetField(path, data, 16),
  };
}

function assertTables(path: string, header: Qcow2Header, fileBytes: number): void {
  const { clusterSize, l1Entries, l1Offset, refcountTableOffset, refcountTableClusters, snapshotCount } = header;
  const clusters = Math.ceil(header.virtualSizeBytes / clusterSize);
  if (l1Entries < Math.ceil(clusters / (clusterSize / 8))) {
    throw damagedImage(path, `its table of ${l1Entries} entries is too small for its ${header.virtualSizeBytes} bytes`);
  }
  const refcountBytes = refcountTableClusters * clusterSize;
  const tables = [
    { name: 'header', offset: 0, bytes: Math.min(clusterSize, SECTOR) },
    { name: 'table of clusters (L1)', offset: l1Offset, bytes: l1Entries * 8, max: MAX_L1_BYTES },
    {
      name: 'table of reference counts',
      offset: refcountTableOffset,
      bytes: refcountBytes,
      max: MAX_REFCOUNT_TABLE_BYTES,
    },
    { name: 'table of snapshots', offset: header.snapshotsOffset, bytes: snapshotCount > 0 ? 1 : 0 },
  ].filter(({ bytes }) => bytes > 0);
  if (snapshotCount > MAX_SNAPSHOTS) throw damagedImage(path, `its header names ${snapshotCount} snapshots`);
  if (refcountTableClusters === 0) throw damagedImage(path, 'it has no table of reference counts');
  for (const { name, offset, bytes, max } of tables) {
    if (offset % clusterSize !== 0) throw damagedImage(path, `its ${name} does not begin with a cluster`);
    if (max !== undefined && bytes > max) throw damagedImage(path, `its ${name} has ${bytes} bytes`);
    if (offset + bytes > fileBytes) throw damagedImage(path, `its ${name} lies outside of the file`);
  }
  const sorted = tables.sort((a, b) => a.offset - b.offset);
  for (const [index, table] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next && table.offset + table.bytes > next.offset) {
      throw damagedImage(path, `its ${table.name} and its ${next.name} overlap`);
    }
  }
}
