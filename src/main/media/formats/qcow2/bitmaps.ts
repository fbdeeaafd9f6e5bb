import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { ENTRY_BYTES } from './entries.ts';
import type { Qcow2Header } from './header.ts';

const ENTRY_HEAD_BYTES = 24;
const MAX_DIRECTORY_BYTES = 1024 * 1024;
const MAX_TABLE_ENTRIES = 1024 * 1024;
const OFFSET_MASK = 0x00ff_ffff_ffff_fe00n;

/**
 * What the image's dirty bitmaps take in the file ("Bitmaps"). They are left as they are here, and count as used while their
 * content is valid, which it is until the first write.
 * @throws InnError `IMAGE_INVALID`
 */
export async function bitmapClusters(
  file: HostFile,
  header: Qcow2Header,
): Promise<{ offset: number; bytes: number }[]> {
  const { bitmaps } = header;
  if (!bitmaps) return [];
  const { count, directoryOffset, directoryBytes } = bitmaps;
  if (directoryBytes > MAX_DIRECTORY_BYTES || directoryOffset + directoryBytes > file.sizeBytes) {
    throw damagedImage(file.path, 'its directory of bitmaps lies outside of the file');
  }
  const directory = Buffer.alloc(directoryBytes);
  await file.read(directoryOffset, directory);
  const used = [{ offset: directoryOffset, bytes: directoryBytes }];
  let position = 0;
  for (let number = 0; number < count; number++) {
    if (position + ENTRY_HEAD_BYTES > directoryBytes)
      throw damagedImage(file.path, 'its directory of bitmaps is cut short');
    const tableOffset = Number(directory.readBigUInt64BE(position));
    const entries = directory.readUInt32BE(position + 8);
    used.push(...(await bitmapTable(file, header, tableOffset, entries)));
    const variable = directory.readUInt16BE(position + 18) + directory.readUInt32BE(position + 20);
    position += Math.ceil((ENTRY_HEAD_BYTES + variable) / 8) * 8;
  }
  return used;
}

async function bitmapTable(file: HostFile, header: Qcow2Header, offset: number, entries: number) {
  const bytes = entries * ENTRY_BYTES;
  if (entries > MAX_TABLE_ENTRIES || offset + bytes > file.sizeBytes) {
    throw damagedImage(file.path, 'the table of a bitmap lies outside of the file');
  }
  const table = Buffer.alloc(bytes);
  await file.read(offset, table);
  const used = [{ offset, bytes }];
  for (let index = 0; index < entries; index++) {
    const place = Number(table.readBigUInt64BE(index * ENTRY_BYTES) & OFFSET_MASK);
    if (place >= file.sizeBytes) throw damagedImage(file.path, 'the data of a bitmap lies outside of the file');
    if (place !== 0) used.push({ offset: place, bytes: header.clusterSize });
  }
  return used;
}
