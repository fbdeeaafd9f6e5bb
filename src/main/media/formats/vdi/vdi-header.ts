import { randomUUID } from 'node:crypto';
import { KIB, MIB } from '../../../../shared/units.ts';
import { plausibleSize, SECTOR } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';

/** The header's types of image; others (undo, of programs long gone) are refused. */
export type VdiType = 'dynamic' | 'fixed' | 'differencing';

export interface VdiHeader {
  type: VdiType;
  sizeBytes: number;
  blockBytes: number;
  /** Entries of the map of blocks. */
  blocks: number;
  /** Blocks that have room in the file, which stand behind each other from `dataOffset`. */
  allocatedBlocks: number;
  mapOffset: number;
  dataOffset: number;
  uuid: string;
  /** UUID of the image that a differencing one builds on. */
  parentUuid: string;
}

/**
 * Bytes before the map: VirtualBox's format, version 1.1. All numbers are little endian; the layout is that of
 * VirtualBox's `VDIHEADER1PLUS`, told in its forum ("All about VDIs").
 */
export const HEADER_BYTES = 512;
export const VDI_FIELDS = {
  signature: 0x40,
  version: 0x44,
  headerBytes: 0x48,
  type: 0x4c,
  mapOffset: 0x154,
  dataOffset: 0x158,
  sectorBytes: 0x168,
  sizeBytes: 0x170,
  blockBytes: 0x178,
  blockExtraBytes: 0x17c,
  blocks: 0x180,
  allocatedBlocks: 0x184,
  uuid: 0x188,
  modificationUuid: 0x198,
  parentUuid: 0x1a8,
} as const;

const SIGNATURE = 0xbeda107f;
const VERSION = 0x00010001;
const TEXT = '<<< Oracle VM VirtualBox Disk Image >>>\n';
const TYPES: Record<number, VdiType> = { 1: 'dynamic', 2: 'fixed', 4: 'differencing' };
const TYPE_NUMBERS: Record<VdiType, number> = { dynamic: 1, fixed: 2, differencing: 4 };

/** Blocks that other programs make are of 1 MiB; the map of these limits takes 64 MiB, and a block fits in memory. */
const BLOCK_BYTES = { min: 4 * KIB, max: 64 * MIB } as const;
const MAX_BLOCKS = 2 ** 24;

/** @throws InnError `IMAGE_INVALID`; `NOT_SUPPORTED` for another version of the format. */
export async function readVdiHeader(file: HostFile): Promise<VdiHeader> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  await file.readPadded(0, bytes);
  const u32 = (field: keyof typeof VDI_FIELDS) => bytes.readUInt32LE(VDI_FIELDS[field]);
  if (u32('signature') !== SIGNATURE) throw damagedImage(file.path, 'it is no VDI image');
  if (u32('version') >>> 16 !== 1 || u32('headerBytes') < 0x170 - VDI_FIELDS.headerBytes) {
    throw unsupportedImage(file.path, 'it is a VDI image of another version', 'Convert it to version 1.1 first.');
  }
  const type = TYPES[u32('type')];
  if (!type) throw unsupportedImage(file.path, `it is a VDI image of type ${u32('type')}`, 'Convert it first.');
  const header: VdiHeader = {
    type,
    sizeBytes: plausibleSize(file.path, bytes.readBigUInt64LE(VDI_FIELDS.sizeBytes)),
    blockBytes: u32('blockBytes'),
    blocks: u32('blocks'),
    allocatedBlocks: u32('allocatedBlocks'),
    mapOffset: u32('mapOffset'),
    dataOffset: u32('dataOffset'),
    uuid: readUuid(bytes, VDI_FIELDS.uuid),
    parentUuid: readUuid(bytes, VDI_FIELDS.parentUuid),
  };
  assertSound(file, header, { sectorBytes: u32('sectorBytes'), extraBytes: u32('blockExtraBytes') });
  return header;
}

function assertSound(file: HostFile, header: VdiHeader, odd: { sectorBytes: number; extraBytes: number }): void {
  const { blockBytes, blocks, mapOffset, dataOffset, sizeBytes } = header;
  const damaged = (why: string) => damagedImage(file.path, why);
  if (odd.sectorBytes !== SECTOR && odd.sectorBytes !== 0) throw damaged(`its sectors are ${odd.sectorBytes} bytes`);
  if (odd.extraBytes !== 0) {
    throw unsupportedImage(file.path, 'its blocks carry further data', 'Convert it with the program that made it.');
  }
  const isPower = (blockBytes & (blockBytes - 1)) === 0;
  if (!isPower || blockBytes < BLOCK_BYTES.min || blockBytes > BLOCK_BYTES.max) {
    throw damaged(`its blocks are ${blockBytes} bytes`);
  }
  if (blocks > MAX_BLOCKS || blocks * blockBytes < sizeBytes) throw damaged(`it has ${blocks} blocks`);
  if (mapOffset < HEADER_BYTES) throw damaged('its map lies in its header');
  if (mapOffset + blocks * 4 > dataOffset) throw damaged('its data overlap its map');
  if (mapOffset + blocks * 4 > file.sizeBytes) throw damaged('it ends within its map');
}

/** The first bytes of a new image. */
export function encodeVdiHeader(header: VdiHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const u32 = (field: keyof typeof VDI_FIELDS, value: number) => bytes.writeUInt32LE(value, VDI_FIELDS[field]);
  bytes.write(TEXT, 'latin1');
  u32('signature', SIGNATURE);
  u32('version', VERSION);
  u32('headerBytes', 0x190);
  u32('type', TYPE_NUMBERS[header.type]);
  u32('mapOffset', header.mapOffset);
  u32('dataOffset', header.dataOffset);
  u32('sectorBytes', SECTOR);
  bytes.writeBigUInt64LE(BigInt(header.sizeBytes), VDI_FIELDS.sizeBytes);
  u32('blockBytes', header.blockBytes);
  u32('blocks', header.blocks);
  u32('allocatedBlocks', header.allocatedBlocks);
  encodeUuid(header.uuid).copy(bytes, VDI_FIELDS.uuid);
  encodeUuid(randomUUID()).copy(bytes, VDI_FIELDS.modificationUuid);
  encodeUuid(header.parentUuid).copy(bytes, VDI_FIELDS.parentUuid);
  return bytes;
}

export const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** The text of a UUID that is stored with its first three parts in little endian (RFC 9562, appendix). */
function readUuid(bytes: Buffer, offset: number): string {
  const [a, b, c] = [bytes.readUInt32LE(offset), bytes.readUInt16LE(offset + 4), bytes.readUInt16LE(offset + 6)];
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const rest = bytes.toString('hex', offset + 8, offset + 16);
  return `${hex(a, 8)}-${hex(b, 4)}-${hex(c, 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

export function encodeUuid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
