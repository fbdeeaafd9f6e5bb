import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { MIB } from '../../../../shared/units.ts';
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
} from '../image-format.ts';
import { MappedDevice } from '../mapped-device.ts';
import { openDevice, withFile } from '../with-file.ts';
import { encodeVdiHeader, HEADER_BYTES, NO_UUID, readVdiHeader, type VdiHeader, type VdiType } from './vdi-header.ts';
import { FREE, findPlaces, readEntries, VdiMap } from './vdi-map.ts';

/** The size of blocks that every other program makes and reads. */
const BLOCK_BYTES = MIB;
const MAX_BYTES = 2 ** 24 * BLOCK_BYTES;

/**
 * VirtualBox's own format, version 1.1. A differencing image names the one it builds on by UUID, which is its
 * `backingReference`; `readVdiUuid` tells that of the other.
 */
export const vdiFormat: ImageFormat = {
  id: 'vdi',
  canWrite: true,
  canCreate: true,
  open: (path, options) => openDevice(path, options, (file) => openVdi(file, options)),
  create: createVdi,
  info: (path) =>
    withFile(path, { isReadOnly: true }, async (file) => {
      const { type, sizeBytes, blockBytes, parentUuid } = await readVdiHeader(file);
      return {
        format: 'vdi',
        virtualSizeBytes: sizeBytes,
        variant: type === 'fixed' ? 'fixed' : 'dynamic',
        backingReference: type === 'differencing' ? parentUuid : null,
        backingFormat: null,
        internalSnapshots: 0,
        clusterSizeBytes: blockBytes,
      };
    }),
  check: (path) => withFile(path, { isReadOnly: true }, checkVdi),
  repair: (path) => withFile(path, { isReadOnly: false }, repairVdi),
};

/** By this a differencing image names the image that it builds on. @throws InnError as `ImageFormat.info` */
export async function readVdiUuid(path: string): Promise<string> {
  return withFile(path, { isReadOnly: true }, async (file) => (await readVdiHeader(file)).uuid);
}

/** The image in a file that is open already. @throws as `ImageFormat.open`, and the system's errors. */
export async function openVdi(file: HostFile, options: OpenOptions): Promise<MappedDevice> {
  const header = await readVdiHeader(file);
  const entries = await readEntries(file, header);
  // A wrong entry costs a reader only its own block; a writer would spread the damage.
  const places = options.isReadOnly ? { next: 0, holes: [] } : placesOf(file, header, entries);
  const map = new VdiMap(file, header, entries, places);
  const isAlone = header.type !== 'differencing';
  const backing = isAlone ? undefined : await openBackingOf(file.path, header.parentUuid, null, options);
  return new MappedDevice(file, map, header.sizeBytes, backing);
}

function placesOf(file: HostFile, header: VdiHeader, entries: Uint32Array) {
  return findPlaces(header, entries, file.sizeBytes, (why) => {
    throw damagedImage(file.path, why);
  });
}

async function createVdi(path: string, { sizeBytes, variant = 'dynamic', backing }: CreateOptions): Promise<void> {
  if (sizeBytes < SECTOR || sizeBytes > MAX_BYTES || sizeBytes % SECTOR !== 0) {
    throw refusal(
      'INVALID_INPUT',
      `A VDI image cannot have a size of ${sizeBytes} bytes.`,
      'Choose 512 bytes to 16 TiB.',
    );
  }
  if (variant === 'streamOptimized') {
    throw refusal('NOT_SUPPORTED', 'A VDI image cannot be compressed.', 'Use the vmdk format.');
  }
  if (backing && !UUID.test(backing.reference)) {
    const hint = "Give the other image's UUID, or use the qcow2 format.";
    throw refusal(
      'NOT_SUPPORTED',
      `A VDI image cannot build on '${backing.reference}': it names images by UUID.`,
      hint,
    );
  }
  const type = backing ? 'differencing' : variant;
  const parentUuid = backing?.reference ?? NO_UUID;
  await makeNewFile(path, (file) => writeEmpty(file, newHeader(sizeBytes, type, parentUuid)));
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function newHeader(sizeBytes: number, type: VdiType, parentUuid: string): VdiHeader {
  const blocks = Math.ceil(sizeBytes / BLOCK_BYTES);
  const dataOffset = Math.ceil((HEADER_BYTES + blocks * 4) / MIB) * MIB;
  return {
    type,
    sizeBytes,
    blockBytes: BLOCK_BYTES,
    blocks,
    allocatedBlocks: type === 'fixed' ? blocks : 0,
    mapOffset: HEADER_BYTES,
    dataOffset,
    uuid: randomUUID(),
    parentUuid,
  };
}

async function writeEmpty(file: FileHandle, header: VdiHeader): Promise<void> {
  const entries = new Uint32Array(header.blocks).fill(FREE);
  if (header.type === 'fixed') for (let block = 0; block < header.blocks; block += 1) entries[block] = block;
  await file.writeFile(Buffer.concat([encodeVdiHeader(header), new Uint8Array(entries.buffer)]));
  await file.truncate(header.dataOffset + header.allocatedBlocks * header.blockBytes);
}

async function checkVdi(file: HostFile): Promise<CheckReport> {
  const header = await readVdiHeader(file);
  const entries = await readEntries(file, header);
  const findings = new Findings();
  const { next, holes } = findPlaces(header, entries, file.sizeBytes, (why) => findings.add(why));
  const canRepair = findings.count === 0;
  if (header.allocatedBlocks < next)
    findings.add(`its header counts ${header.allocatedBlocks} blocks, and ${next} are used`);
  const used = header.dataOffset + (next - holes.length) * header.blockBytes;
  return findings.report(Math.max(0, file.sizeBytes - used), canRepair);
}

async function repairVdi(file: HostFile): Promise<CheckReport> {
  const before = await checkVdi(file);
  if (!before.canRepair) return before;
  const header = await readVdiHeader(file);
  const entries = await readEntries(file, header);
  const map = new VdiMap(file, header, entries, placesOf(file, header, entries));
  await map.closeGaps();
  await file.datasync();
  return checkVdi(file);
}
