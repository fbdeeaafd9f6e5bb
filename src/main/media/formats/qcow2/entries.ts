import { damagedImage } from '../image-format.ts';
import type { Qcow2Header } from './header.ts';

/**
 * Entries of L1 and L2 tables ("Cluster mapping"). They have 64 bits; here they come as two halves of 32, because JavaScript's
 * integers of 64 bits are ten times slower. Offsets beyond 2^53 are refused, so that the rest can use numbers.
 */
export const ENTRY_BYTES = 8;

const TWO_32 = 2 ** 32;
const MAX_OFFSET_HIGH = 2 ** 21;
/** Highest half: the cluster or table belongs to this entry alone (its reference count is exactly 1). */
const OWNED = 0x8000_0000;
const COMPRESSED = 0x4000_0000;
const OFFSET_HIGH = 0x00ff_ffff;
const OFFSET_LOW = 0xffff_fe00;
const RESERVED_HIGH = 0x3f00_0000;
const RESERVED_LOW = 0x1fe;
const ZERO = 1;

export type ClusterKind = 'absent' | 'zero' | 'data' | 'compressed';

export interface ClusterEntry {
  kind: ClusterKind;
  /** Offset of its bytes in the file; 0 where there are none. A `zero` cluster may hold on to some. */
  hostOffset: number;
  isOwned: boolean;
  /** Bytes from `hostOffset` that may belong to a compressed cluster; whole sectors. */
  compressedBytes: number;
}

type Shape = Pick<Qcow2Header, 'clusterBits' | 'version'>;

/** @throws InnError `IMAGE_INVALID` when no such entry can be. */
export function readClusterEntry(path: string, header: Shape, table: Buffer, index: number): ClusterEntry {
  const high = table.readUInt32BE(index * ENTRY_BYTES);
  const low = table.readUInt32BE(index * ENTRY_BYTES + 4);
  if ((high & COMPRESSED) !== 0) return compressedEntry(path, header, high, low);
  const isZero = (low & ZERO) !== 0;
  if ((high & RESERVED_HIGH) !== 0 || (low & RESERVED_LOW) !== 0 || (isZero && header.version === 2)) {
    throw damagedImage(path, 'the entry of a cluster has bits that mean nothing');
  }
  const hostOffset = offsetOf(path, header, high, low);
  const isOwned = (high & OWNED) !== 0;
  if (isOwned && hostOffset === 0) throw damagedImage(path, 'the entry of a cluster points at the header');
  const kind = isZero ? 'zero' : hostOffset === 0 ? 'absent' : 'data';
  return { kind, hostOffset, isOwned, compressedBytes: 0 };
}

/** "Compressed Clusters Descriptor": the fewer bits the offset has, the larger the clusters. */
function compressedEntry(path: string, header: Shape, high: number, low: number): ClusterEntry {
  const offsetBitsHigh = 62 - (header.clusterBits - 8) - 32;
  const offsetHigh = high & ((1 << offsetBitsHigh) - 1);
  const sectors = ((high & ~(OWNED | COMPRESSED)) >>> offsetBitsHigh) + 1;
  if ((high & OWNED) !== 0 || offsetHigh >= MAX_OFFSET_HIGH) {
    throw damagedImage(path, 'the entry of a compressed cluster cannot be');
  }
  const hostOffset = offsetHigh * TWO_32 + low;
  if (hostOffset < 1 << header.clusterBits) throw damagedImage(path, 'a compressed cluster lies in the header');
  return { kind: 'compressed', hostOffset, isOwned: false, compressedBytes: sectors * 512 - (hostOffset % 512) };
}

export interface TableEntry {
  /** Offset of the L2 table; 0 when there is none. */
  offset: number;
  isOwned: boolean;
}

/** @throws InnError `IMAGE_INVALID` when no such entry can be. */
export function readTableEntry(path: string, header: Shape, l1: Buffer, index: number): TableEntry {
  const high = l1.readUInt32BE(index * ENTRY_BYTES);
  const low = l1.readUInt32BE(index * ENTRY_BYTES + 4);
  if ((high & (RESERVED_HIGH | COMPRESSED)) !== 0 || (low & (RESERVED_LOW | ZERO)) !== 0) {
    throw damagedImage(path, 'the entry of a table of clusters has bits that mean nothing');
  }
  const entry = { offset: offsetOf(path, header, high, low), isOwned: (high & OWNED) !== 0 };
  if (entry.offset !== 0 || !entry.isOwned) return entry;
  throw damagedImage(path, 'the entry of a table of clusters points at the header');
}

/** The offset in an entry of the table of reference counts; 0 when there is none. @throws InnError `IMAGE_INVALID` */
export function readBlockEntry(path: string, header: Shape, table: Buffer, index: number): number {
  const high = table.readUInt32BE(index * ENTRY_BYTES);
  const low = table.readUInt32BE(index * ENTRY_BYTES + 4);
  if (high >= MAX_OFFSET_HIGH || (low & ~OFFSET_LOW) !== 0) {
    throw damagedImage(path, 'the entry of a block of reference counts cannot be');
  }
  return aligned(path, header, high * TWO_32 + low);
}

function offsetOf(path: string, header: Shape, high: number, low: number): number {
  const offsetHigh = high & OFFSET_HIGH;
  if (offsetHigh >= MAX_OFFSET_HIGH) throw damagedImage(path, 'an entry points beyond any file');
  return aligned(path, header, offsetHigh * TWO_32 + ((low & OFFSET_LOW) >>> 0));
}

function aligned(path: string, header: Shape, offset: number): number {
  if (offset % (1 << header.clusterBits) === 0) return offset;
  throw damagedImage(path, 'an entry points into the middle of a cluster');
}

/** A cluster or table that belongs to this entry alone. */
export function writeOwned(table: Buffer, index: number, offset: number): void {
  table.writeUInt32BE((Math.floor(offset / TWO_32) | OWNED) >>> 0, index * ENTRY_BYTES);
  table.writeUInt32BE(offset % TWO_32, index * ENTRY_BYTES + 4);
}

/** An entry of the table of reference counts: an offset without flags. */
export function writeOffset(table: Buffer, index: number, offset: number): void {
  table.writeUInt32BE(Math.floor(offset / TWO_32), index * ENTRY_BYTES);
  table.writeUInt32BE(offset % TWO_32, index * ENTRY_BYTES + 4);
}

/** A cluster without bytes: zeros by its own word, or nothing at all. */
export function writeEmpty(table: Buffer, index: number, kind: 'zero' | 'absent'): void {
  table.writeUInt32BE(0, index * ENTRY_BYTES);
  table.writeUInt32BE(kind === 'zero' ? ZERO : 0, index * ENTRY_BYTES + 4);
}

/** Whether the entry's flag says so; the flag of a `data` cluster or an L2 table. */
export function setOwnedFlag(table: Buffer, index: number, isOwned: boolean): void {
  const high = table.readUInt32BE(index * ENTRY_BYTES);
  table.writeUInt32BE((isOwned ? high | OWNED : high & ~OWNED) >>> 0, index * ENTRY_BYTES);
}

export function isEmptyEntry(table: Buffer, index: number): boolean {
  return table.readUInt32BE(index * ENTRY_BYTES + 4) === 0 && table.readUInt32BE(index * ENTRY_BYTES) === 0;
}
