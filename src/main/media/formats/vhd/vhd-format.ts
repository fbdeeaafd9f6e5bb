import type { FileHandle } from 'node:fs/promises';
import { GIB, MIB } from '../../../../shared/units.ts';
import { SECTOR } from '../../image-file.ts';
import { makeNewFile } from '../../new-file.ts';
import { Findings } from '../findings.ts';
import type { HostFile } from '../host-file.ts';
import {
  type CheckReport,
  type CreateOptions,
  damagedImage,
  type ImageFormat,
  type OpenOptions,
  openBackingOf,
  refusal,
  unsupportedImage,
} from '../image-format.ts';
import { flatMap, MappedDevice } from '../mapped-device.ts';
import { openDevice, withFile } from '../with-file.ts';
import { VhdDifferenceMap } from './vhd-difference-map.ts';
import { vhdSizeFor } from './vhd-geometry.ts';
import {
  encodeVhdFooter,
  encodeVhdHeader,
  FOOTER_BYTES,
  readVhdFooter,
  readVhdHeader,
  roundToSector,
} from './vhd-header.ts';
import { checkTable, endOfBlocks, findGaps, readTable, strideOf, UNUSED, VhdMap } from './vhd-map.ts';

const BLOCK_BYTES = 2 * MIB;
/** What other programs accept: sectors are counted with 32 bits, and the tables need some. */
const MAX_BYTES = 2040 * GIB;

/**
 * Virtual Hard Disk Image Format Specification 1.0 (Microsoft, 2006), which QEMU calls `vpc`. Sizes are rounded up to what a
 * geometry of cylinders, heads and sectors can express (`vhdSizeFor`). Differencing images can be read.
 */
export const vhdFormat: ImageFormat = {
  id: 'vhd',
  canWrite: true,
  canCreate: true,
  open: (path, options) => openDevice(path, options, (file) => openVhd(file, options)),
  create: createVhd,
  info: (path) =>
    withFile(path, { isReadOnly: true }, async (file) => {
      const footer = await readVhdFooter(file);
      const header = footer.type === 'fixed' ? undefined : await readVhdHeader(file, footer);
      const isAlone = footer.type !== 'differencing';
      return {
        format: 'vhd',
        virtualSizeBytes: footer.sizeBytes,
        variant: footer.type === 'fixed' ? 'fixed' : 'dynamic',
        backingReference: isAlone ? null : (header?.parent ?? null),
        backingFormat: isAlone ? null : 'vhd',
        internalSnapshots: 0,
        clusterSizeBytes: header?.blockBytes ?? null,
      };
    }),
  check: (path) => withFile(path, { isReadOnly: true }, checkVhd),
  repair: (path) => withFile(path, { isReadOnly: false }, repairVhd),
};

/** The image in a file that is open already. @throws as `ImageFormat.open`, and the system's errors. */
export async function openVhd(file: HostFile, options: OpenOptions): Promise<MappedDevice> {
  const footer = await readVhdFooter(file);
  const { sizeBytes } = footer;
  if (footer.type === 'fixed') return new MappedDevice(file, flatMap(0, sizeBytes), sizeBytes);
  const header = await readVhdHeader(file, footer);
  const table = await readTable(file, header);
  if (footer.type === 'differencing') {
    if (!options.isReadOnly) {
      throw unsupportedImage(file.path, 'a VHD image that builds on another can only be read', 'Convert it to qcow2.');
    }
    const backing = await openBackingOf(file.path, header.parent, 'vhd', options);
    return new MappedDevice(file, new VhdDifferenceMap(file, header, table), sizeBytes, backing);
  }
  if (!options.isReadOnly) {
    // A wrong entry costs a reader only its own block; a writer would spread the damage.
    checkTable(header, table, endOfBlocks(file, footer), (why) => {
      throw damagedImage(file.path, why);
    });
  }
  return new MappedDevice(file, new VhdMap(file, header, table, footer), sizeBytes);
}

async function createVhd(path: string, { sizeBytes, variant = 'dynamic', backing }: CreateOptions): Promise<void> {
  if (sizeBytes < SECTOR || sizeBytes > MAX_BYTES || sizeBytes % SECTOR !== 0) {
    throw refusal(
      'INVALID_INPUT',
      `A VHD image cannot have a size of ${sizeBytes} bytes.`,
      'Choose 512 bytes to 2040 GiB.',
    );
  }
  if (backing) {
    const hint = 'Use the qcow2 or the vdi format.';
    throw refusal('NOT_SUPPORTED', 'VHD images that build on another can be read, but not made.', hint);
  }
  if (variant === 'streamOptimized') {
    throw refusal('NOT_SUPPORTED', 'A VHD image cannot be compressed.', 'Use the vmdk format.');
  }
  await makeNewFile(path, (file) => writeEmpty(file, vhdSizeFor(sizeBytes), variant));
}

async function writeEmpty(file: FileHandle, sizeBytes: number, type: 'fixed' | 'dynamic'): Promise<void> {
  const footer = encodeVhdFooter(sizeBytes, type);
  if (type === 'fixed') {
    await file.write(footer, 0, FOOTER_BYTES, sizeBytes);
    return;
  }
  const blocks = Math.ceil(sizeBytes / BLOCK_BYTES);
  const table = Buffer.alloc(roundToSector(blocks * 4), 0xff);
  await file.writeFile(Buffer.concat([footer, encodeVhdHeader(blocks, BLOCK_BYTES), table, footer]));
}

/**
 * A footer that is missing at the end is no error: for this there is a copy at the beginning, from which every program takes it.
 * A program that is killed while the image grows may leave it so, and the next one that writes puts it back.
 */
async function checkVhd(file: HostFile): Promise<CheckReport> {
  const findings = new Findings();
  const footer = await readVhdFooter(file);
  if (footer.type === 'fixed')
    return findings.report(Math.max(0, file.sizeBytes - footer.sizeBytes - FOOTER_BYTES), true);
  const header = await readVhdHeader(file, footer);
  const table = await readTable(file, header);
  const end = endOfBlocks(file, footer);
  checkTable(header, table, end, (why) => findings.add(why));
  const canRepair = findings.count === 0 && footer.type === 'dynamic';
  const used = table.reduce((count, entry) => (entry === UNUSED ? count : count + 1), 0) * strideOf(header);
  const leaked = end - header.dataOffset - used;
  const isTight = leaked < strideOf(header) && findGaps(header, table).length === 0; // Programs may align their blocks.
  return findings.report(isTight ? 0 : Math.max(0, leaked), canRepair);
}

async function repairVhd(file: HostFile): Promise<CheckReport> {
  const before = await checkVhd(file);
  const footer = await readVhdFooter(file);
  if (!before.canRepair || footer.type === 'fixed') return before;
  const header = await readVhdHeader(file, footer);
  const map = new VhdMap(file, header, await readTable(file, header), footer);
  await map.closeGaps();
  await file.datasync();
  return checkVhd(file);
}
