import type { FileHandle } from 'node:fs/promises';
import { GIB, KIB } from '../../../../shared/units.ts';
import { hasText, SECTOR } from '../../image-file.ts';
import { finalNameOf, makeNewFile } from '../../new-file.ts';
import type { BlockDevice } from '../block-device.ts';
import { copyImage } from '../copy-image.ts';
import type { HostFile } from '../host-file.ts';
import {
  type CheckReport,
  type CreateOptions,
  type ImageFormat,
  type ImageInfo,
  type OpenOptions,
  openBackingOf,
  refusal,
  unsupportedImage,
} from '../image-format.ts';
import { MappedDevice } from '../mapped-device.ts';
import { openDevice, withFile } from '../with-file.ts';
import { CompressedVmdk } from './compressed-device.ts';
import { GrainTables } from './grain-tables.ts';
import { SparseMap } from './sparse-map.ts';
import { StreamWriter } from './stream-writer.ts';
import { checkSparse } from './vmdk-check.ts';
import { encodeDescriptor, parseDescriptor, type VmdkDescriptor } from './vmdk-descriptor.ts';
import { isDescriptorFile, openFlat, readFlatDescriptor } from './vmdk-flat.ts';
import {
  encodeVmdkHeader,
  HEADER_BYTES,
  readVmdkHeader,
  TABLE_BYTES,
  TABLE_ENTRIES,
  type VmdkHeader,
} from './vmdk-header.ts';

const GRAIN_BYTES = 64 * KIB;
const DESCRIPTOR_BYTES = 20 * SECTOR;
/** Places in the file are counted in sectors of 32 bits, and the tables need some of them. */
const MAX_BYTES = 2040 * GIB;

/**
 * VMware, Virtual Disk Format 5.0: sparse images of one file (`monolithicSparse`), compressed ones (`streamOptimized`), which
 * are written once as a whole, and the `monolithicFlat` pair of a descriptor and its data.
 */
export const vmdkFormat: ImageFormat = {
  id: 'vmdk',
  canWrite: true,
  canCreate: true,
  open: (path, options) => openDevice(path, options, (file) => openVmdk(file, options)),
  create: createVmdk,
  info: (path) => withFile(path, { isReadOnly: true }, readInfo),
  check: (path) => withFile(path, { isReadOnly: true }, checkVmdk),
  repair: (path) => withFile(path, { isReadOnly: false }, repairVmdk),
  async writeWhole(path, source, options) {
    if (options.variant !== 'streamOptimized')
      throw refusal('NOT_SUPPORTED', 'Such an image is not written at once.', '');
    assertSize(source.sizeBytes);
    await makeNewFile(path, async (file) => {
      const header = streamHeader(source.sizeBytes);
      await writeHead(file, path, header, 'streamOptimized', null);
      const writer = new StreamWriter(file, header);
      await copyImage(source, writer, options);
      await writer.finish();
    });
  },
};

/** The image in a file that is open already. @throws as `ImageFormat.open`, and the system's errors. */
export async function openVmdk(file: HostFile, options: OpenOptions): Promise<BlockDevice> {
  await assertNotVmfs(file);
  if (await isDescriptorFile(file)) return openFlat(file);
  const header = await readVmdkHeader(file);
  const descriptor = await readDescriptor(file, header);
  const tables = await GrainTables.open(file, header);
  if (header.isCompressed) {
    if (options.isReadOnly && descriptor.parentHint === null) return new CompressedVmdk(file, header, tables);
    const what = options.isReadOnly
      ? 'it is compressed and builds on another image'
      : 'a compressed image can only be read';
    throw unsupportedImage(file.path, what, 'Convert it to a format that can be written.');
  }
  const copies = header.copyOffset === null ? undefined : await GrainTables.open(file, header, header.copyOffset);
  const { parentHint } = descriptor;
  const backing = parentHint === null ? undefined : await openBackingOf(file.path, parentHint, 'vmdk', options);
  return new MappedDevice(file, new SparseMap(file, header, descriptor, tables, copies), header.sizeBytes, backing);
}

async function assertNotVmfs(file: HostFile): Promise<void> {
  const head = Buffer.alloc(4);
  await file.readPadded(0, head);
  if (!hasText(head, 0, 'COWD')) return;
  throw unsupportedImage(file.path, 'it is a sparse image of ESXi', 'Export it there as OVF, or convert it first.');
}

/** @throws InnError `NOT_SUPPORTED` for one of several files, which has no descriptor of its own. */
async function readDescriptor(file: HostFile, header: VmdkHeader): Promise<VmdkDescriptor> {
  const text = Buffer.alloc(header.descriptorBytes);
  await file.readPadded(header.descriptorOffset, text);
  const descriptor = parseDescriptor(text);
  if (header.descriptorBytes > 0 && descriptor.extents.length <= 1) return descriptor;
  throw unsupportedImage(file.path, 'it is one of several files of an image', 'Convert the image into one file.');
}

