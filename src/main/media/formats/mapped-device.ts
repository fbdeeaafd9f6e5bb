import { AsyncLock } from './async-lock.ts';
import { assertInside, type BlockDevice, type Extent, ioError } from './block-device.ts';
import type { HostFile } from './host-file.ts';
import { ShareLock } from './share-lock.ts';

/** Where each block of a disk stands in the image's file: what the formats with a table of blocks differ in. */
export interface BlockMap {
  /** Bytes that one entry of the table stands for. */
  readonly blockBytes: number;
  /** The block, and those after it that are of the same kind and, with data, stand right behind it in the file. */
  locate(block: number, maxCount: number): Promise<BlockRun>;
  /** Finds room for blocks that have none; never called twice at a time. Nothing counts before `commit`. */
  allocate?(block: number, maxCount: number): Promise<NewBlocks>;
  /** Forgets the contents of blocks; nothing else uses the device meanwhile. */
  release?(block: number, count: number): Promise<void>;
  /** Before the first write after opening. */
  touch?(): Promise<void>;
  /** Before the file is closed. */
  finish?(): Promise<void>;
}

export interface BlockRun {
  kind: Extent['kind'];
  /** Where in the file, in bytes; 0 without data. */
  fileOffset: number;
  /** At least 1, and not more than asked for. */
  count: number;
}

export interface NewBlocks {
  fileOffset: number;
  /** At least 1; they stand behind each other in the file. */
  count: number;
  /** The room reads as zeros, or lies behind the end of the file. */
  isZeroed: boolean;
  /** Enters the blocks into the table, when their contents are written. */
  commit(): Promise<void>;
}

/** The map of an image that holds the whole disk in one piece. */
export function flatMap(fileOffset: number, sizeBytes: number): BlockMap {
  return { blockBytes: sizeBytes, locate: async () => ({ kind: 'data', fileOffset, count: 1 }) };
}

/** Blocks that are given up under one hold of the lock, so that the guest's reads do not wait for long. */
const RELEASE_AT_ONCE = 16;

/**
 * A disk whose blocks lie in a file wherever its map says. Reads and writes go on side by side; new blocks are allocated
 * one after another, contents first, then the table, so that a program that is killed loses nothing but space.
 */
