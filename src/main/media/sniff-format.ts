import type { FileHandle } from 'node:fs/promises';
import { InnError } from '../../shared/errors.ts';
import type { MediumFormat } from '../../shared/model/medium.ts';
import { DAMAGED_HINT, hasText, type ImageFile, invalidImage, plausibleSize, readAt, SECTOR } from './image-file.ts';
import { readVhdxSize } from './vhdx-size.ts';

export interface SniffedImage {
  format: MediumFormat;
  /** Size that the guest sees, in bytes. */
  virtualSizeBytes: number;
}

const HEAD_BYTES = 4096;

/**
 * Recognises the format of a disk image by its contents, never by its name. A file without any known mark is `raw`.
 * @throws InnError `IMAGE_INVALID` when it is damaged, compressed as a whole, or keeps data in other files: an image
 * that names other files would let its author choose which files of the host the guest may read.
 */
export async function sniffFormat(path: string, handle: FileHandle, sizeBytes: number): Promise<SniffedImage> {
  const head = await readAt(handle, 0, Math.min(HEAD_BYTES, sizeBytes));
  const image: ImageFile = { path, handle, sizeBytes, head };
  assertNotCompressed(image);
  if (hasText(head, 0, 'QFI\xfb')) return { format: 'qcow2', virtualSizeBytes: readQcow2Size(image) };
  if (hasText(head, 0, 'KDMV')) return { format: 'vmdk', virtualSizeBytes: readVmdkSize(image) };
  if (hasText(head, 0, '# Disk DescriptorFile'))
    throw refersOutside(image, 'It only lists the files that hold the data');
  if (head.length >= 0x178 && head.readUInt32LE(0x40) === VDI_SIGNATURE) {
    return { format: 'vdi', virtualSizeBytes: readVdiSize(image) };
  }
  if (hasText(head, 0, 'vhdxfile')) return { format: 'vhdx', virtualSizeBytes: await readVhdxSize(image) };
  const footer = await readVhdFooter(image);
  if (footer) return { format: 'vhd', virtualSizeBytes: readVhdSize(image, footer) };
  return { format: 'raw', virtualSizeBytes: rawSize(image) };
}

const FLATTEN_HINT = 'Convert it into an image that stands alone, and add that one.';

const COMPRESSED: readonly [magic: string, name: string][] = [
  ['\x1f\x8b', 'gzip'],
  ['\xfd7zXZ\0', 'xz'],
  ['BZh', 'bzip2'],
  ['PK\x03\x04', 'zip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ["7z\xbc\xaf'\x1c", '7z'],
];

function assertNotCompressed({ path, head }: ImageFile): void {
  const found = COMPRESSED.find(([magic]) => hasText(head, 0, magic));
  if (found)
    throw invalidImage(path, `it is compressed (${found[1]})`, 'Unpack it first, and add the file from inside.');
}

/** QEMU, docs/interop/qcow2.rst, "Header". */
function readQcow2Size({ path, head }: ImageFile): number {
  if (head.length < 72) throw invalidImage(path, 'it ends within its header', DAMAGED_HINT);
  if (head.readBigUInt64BE(8) !== 0n) throw refersOutside({ path }, 'It builds on another image (backing file)');
  const version = head.readUInt32BE(4);
  const hasExternalData = version >= 3 && head.length >= 80 && (head.readBigUInt64BE(72) & 4n) !== 0n;
  if (hasExternalData) throw refersOutside({ path }, 'It keeps its data in another file');
  return plausibleSize(path, head.readBigUInt64BE(24));
}

/** Virtual Disk Format 5.0, "Hosted Sparse Extents": capacity in sectors at byte 12; the descriptor may name a parent. */
function readVmdkSize({ path, head }: ImageFile): number {
  if (head.length < SECTOR) throw invalidImage(path, 'it ends within its header', DAMAGED_HINT);
  const descriptor = head.subarray(SECTOR).toString('latin1');
  if (descriptor.includes('parentFileNameHint')) throw refersOutside({ path }, 'It builds on another image (parent)');
  return plausibleSize(path, head.readBigUInt64LE(12) * BigInt(SECTOR));
}

const VDI_SIGNATURE = 0xbeda107f;
const VDI_DIFFERENCING = 4;

/** VirtualBox's own format, header 1.1: image type at 0x4c, size of the disk at 0x170. */
function readVdiSize({ path, head }: ImageFile): number {
  if (head.readUInt32LE(0x4c) === VDI_DIFFERENCING)
    throw refersOutside({ path }, 'It builds on another image (parent)');
  return plausibleSize(path, head.readBigUInt64LE(0x170));
}

const VHD_DIFFERENCING = 4;

/**
 * Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format": the last 512 bytes of every VHD. One that grows has
 * a copy at its beginning, which is left when the end was cut off.
 */
async function readVhdFooter({ handle, sizeBytes, head }: ImageFile): Promise<Buffer | undefined> {
  if (sizeBytes < SECTOR) return undefined;
  const footer = await readAt(handle, sizeBytes - SECTOR, SECTOR);
  return [footer, head].find((bytes) => hasText(bytes, 0, 'conectix'));
}

function readVhdSize({ path }: ImageFile, footer: Buffer): number {
  if (footer.readUInt32BE(60) === VHD_DIFFERENCING)
    throw refersOutside({ path }, 'It builds on another image (parent)');
  return plausibleSize(path, footer.readBigUInt64BE(48));
}

function rawSize({ path, sizeBytes }: ImageFile): number {
  if (sizeBytes === 0) throw invalidImage(path, 'it is empty', 'Create a disk of the size you want instead.');
  if (sizeBytes % SECTOR === 0) return sizeBytes;
  throw invalidImage(path, `its length of ${sizeBytes} bytes is no multiple of ${SECTOR}`, DAMAGED_HINT);
}

function refersOutside({ path }: Pick<ImageFile, 'path'>, why: string): InnError {
  return new InnError('IMAGE_INVALID', `'${path}' cannot be used alone. ${why}.`, {
    hint: FLATTEN_HINT,
    details: { path },
  });
}
