import { type FileHandle, open, stat } from 'node:fs/promises';
import { ioError } from './block-device.ts';

/** What is needed of an open file. */
export type RandomAccessHandle = Pick<
  FileHandle,
  'read' | 'write' | 'writev' | 'truncate' | 'datasync' | 'stat' | 'close'
>;

/** The file of an image, opened for reading and writing at any offset; the ground on which every format stands. */
export class HostFile {
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly #handle: RandomAccessHandle;
  #sizeBytes: number;

  constructor(path: string, isReadOnly: boolean, handle: RandomAccessHandle, sizeBytes: number) {
    this.path = path;
    this.isReadOnly = isReadOnly;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** @throws the system's error (`ENOENT`, `EACCES`), `EINVAL` when it is not a file. */
  static async open(path: string, options: { isReadOnly: boolean }): Promise<HostFile> {
    const seen = await stat(path); // Looked at before it is opened: opening a pipe would wait for ever.
    if (!seen.isFile()) throw ioError('EINVAL', `'${path}' is not a file.`);
    const handle = await open(path, options.isReadOnly ? 'r' : 'r+');
    try {
      return new HostFile(path, options.isReadOnly, handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Length of the file as far as this program knows: at opening, and what was written since. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Space that it takes on its disk, which for a sparse file is less than its length. */
  async allocatedBytes(): Promise<number> {
    return (await this.#handle.stat()).blocks * 512;
  }

  /** @throws `EIO` when the file ends before `target` is full. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    const done = await this.#readAvailable(offset, target);
    if (done < target.length) throw ioError('EIO', `'${this.path}' ends at byte ${offset + done}: it was truncated.`);
  }

  /** As `read`, with zeros for what lies behind the end of the file. */
  async readPadded(offset: number, target: Uint8Array): Promise<void> {
    target.fill(0, await this.#readAvailable(offset, target));
  }

  async #readAvailable(offset: number, target: Uint8Array): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await this.#handle.read(target, done, target.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    let done = 0;
    while (done < data.length) {
      const { bytesWritten } = await this.#handle.write(data, done, data.length - done, offset + done);
      done += bytesWritten;
      this.#reached(offset + done);
    }
  }

  /** Writes several pieces behind each other, with one call of the system where it takes all of them. */
  async writeParts(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    let left = parts.filter((part) => part.length > 0);
    let position = offset;
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left, position);
      position += bytesWritten;
      this.#reached(position);
      left = withoutFirst(left, bytesWritten);
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** fdatasync(2): contents and length are on the disk; times may not be. */
  async datasync(): Promise<void> {
    await this.#handle.datasync();
  }

  /** Waits for calls under way. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  #reached(end: number): void {
    if (end > this.#sizeBytes) this.#sizeBytes = end;
  }
}

function withoutFirst(parts: Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  const left: Uint8Array[] = [];
  for (const part of parts) {
    const skipped = Math.min(skip, part.length);
    skip -= skipped;
    if (skipped < part.length) left.push(part.subarray(skipped));
  }
  return left;
}
