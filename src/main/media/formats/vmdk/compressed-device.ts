import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { KIB } from '../../../../shared/units.ts';
import { SECTOR } from '../../image-file.ts';
import { assertInside, type BlockDevice, type Extent, ioError } from '../block-device.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { LruCache } from '../lru-cache.ts';
import type { GrainTables } from './grain-tables.ts';
import type { VmdkHeader } from './vmdk-header.ts';

const unpack = promisify(inflate);

/** In front of each compressed grain: its first sector on the disk (64 bits), and its length in the file (32 bits). */
export const GRAIN_MARKER_BYTES = 12;
/** Grains kept in memory unpacked, and unpacked at a time. */
const CACHED_GRAINS = 64;

/** A stream-optimised VMDK: each grain is packed on its own, so it can be read anywhere, but never written in place. */
export class CompressedVmdk implements BlockDevice {
  readonly sizeBytes: number;
  readonly isReadOnly = true;
  readonly #file: HostFile;
  readonly #grainBytes: number;
  readonly #tables: GrainTables;
  readonly #grains: LruCache<number, Buffer>;

  constructor(file: HostFile, { sizeBytes, grainBytes }: VmdkHeader, tables: GrainTables) {
    this.#file = file;
    this.#grainBytes = grainBytes;
    this.#tables = tables;
    this.#grains = new LruCache(Math.max(1, Math.floor((CACHED_GRAINS * 64 * KIB) / grainBytes)));
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    assertInside(this, offset, target.length);
    const parts: Promise<void>[] = [];
    for (let done = 0; done < target.length; ) {
      const skipped = (offset + done) % this.#grainBytes;
      const part = target.subarray(done, done + this.#grainBytes - skipped);
      parts.push(this.#readPart(Math.floor((offset + done) / this.#grainBytes), skipped, part));
      done += part.length;
      if (parts.length === CACHED_GRAINS) await Promise.all(parts.splice(0));
    }
    await Promise.all(parts);
  }

  async #readPart(grain: number, skipped: number, part: Uint8Array): Promise<void> {
    const { kind, fileOffset } = await this.#tables.grain(grain);
    if (kind !== 'data') part.fill(0);
    else
      part.set(
        (await this.#grains.get(grain, () => this.#unpack(grain, fileOffset))).subarray(skipped, skipped + part.length),
      );
  }

  async #unpack(grain: number, fileOffset: number): Promise<Buffer> {
    const reach = Math.min(this.#grainBytes + SECTOR, this.#file.sizeBytes - fileOffset);
    if (reach < GRAIN_MARKER_BYTES) throw ioError('EIO', `'${this.#file.path}' ends before a grain: it was truncated.`);
    let packed = Buffer.allocUnsafe(reach);
    await this.#file.read(fileOffset, packed);
    const length = packed.readUInt32LE(8);
    const isOther = packed.readBigUInt64LE(0) !== BigInt((grain * this.#grainBytes) / SECTOR);
    if (isOther || length > 2 * this.#grainBytes) throw this.#damaged();
    if (GRAIN_MARKER_BYTES + length > reach) {
      packed = Buffer.allocUnsafe(GRAIN_MARKER_BYTES + length);
      await this.#file.read(fileOffset, packed);
    }
    return this.#inflate(packed.subarray(GRAIN_MARKER_BYTES, GRAIN_MARKER_BYTES + length));
  }

  /**
   * A grain that would become larger than a grain is refused by zlib before it takes the memory. In chunks of a grain zlib is
   * asked once: with those of its own it took twice the time.
   */
  async #inflate(packed: Buffer): Promise<Buffer> {
    const grain = await unpack(packed, {
      maxOutputLength: this.#grainBytes,
      chunkSize: this.#grainBytes + SECTOR,
    }).catch((cause: unknown) => {
      throw Object.assign(this.#damaged(), { cause });
    });
    // The last one of the disk may be shorter.
    return grain.length === this.#grainBytes ? grain : Buffer.concat([grain], this.#grainBytes);
  }

  #damaged() {
    return damagedImage(this.#file.path, 'a compressed grain is damaged');
  }

  async extentAt(offset: number, lengthBytes: number): Promise<Extent> {
    assertInside(this, offset, lengthBytes);
    const grain = Math.floor(offset / this.#grainBytes);
    const skipped = offset - grain * this.#grainBytes;
    const { kind, count } = await this.#tables.run(grain, Math.ceil((skipped + lengthBytes) / this.#grainBytes));
    const reach = Math.min(lengthBytes, count * this.#grainBytes - skipped);
    return { kind: kind === 'data' ? 'data' : 'zero', lengthBytes: reach };
  }

  async write(): Promise<void> {
    throw ioError('EROFS', `'${this.#file.path}' is compressed, and cannot be written.`);
  }

  async discard(): Promise<void> {
    await this.write();
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    await this.#file.close();
  }
}