async function readInfo(file: HostFile): Promise<ImageInfo> {
  await assertNotVmfs(file);
  const common = { format: 'vmdk', internalSnapshots: 0 } as const;
  if (await isDescriptorFile(file)) {
    const { extent } = await readFlatDescriptor(file);
    const alone = { backingReference: null, backingFormat: null, clusterSizeBytes: null };
    return { ...common, ...alone, virtualSizeBytes: extent.sizeBytes, variant: 'fixed' };
  }
  const header = await readVmdkHeader(file);
  const { parentHint } = await readDescriptor(file, header);
  return {
    ...common,
    virtualSizeBytes: header.sizeBytes,
    variant: header.isCompressed ? 'streamOptimized' : 'dynamic',
    backingReference: parentHint,
    backingFormat: parentHint === null ? null : 'vmdk',
    clusterSizeBytes: header.grainBytes,
  };
}

function assertSize(sizeBytes: number): void {
  if (sizeBytes >= SECTOR && sizeBytes <= MAX_BYTES && sizeBytes % SECTOR === 0) return;
  throw refusal(
    'INVALID_INPUT',
    `A VMDK image cannot have a size of ${sizeBytes} bytes.`,
    'Choose 512 bytes to 2040 GiB.',
  );
}

async function createVmdk(path: string, { sizeBytes, variant = 'dynamic', backing }: CreateOptions): Promise<void> {
  assertSize(sizeBytes);
  if (backing) {
    const hint = 'Use the qcow2 or the vdi format.';
    throw refusal('NOT_SUPPORTED', 'VMDK images that build on another can be opened, but not made.', hint);
  }
  if (variant === 'fixed') {
    const hint = "Leave the variant out, or use the format 'raw', 'vdi' or 'vhd'.";
    throw refusal('NOT_SUPPORTED', 'A VMDK image of fixed size would be two files, and cannot be made.', hint);
  }
  if (variant === 'streamOptimized') {
    await makeNewFile(path, async (file) => {
      const header = streamHeader(sizeBytes);
      await writeHead(file, path, header, 'streamOptimized', null);
      await new StreamWriter(file, header).finish();
    });
    return;
  }
  await makeNewFile(path, (file) => writeSparse(file, path, sizeBytes));
}

const tablesFor = (sizeBytes: number) => Math.ceil(sizeBytes / GRAIN_BYTES / TABLE_ENTRIES);

function streamHeader(sizeBytes: number): VmdkHeader {
  return {
    sizeBytes,
    grainBytes: GRAIN_BYTES,
    tables: tablesFor(sizeBytes),
    directoryOffset: 0,
    copyOffset: null,
    descriptorOffset: HEADER_BYTES,
    descriptorBytes: DESCRIPTOR_BYTES,
    dataOffset: GRAIN_BYTES,
    isCompressed: true,
    hasZeroGrains: false,
  };
}

/** Header and descriptor. @param directoryOffset null when it is to stand in the footer. */
async function writeHead(
  file: FileHandle,
  path: string,
  header: VmdkHeader,
  createType: string,
  directoryOffset: number | null,
): Promise<void> {
  const descriptor = Buffer.alloc(DESCRIPTOR_BYTES);
  descriptor.write(encodeDescriptor(createType, header.sizeBytes, finalNameOf(path)), 'utf8');
  await file.writeFile(Buffer.concat([encodeVmdkHeader({ ...header, directoryOffset }), descriptor]));
  await file.truncate(header.dataOffset);
}

/** Two directories, each with all its tables behind it, which are empty: the file has a hole there. */
async function writeSparse(file: FileHandle, path: string, sizeBytes: number): Promise<void> {
  const tables = tablesFor(sizeBytes);
  const directoryBytes = Math.ceil((tables * 4) / SECTOR) * SECTOR;
  const copyOffset = HEADER_BYTES + DESCRIPTOR_BYTES;
  const directoryOffset = copyOffset + directoryBytes + tables * TABLE_BYTES;
  const end = directoryOffset + directoryBytes + tables * TABLE_BYTES;
  const dataOffset = Math.ceil(end / GRAIN_BYTES) * GRAIN_BYTES;
  const header = { ...streamHeader(sizeBytes), isCompressed: false, directoryOffset, copyOffset, dataOffset };
  await writeHead(file, path, header, 'monolithicSparse', directoryOffset);
  for (const offset of [copyOffset, directoryOffset]) {
    const first = (offset + directoryBytes) / SECTOR;
    const directory = Uint32Array.from({ length: tables }, (_, index) => first + (index * TABLE_BYTES) / SECTOR);
    await file.write(new Uint8Array(directory.buffer), 0, directory.byteLength, offset);
  }
}

async function checkVmdk(file: HostFile): Promise<CheckReport> {
  await assertNotVmfs(file);
  if (!(await isDescriptorFile(file))) return checkSparse(file, await readVmdkHeader(file));
  await readFlatDescriptor(file);
  return { isConsistent: true, errors: [], leakedBytes: 0, canRepair: true };
}

/** Makes the second copies of the tables like the first. Space that leaks is only won back by a conversion. */
async function repairVmdk(file: HostFile): Promise<CheckReport> {
  if (await isDescriptorFile(file)) return checkVmdk(file);
  const header = await readVmdkHeader(file);
  const before = await checkSparse(file, header);
  if (before.isConsistent || !before.isSound) return before;
  const tables = await GrainTables.open(file, header);
  const copies = header.copyOffset === null ? undefined : await GrainTables.open(file, header, header.copyOffset);
  const map = new SparseMap(file, header, await readDescriptor(file, header), tables, copies);
  for (let index = 0; index < header.tables; index += 1) await map.alignCopy(index);
  await file.datasync();
  return checkVmdk(file);
}
