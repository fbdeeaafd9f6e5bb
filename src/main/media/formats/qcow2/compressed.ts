import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import type { Qcow2Header } from './header.ts';
import type { MappedRun } from './mapping.ts';
import { zstdFrameBytes } from './zstd-frame.ts';

const inflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);

/** Clusters that are kept, because a guest reads them in small pieces. */
const KEPT_BYTES = 2 * 1024 * 1024;
const MIN_KEPT = 2;

/** Reads compressed clusters, each unpacked as a whole ("Compressed Clusters Descriptor"). */
export class CompressedClusters {
  readonly #file: HostFile;
  readonly #header: Qcow2Header;
  readonly #kept = new Map<number, Promise<Buffer>>();
  readonly #capacity: number;

  constructor(file: HostFile, header: Qcow2Header) {
    this.#file = file;
    this.#header = header;
    this.#capacity = Math.max(MIN_KEPT, Math.floor(KEPT_BYTES / header.clusterSize));
  }

  /** The whole cluster. @throws InnError `IMAGE_INVALID` when it does not unpack to one; the system's error. */
  read(run: Pick<MappedRun, 'hostOffset' | 'compressedBytes'>): Promise<Buffer> {
    const kept = this.#kept.get(run.hostOffset);
    if (kept) return kept;
    const cluster = this.#unpack(run);
    this.#kept.set(run.hostOffset, cluster);
    cluster.catch(() => this.#kept.delete(run.hostOffset));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#capacity && oldest !== undefined) this.#kept.delete(oldest);
    return cluster;
  }

  /** Their place in the file may be used for something else now. */
  forgetAll(): void {
    this.#kept.clear();
  }

  async #unpack({ hostOffset, compressedBytes }: Pick<MappedRun, 'hostOffset' | 'compressedBytes'>): Promise<Buffer> {
    const { clusterSize, isZstd } = this.#header;
    const packed = Buffer.alloc(compressedBytes);
    await this.#file.readPadded(hostOffset, packed); // The last sector may be cut short by the end of the file.
    const cluster = await (isZstd ? this.#unpackZstd(packed) : inflate(packed, { maxOutputLength: clusterSize })).catch(
      (cause: unknown) => {
        throw unpackError(this.#file.path, hostOffset, cause);
      },
    );
    if (cluster.length === clusterSize) return cluster;
    throw unpackError(this.#file.path, hostOffset, new Error(`${cluster.length} bytes came out`));
  }

  async #unpackZstd(packed: Buffer): Promise<Buffer> {
    if (typeof zlib.zstdDecompress !== 'function') {
      throw unsupportedImage(
        this.#file.path,
        'it is compressed with zstd',
        'Run the program with Node 22.15 or newer.',
      );
    }
    const decompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);
    return decompress(packed.subarray(0, zstdFrameBytes(packed)), { maxOutputLength: this.#header.clusterSize });
  }
}

function unpackError(path: string, offset: number, cause: unknown): Error {
  const isOurs = cause instanceof Error && cause.name === 'InnError';
  if (isOurs) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return damagedImage(path, `its compressed cluster at byte ${offset} cannot be unpacked (${reason})`);
}
