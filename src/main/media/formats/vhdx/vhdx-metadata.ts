import { KIB, MIB } from '../../../../shared/units.ts';
import { hasText, plausibleSize, SECTOR } from '../../image-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import type { VhdxRegion } from './vhdx-header.ts';
import type { MetadataReader } from './vhdx-log.ts';

/** What the metadata region says of the disk: [MS-VHDX] 2.6. */
export interface VhdxMetadata {
  sizeBytes: number;
  blockBytes: number;
  sectorBytes: number;
  isFixed: boolean;
  hasParent: boolean;
}

const TABLE_BYTES = 64 * KIB;
const ENTRY_BYTES = 32;
const MAX_ENTRIES = 2047;
const MAX_SIZE_BYTES = 64 * 1024 ** 4;
const BLOCK_BYTES = { min: MIB, max: 256 * MIB } as const;

const ITEM_IDS = {
  parameters: '3767a1ca36fa434db3b633f0aa44e76b',
  size: '2442a52f1bcd7648b2115dbed83bf4b8',
  sectorSize: '1dbf41816fa90947ba47f233a8faab5f',
} as const;

/** Items that are required of every image, and say nothing that is needed here. */
const OTHER_IDS = new Set([
  'ab12cabee6b2234593efc309e000c746', // page 83 data: a name of the disk
  'c748a3cd5d4471449cc9e9885251c556', // size of physical sectors
  '2d5fd3a80bb34d45abf7d3d84834ab0c', // parent locator
]);

/** @throws InnError `IMAGE_INVALID`; `NOT_SUPPORTED` when an item is required that nothing here knows. */
export async function readVhdxMetadata(
  path: string,
  reader: MetadataReader,
  region: VhdxRegion,
): Promise<VhdxMetadata> {
  const damaged = (why: string) => damagedImage(path, why);
  if (region.lengthBytes < TABLE_BYTES) throw damaged('its metadata are too short');
  const table = Buffer.alloc(TABLE_BYTES);
  await reader.read(region.offset, table);
  const count = table.readUInt16LE(10);
  if (!hasText(table, 0, 'metadata') || count > MAX_ENTRIES) throw damaged('its metadata are damaged');
  const items = new Map<string, Buffer>();
  for (let index = 0; index < count; index += 1) {
    const entry = table.subarray((index + 1) * ENTRY_BYTES, (index + 2) * ENTRY_BYTES);
    const id = entry.toString('hex', 0, 16);
    const isRequired = (entry.readUInt32LE(24) & 4) !== 0;
    if (!Object.values<string>(ITEM_IDS).includes(id)) {
      if (!isRequired || OTHER_IDS.has(id)) continue;
      throw unsupportedImage(path, 'it has metadata of an unknown kind', 'Convert it first.');
    }
    const item = Buffer.alloc(8);
    const offset = entry.readUInt32LE(16);
    if (offset < TABLE_BYTES || offset + item.length > region.lengthBytes) throw damaged('its metadata are damaged');
    await reader.read(region.offset + offset, item);
    items.set(id, item);
  }
  return decode(path, items);
}

function decode(path: string, items: ReadonlyMap<string, Buffer>): VhdxMetadata {
  const parameters = items.get(ITEM_IDS.parameters);
  const size = items.get(ITEM_IDS.size);
  const sectorBytes = items.get(ITEM_IDS.sectorSize)?.readUInt32LE(0);
  if (!parameters || !size || sectorBytes === undefined) throw damagedImage(path, 'its metadata are not complete');
  const blockBytes = parameters.readUInt32LE(0);
  const isPower = (blockBytes & (blockBytes - 1)) === 0;
  if (!isPower || blockBytes < BLOCK_BYTES.min || blockBytes > BLOCK_BYTES.max) {
    throw damagedImage(path, `its blocks are ${blockBytes} bytes`);
  }
  if (sectorBytes !== SECTOR && sectorBytes !== 4 * KIB)
    throw damagedImage(path, `its sectors are ${sectorBytes} bytes`);
  const sizeBytes = plausibleSize(path, size.readBigUInt64LE(0));
  if (sizeBytes > MAX_SIZE_BYTES || sizeBytes % sectorBytes !== 0)
    throw damagedImage(path, `its size is ${sizeBytes} bytes`);
  const flags = parameters.readUInt32LE(4);
  return { sizeBytes, blockBytes, sectorBytes, isFixed: (flags & 1) !== 0, hasParent: (flags & 2) !== 0 };
}
