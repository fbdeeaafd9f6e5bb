import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate, type ZlibOptions } from 'node:zlib';
import { SECTOR } from '../../image-file.ts';
import { assertInside, type BlockDevice, type Extent, ioError } from '../block-device.ts';
import { GRAIN_MARKER_BYTES } from './compressed-device.ts';
import { encodeVmdkHeader, TABLE_BYTES, TABLE_ENTRIES, type VmdkHeader } from './vmdk-header.ts';

const pack: (contents: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(deflate);

/** Kinds of markers without a grain: Virtual Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents". */
const MARKERS = { endOfStream: 0, table: 1, directory: 2, footer: 3 } as const;
/** Grains that are being packed at a time, on the threads of libuv. */
const PACKED_AT_ONCE = 8;

interface PackedGrain {
  grain: number;
  packing: Promise<Buffer>;
}

/**
 * Writes a stream-optimised VMDK from its beginning to its end: a disk that takes each byte once, in ascending order; what is
 * left out is zeros. The image is whole when `finish` is done.
 */
export class StreamWriter implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly = false;
  readonly #file: FileHandle;
  readonly #header: VmdkHeader;
  readonly #directory: Uint32Array;
  readonly #queue: PackedGrain[] = [];
  #table = new Uint32Array(TABLE_ENTRIES);
  #tableIndex = 0;
  #grain = 0;
  #pending: Buffer | undefined;
  #written = 0;
  #position: number;

  /** @param file holds the header and descriptor already. */
  constructor(file: FileHandle, header: VmdkHeader) {
    this.#file = file;
    this.#header = header;
    this.#directory = new Uint32Array(header.tables);
    this.#position = header.dataOffset;
    this.sizeBytes = header.sizeBytes;
  }

  /** @throws `EINVAL` when it goes back. */
  async write(offset: number, data: Uint8Array): Promise<void> {
    assertInside(this, offset, data.length);
    if (offset < this.#written) throw ioError('EINVAL', 'A compressed image is written once, from beginning to end.');
    const { grainBytes } = this.#header;
    for (let done = 0; done < data.length; ) {
      const grain = Math.floor((offset + done) / grainBytes);
      const skipped = offset + done - grain * grainBytes;
      const part = data.subarray(done, done + grainBytes - skipped);
      if (grain !== this.#grain) await this.#endGrain(grain);
      this.#pending ??= Buffer.alloc(grainBytes);
      this.#pending.set(part, skipped);
      done += part.length;
    }
    this.#written = offset + data.length;
  }

  /** Tables, directory, footer: what makes an image of the grains. */
  async finish(): Promise<void> {
    await this.#endGrain(0);
    while (this.#queue.length > 0) await this.#writeOldest();
    await this.#endTable();
    const directory = numbersAsSectors(this.#directory);
    await this.#append(encodeMarker(MARKERS.directory, directory.length));
    const directoryOffset = this.#position;
    await this.#append(directory);
    await this.#append(encodeMarker(MARKERS.footer, SECTOR));
    await this.#append(encodeVmdkHeader({ ...this.#header, directoryOffset }));
    await this.#append(encodeMarker(MARKERS.endOfStream, 0));
  }

  async #endGrain(next: number): Promise<void> {
    const contents = this.#pending;
    if (contents) {
      this.#queue.push({
        grain: this.#grain,
        packing: watched(pack(contents, { chunkSize: contents.length + SECTOR })),
      });
      if (this.#queue.length >= PACKED_AT_ONCE) await this.#writeOldest();
    }
    this.#pending = undefined;
    this.#grain = next;
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#queue.shift();
    if (!oldest) return;
    const { grain } = oldest;
    const index = Math.floor(grain / TABLE_ENTRIES);
    if (index !== this.#tableIndex) await this.#endTable();
    this.#tableIndex = index;
    const packed = await oldest.packing;
    const block = Buffer.alloc(Math.ceil((GRAIN_MARKER_BYTES + packed.length) / SECTOR) * SECTOR);
    block.writeBigUInt64LE(BigInt((grain * this.#header.grainBytes) / SECTOR), 0);
    block.writeUInt32LE(packed.length, 8);
    packed.copy(block, GRAIN_MARKER_BYTES);
    this.#table[grain % TABLE_ENTRIES] = this.#sector();
    await this.#append(block);
  }

  async #endTable(): Promise<void> {
    if (this.#table.every((sector) => sector === 0)) return;
    await this.#append(encodeMarker(MARKERS.table, TABLE_BYTES));
    this.#directory[this.#tableIndex] = this.#sector();
    await this.#append(numbersAsSectors(this.#table));
    this.#table = new Uint32Array(TABLE_ENTRIES);
  }

  /** @throws `EFBIG` where the sector has more than 32 bits. */
  #sector(): number {
    const sector = this.#position / SECTOR;
    if (sector < 2 ** 32) return sector;
    throw ioError('EFBIG', 'A VMDK image cannot become larger than 2 TiB.');
  }

  async #append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#position + done);
      done += bytesWritten;
    }
    this.#position += bytes.length;
  }

  async read(): Promise<void> {
    throw ioError('EIO', 'A compressed image cannot be read before it is whole.');
  }

  /** What is left out reads as zeros. */
  async discard(): Promise<void> {}

  async extentAt(_offset: number, lengthBytes: number): Promise<Extent> {
    return { kind: 'zero', lengthBytes };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Its failure is seen when its turn comes, and is not unhandled meanwhile. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function encodeMarker(type: number, followingBytes: number): Buffer {
  const marker = Buffer.alloc(SECTOR);
  marker.writeBigUInt64LE(BigInt(followingBytes / SECTOR), 0);
  marker.writeUInt32LE(type, 12);
  return marker;
}

function numbersAsSectors(numbers: Uint32Array): Buffer {
  const bytes = Buffer.alloc(Math.ceil(numbers.byteLength / SECTOR) * SECTOR);
  bytes.set(new Uint8Array(numbers.buffer));
  return bytes;
}