export class MappedDevice implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly backing: BlockDevice | undefined;
  readonly #file: HostFile;
  readonly #map: BlockMap;
  readonly #lock = new ShareLock();
  readonly #allocating = new AsyncLock();
  #touched: Promise<void> | undefined;

  constructor(file: HostFile, map: BlockMap, sizeBytes: number, backing?: BlockDevice) {
    this.#file = file;
    this.#map = map;
    this.backing = backing;
    this.sizeBytes = sizeBytes;
    this.isReadOnly = file.isReadOnly;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    assertInside(this, offset, target.length);
    await this.#lock.share(() => this.#eachRun(offset, target, (run, part, at) => this.#readRun(run, part, at)));
  }

  async #readRun(run: ByteRun, part: Uint8Array, at: number): Promise<number> {
    if (run.kind === 'data') await this.#file.read(run.fileOffset, part);
    else if (run.kind === 'absent') await this.#readBacking(at, part);
    else part.fill(0);
    return part.length;
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    assertInside(this, offset, data.length);
    this.#assertWritable();
    await this.#lock.share(async () => {
      await this.#touch();
      await this.#eachRun(offset, data, async (run, part, at) => {
        if (run.kind !== 'data') return this.#allocating.run(() => this.#writeNew(at, data.subarray(at - offset)));
        await this.#writeOver(run.fileOffset, part);
        return part.length;
      });
    });
  }

  /** Behind the end of the file there is nothing to write over: zeros would stand there for what was lost. */
  async #writeOver(fileOffset: number, data: Uint8Array): Promise<void> {
    if (fileOffset + data.length <= this.#file.sizeBytes) return this.#file.write(fileOffset, data);
    throw ioError('EIO', `'${this.#file.path}' ends before byte ${fileOffset + data.length}: it was truncated.`);
  }

  async discard(offset: number, lengthBytes: number): Promise<void> {
    assertInside(this, offset, lengthBytes);
    this.#assertWritable();
    if (!this.#map.release) return;
    const end = offset + lengthBytes;
    const first = Math.ceil(offset / this.#map.blockBytes);
    const last = (end === this.sizeBytes ? Math.ceil : Math.floor)(end / this.#map.blockBytes);
    for (let block = first; block < last; block += RELEASE_AT_ONCE) {
      const count = Math.min(RELEASE_AT_ONCE, last - block);
      await this.#lock.alone(async () => {
        await this.#touch();
        await this.#map.release?.(block, count);
      });
    }
  }

  async extentAt(offset: number, lengthBytes: number): Promise<Extent> {
    assertInside(this, offset, lengthBytes);
    const { kind, lengthBytes: reach } = await this.#lock.share(() => this.#runAt(offset, lengthBytes));
    return { kind: kind === 'absent' && !this.backing ? 'zero' : kind, lengthBytes: reach };
  }

  async flush(): Promise<void> {
    if (!this.isReadOnly) await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#lock.alone(async () => {
      try {
        if (!this.isReadOnly) await this.#map.finish?.();
      } finally {
        await this.#file.close();
        await this.backing?.close();
      }
    });
  }

  /** Calls `work` for each run within the bytes; it answers how many it has dealt with, and may be called again. */
  async #eachRun(
    offset: number,
    bytes: Uint8Array,
    work: (run: ByteRun, part: Uint8Array, at: number) => Promise<number>,
  ): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const run = await this.#runAt(offset + done, bytes.length - done);
      done += await work(run, bytes.subarray(done, done + run.lengthBytes), offset + done);
    }
  }

  async #runAt(offset: number, lengthBytes: number): Promise<ByteRun> {
    const { blockBytes } = this.#map;
    const block = Math.floor(offset / blockBytes);
    const skipped = offset - block * blockBytes;
    const maxCount = Math.max(1, Math.ceil((skipped + lengthBytes) / blockBytes));
    const { kind, fileOffset, count } = await this.#map.locate(block, maxCount);
    const reach = count * blockBytes - skipped;
    return { kind, fileOffset: fileOffset + skipped, lengthBytes: Math.min(reach, lengthBytes) };
  }

  async #readBacking(offset: number, target: Uint8Array): Promise<void> {
    const there = this.backing ? Math.min(target.length, Math.max(0, this.backing.sizeBytes - offset)) : 0;
    if (there > 0) await this.backing?.read(offset, target.subarray(0, there));
    target.fill(0, there);
  }

  /** Writes the beginning of `data`, whose first block was not there a moment ago. Answers how many bytes. */
  async #writeNew(offset: number, data: Uint8Array): Promise<number> {
    const run = await this.#runAt(offset, data.length);
    if (run.kind === 'data') return 0; // Another write has made it meanwhile.
    const shows = run.kind === 'absent' && this.backing !== undefined;
    if (!shows && isAllZeros(data.subarray(0, run.lengthBytes))) return run.lengthBytes;
    const { blockBytes, allocate } = this.#map;
    if (!allocate) throw ioError('EROFS', `'${this.#file.path}' cannot grow.`);
    const block = Math.floor(offset / blockBytes);
    const skipped = offset - block * blockBytes;
    const room = await allocate.call(this.#map, block, Math.ceil((skipped + run.lengthBytes) / blockBytes));
    const roomBytes = room.count * blockBytes;
    const part = data.subarray(0, Math.min(data.length, roomBytes - skipped));
    // Before the contents: a length that lags behind the table on the host's disk would look like a truncated image.
    if (this.#file.sizeBytes < room.fileOffset + roomBytes) await this.#file.truncate(room.fileOffset + roomBytes);
    if (room.isZeroed && !shows) await this.#file.write(room.fileOffset + skipped, part);
    else await this.#writeWhole(block * blockBytes, room.fileOffset, roomBytes, skipped, part, shows);
    await room.commit();
    return part.length;
  }

  /** Writes blocks whole: what is around the data comes from the backing image, or is zeros. */
  async #writeWhole(
    start: number,
    fileOffset: number,
    roomBytes: number,
    skipped: number,
    data: Uint8Array,
    shows: boolean,
  ): Promise<void> {
    const before = new Uint8Array(skipped);
    const after = new Uint8Array(roomBytes - skipped - data.length);
    if (shows) {
      await this.#readBacking(start, before);
      await this.#readBacking(start + skipped + data.length, after);
    }
    await this.#file.writeParts(fileOffset, [before, data, after]);
  }

  async #touch(): Promise<void> {
    this.#touched ??= this.#map.touch?.() ?? Promise.resolve();
    await this.#touched.catch((error: unknown) => {
      this.#touched = undefined;
      throw error;
    });
  }

  #assertWritable(): void {
    if (this.isReadOnly) throw ioError('EROFS', `'${this.#file.path}' is read-only.`);
  }
}

interface ByteRun {
  kind: Extent['kind'];
  fileOffset: number;
  lengthBytes: number;
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Stops at the first byte that is none, which for most data is at once. */
export function isAllZeros(bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; done += ZEROS.length) {
    const part = bytes.subarray(done, done + ZEROS.length);
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false;
  }
  return true;
}
