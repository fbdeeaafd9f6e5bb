import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { hasText } from '../../image-file.ts';
import { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import { flatMap, MappedDevice } from '../mapped-device.ts';
import { parseDescriptor, type VmdkExtent } from './vmdk-descriptor.ts';

const MAX_DESCRIPTOR_BYTES = 64 * 1024;
const FLATTEN_HINT = 'Convert it, with the program that made it, into one file.';

/** Whether the file is a descriptor alone, in plain text, whose data are in another file. */
export async function isDescriptorFile(file: HostFile): Promise<boolean> {
  const head = Buffer.alloc(32);
  await file.readPadded(0, head);
  return hasText(Buffer.from(head.toString('latin1').toLowerCase(), 'latin1'), 0, '# disk descriptorfile');
}

export interface FlatVmdk {
  extent: VmdkExtent;
  dataPath: string;
}

/**
 * The data of a `monolithicFlat` image. The file's name is that of the descriptor with `-flat`, as every program names it:
 * any other name in the descriptor is its author's idea of which file of the host to read, and is refused.
 * @throws InnError `IMAGE_INVALID`; `NOT_SUPPORTED` for other arrangements of files.
 */
export async function readFlatDescriptor(file: HostFile): Promise<FlatVmdk> {
  if (file.sizeBytes > MAX_DESCRIPTOR_BYTES) throw damagedImage(file.path, 'its descriptor is too large');
  const text = Buffer.alloc(file.sizeBytes);
  await file.read(0, text);
  const { extents, parentHint } = parseDescriptor(text);
  const [extent] = extents;
  if (!extent) throw damagedImage(file.path, 'its descriptor names no data');
  if (parentHint !== null) throw unsupportedImage(file.path, 'it builds on another image', FLATTEN_HINT);
  if (extents.length > 1 || !['FLAT', 'VMFS'].includes(extent.type)) {
    throw unsupportedImage(
      file.path,
      `it is made of ${extents.length} files of the type '${extent.type}'`,
      FLATTEN_HINT,
    );
  }
  const name = basename(file.path);
  const dataName = `${name.slice(0, name.length - extname(name).length)}-flat${extname(name)}`;
  if (extent.fileName !== dataName || extent.offsetBytes !== 0) {
    const why = `its data are in '${extent.fileName}', and only '${dataName}' may hold them`;
    throw damagedImage(file.path, why, 'When you have renamed the image, give it its old name back.');
  }
  return { extent, dataPath: join(dirname(file.path), dataName) };
}

/** Opens the data; closes the descriptor. */
export async function openFlat(descriptor: HostFile): Promise<MappedDevice> {
  const { extent, dataPath } = await readFlatDescriptor(descriptor);
  if ((await lstat(dataPath)).isSymbolicLink()) throw damagedImage(descriptor.path, `'${dataPath}' is a link`);
  const data = await HostFile.open(dataPath, { isReadOnly: descriptor.isReadOnly });
  if (extent.sizeBytes < 1 || data.sizeBytes < extent.sizeBytes) {
    await data.close();
    throw damagedImage(descriptor.path, `'${dataPath}' is shorter than the disk`);
  }
  await descriptor.close();
  return new MappedDevice(data, flatMap(0, extent.sizeBytes), extent.sizeBytes);
}
