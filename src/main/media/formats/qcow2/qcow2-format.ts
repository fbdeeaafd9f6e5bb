import { fileError } from '../../../file-error.ts';
import { HostFile } from '../host-file.ts';
import type { ImageFormat, ImageInfo } from '../image-format.ts';
import { checkQcow2 } from './check.ts';
import { createQcow2 } from './create.ts';
import { openQcow2 } from './device.ts';
import { readHeader } from './file-header.ts';
import { growQcow2 } from './grow.ts';
import { repairQcow2 } from './repair.ts';

/** QEMU's own format, versions 2 and 3, by its specification (QEMU, docs/interop/qcow2). */
export const qcow2Format: ImageFormat = {
  id: 'qcow2',
  canWrite: true,
  canCreate: true,
  open: openQcow2,
  create: (path, options) => createQcow2(path, options),
  info: readInfo,
  check: checkQcow2,
  repair: repairQcow2,
  grow: growQcow2,
};

async function readInfo(path: string): Promise<ImageInfo> {
  let file: HostFile | undefined;
  try {
    file = await HostFile.open(path, { isReadOnly: true });
    const { virtualSizeBytes, backing, snapshotCount, clusterSize } = await readHeader(file);
    return {
      format: 'qcow2',
      virtualSizeBytes,
      variant: 'dynamic',
      backingReference: backing?.reference ?? null,
      backingFormat: backing?.format ?? null,
      internalSnapshots: snapshotCount,
      clusterSizeBytes: clusterSize,
    };
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await file?.close();
  }
}
