import { DAMAGED_HINT, hasText, type ImageFile, invalidImage, plausibleSize, readAt } from './image-file.ts';

/** GUIDs as they stand in the file: the first three parts little endian. [MS-VHDX] 2.2.3.2 and 2.6.2. */
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e';
const VIRTUAL_DISK_SIZE = '2442a52f1bcd7648b2115dbed83bf4b8';
const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b';

const REGION_TABLE_OFFSET = 192 * 1024;
const TABLE_BYTES = 64 * 1024;
const ENTRY_BYTES = 32;
const HAS_PARENT = 2;

/**
 * Size of the disk in a VHDX image: region table → metadata region → item "Virtual Disk Size".
 * Source: [MS-VHDX] sections 2.2.3 and 2.6. @throws InnError `IMAGE_INVALID`
 */
export async function readVhdxSize(image: ImageFile): Promise<number> {
  const damaged = (what: string) => invalidImage(image.path, what, DAMAGED_HINT);
  const regions = await readAt(image.handle, REGION_TABLE_OFFSET, TABLE_BYTES);
  if (regions.length < TABLE_BYTES || !hasText(regions, 0, 'regi')) throw damaged('its region table is missing');
  const region = findEntry(regions, 16, regions.readUInt32LE(8), METADATA_REGION);
  if (!region) throw damaged('its metadata are missing');

  const metadataOffset = Number(region.readBigUInt64LE(16));
  if (metadataOffset >= image.sizeBytes) throw damaged('its metadata are missing');
  const metadata = await readAt(image.handle, metadataOffset, TABLE_BYTES);
  if (metadata.length < TABLE_BYTES || !hasText(metadata, 0, 'metadata')) throw damaged('its metadata are missing');
  const readItem = async (guid: string, length: number) => {
    const entry = findEntry(metadata, 32, metadata.readUInt16LE(10), guid);
    const item = entry && (await readAt(image.handle, metadataOffset + entry.readUInt32LE(16), length));
    if (item?.length !== length) throw damaged('its metadata are not complete');
    return item;
  };
  const parameters = await readItem(FILE_PARAMETERS, 8);
  if ((parameters.readUInt32LE(4) & HAS_PARENT) !== 0) {
    throw invalidImage(
      image.path,
      'it builds on another image (parent)',
      'Convert it into an image that stands alone, and add that one.',
    );
  }
  return plausibleSize(image.path, (await readItem(VIRTUAL_DISK_SIZE, 8)).readBigUInt64LE(0));
}

/** The 32-byte entry of a table that begins with the GUID. */
function findEntry(table: Buffer, firstEntry: number, count: number, guid: string): Buffer | undefined {
  for (let index = 0; index < count; index += 1) {
    const start = firstEntry + index * ENTRY_BYTES;
    if (start + ENTRY_BYTES > table.length) return undefined;
    const entry = table.subarray(start, start + ENTRY_BYTES);
    if (entry.toString('hex', 0, 16) === guid) return entry;
  }
  return undefined;
}
