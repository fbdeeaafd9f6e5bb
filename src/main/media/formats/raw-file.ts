import { type FileHandle, open } from 'node:fs/promises';
import { type BlockDevice, ioError } from './block-device.ts';

/**
 * Opens a raw image: the file's bytes are the disk's. Nothing is read ahead, so a sparse file of terabytes opens at once.
 * @throws the system's error (`ENOENT`, `EACCES`, `EISDIR`), `EINVAL` when it is not a file.
 */
export async function openRawFile(path: string, options: { isReadOnly: boolean }): Promise<BlockDevice> {
  const file = await open(path, options.isReadOnly ? 'r' : 'r+');
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw ioError('EINVAL', `'${path}' is not a file.`);
    return new RawFile(path, file, stat.size, options.isReadOnly);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class RawFile implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle, sizeBytes: number, isReadOnly: boolean) {
    this.#path = path;
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.isReadOnly = isReadOnly;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await this.#file.read(target, done, target.length - done, offset + done);
      if (bytesRead === 0) throw ioError('EIO', `'${this.#path}' ends at byte ${offset + done}: it was truncated.`);
      done += bytesRead;
    }
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    if (this.isReadOnly) throw ioError('EROFS', `'${this.#path}' is read-only.`);
    let done = 0;
    while (done < data.length) {
      const { bytesWritten } = await this.#file.write(data, done, data.length - done, offset + done);
      done += bytesWritten;
    }
  }

  async flush(): Promise<void> {
    if (!this.isReadOnly) await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
