import { MIB } from '../../../../shared/units.ts';
import { Findings } from '../findings.ts';
import type { HostFile } from '../host-file.ts';
import { type CheckReport, type ImageFormat, refusal, unsupportedImage } from '../image-format.ts';
import { MappedDevice } from '../mapped-device.ts';
import { openDevice, withFile } from '../with-file.ts';
import { readVhdxHeader, readVhdxRegions } from './vhdx-header.ts';
import { replayLog } from './vhdx-log.ts';
import { VhdxMap } from './vhdx-map.ts';
import { readVhdxMetadata, type VhdxMetadata } from './vhdx-metadata.ts';

const WRITE_HINT = 'Convert the image to qcow2.';

/** Hyper-V's format, [MS-VHDX], for reading: also images that were not closed, whose log is replayed in memory. */
export const vhdxFormat: ImageFormat = {
  id: 'vhdx',
  canWrite: false,
  canCreate: false,
  open: (path, options) =>
    openDevice(path, options, async (file) => {
      if (!options.isReadOnly) throw unsupportedImage(path, 'a VHDX image can only be read', WRITE_HINT);
      const { metadata, map } = await readTables(file);
      return new MappedDevice(file, map, metadata.sizeBytes);
    }),
  create: async () => {
    throw refusal('NOT_SUPPORTED', 'VHDX images can be read, but not made.', 'Use the vhd or the qcow2 format.');
  },
  info: (path) =>
    withFile(path, { isReadOnly: true }, async (file) => {
      const { metadata } = await readTables(file);
      return {
        format: 'vhdx',
        virtualSizeBytes: metadata.sizeBytes,
        variant: metadata.isFixed ? 'fixed' : 'dynamic',
        backingReference: null,
        backingFormat: null,
        internalSnapshots: 0,
        clusterSizeBytes: metadata.blockBytes,
      };
    }),
  check: (path) => withFile(path, { isReadOnly: true }, checkVhdx),
};

async function readTables(file: HostFile): Promise<{ metadata: VhdxMetadata; map: VhdxMap }> {
  const reader = await replayLog(file, await readVhdxHeader(file));
  const regions = await readVhdxRegions(file);
  const metadata = await readVhdxMetadata(file.path, reader, regions.metadata);
  if (metadata.hasParent) {
    const hint = 'Merge it, or convert it into an image that stands alone, where it was made.';
    throw unsupportedImage(file.path, 'a VHDX image that builds on another cannot be read', hint);
  }
  return { metadata, map: new VhdxMap(file.path, reader, regions.table, metadata) };
}

/** Blocks stand at whole MiB, so a byte for each MiB of the file shows whether two of them share a place. */
async function checkVhdx(file: HostFile): Promise<CheckReport> {
  const { map } = await readTables(file);
  const findings = new Findings();
  const isUsed = new Uint8Array(Math.ceil(file.sizeBytes / MIB));
  for (let block = 0; block < map.blocks; ) {
    const run = await map.locate(block, Math.min(map.blocks - block, isUsed.length + 1)).catch((error: Error) => error);
    if (run instanceof Error) {
      findings.add(`block ${block}: ${run.message}`);
      block += 1;
      continue;
    }
    const end = run.fileOffset + run.count * map.blockBytes;
    if (run.kind === 'data' && end > file.sizeBytes) findings.add(`it ends before its block ${block + run.count - 1}`);
    else if (run.kind === 'data') {
      const places = isUsed.subarray(run.fileOffset / MIB, end / MIB);
      if (places.includes(1)) findings.add(`its block ${block} shares its place with another`);
      places.fill(1);
    }
    block += run.count;
  }
  return findings.report(0, findings.count === 0);
}
