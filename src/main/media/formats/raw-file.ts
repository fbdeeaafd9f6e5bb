import { stat } from 'node:fs/promises';
import { fileError } from '../../file-error.ts';
import { makeNewFile } from '../new-file.ts';
import { assertInside, type BlockDevice, type Extent, ioError } from './block-device.ts';
import { HostFile } from './host-file.ts';
import { type ImageFormat, refusal } from './image-format.ts';

/** The file's bytes are the disk's. A new one is sparse, and `fixed` says no more than that it does not grow. */
export const rawFormat: ImageFormat = {
  id: 'raw',
  canWrite: true,
  canCreate: true,
  open: (path, options) =>
    openRawFile(path, options).catch((cause: unknown) => {
      throw fileError(path, cause);
    }),
  async create(path, { sizeBytes, backing, variant = 'fixed' }) {
    if (backing) throw refusal('NOT_SUPPORTED', 'A raw image cannot build on another image.', 'Use the qcow2 format.');
    if (variant === 'streamOptimized') {
      throw refusal('NOT_SUPPORTED', 'A raw image cannot be compressed.', 'Use the vmdk format.');
    }
    await makeNewFile(path, (file) => file.truncate(sizeBytes));
  },
  async info(path) {
    return {
      format: 'raw',
      virtualSizeBytes: await fileSize(path),
      variant: 'fixed',
      backingReference: null,
      backingFormat: null,
      internalSnapshots: 0,
      clusterSizeBytes: null,
    };
  },
  async check(path) {
    await fileSize(path);
    return { isConsistent: true, errors: [], leakedBytes: 0, canRepair: true };
  },
  async grow(path, sizeBytes) {
    if (sizeBytes < (await fileSize(path))) {
      throw refusal('INVALID_INPUT', `'${path}' cannot become smaller.`, 'Create a smaller disk and copy the files.');
    }
    const file = await HostFile.open(path, { isReadOnly: false });
    try {
      await file.truncate(sizeBytes);
      await file.datasync();
    } catch (cause) {
      throw fileError(path, cause);
    } finally {
      await file.close();
    }
  },
};

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/**
 * Opens a raw image. Nothing is read ahead, so a sparse file of terabytes opens at once.
 * @throws the system's error (`ENOENT`, `EACCES`, `EISDIR`), `EINVAL` when it is not a file.
 */
export async function openRawFile(path: string, options: { isReadOnly: boolean }): Promise<BlockDevice> {
  return new RawFile(await HostFile.open(path, options));
}

class RawFile implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly #file: HostFile;

  constructor(file: HostFile) {
    this.#file = file;
    this.sizeBytes = file.sizeBytes;
    this.isReadOnly = file.isReadOnly;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    assertInside(this, offset, target.length);
    await this.#file.read(offset, target);
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    this.#assertWritable();
    assertInside(this, offset, data.length);
    await this.#file.write(offset, data);
  }

  /** Frees nothing: Node has no fallocate(2) to punch a hole with, and to write zeros would take space instead. */
  async discard(): Promise<void> {
    this.#assertWritable();
  }

  /** Holes are data too: Node has no lseek(2) to find them with, and to read them costs little. */
  async extentAt(_offset: number, lengthBytes: number): Promise<Extent> {
    return { kind: 'data', lengthBytes };
  }

  async flush(): Promise<void> {
    if (!this.isReadOnly) await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #assertWritable(): void {
    if (this.isReadOnly) throw ioError('EROFS', `'${this.#file.path}' is read-only.`);
  }
}
