import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';

const deflateInPool = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/** zlib's header for a 32 KiB window at the fastest level. Source: RFC 1950, 2.2. */
const STREAM_HEADER = Buffer.from([0x78, 0x01]);
/** Up to here, deflate would cost more time than it saves bytes. */
const STORED_UP_TO = 192;
/** Up to here deflate takes a tenth of a millisecond, and the way to another thread and back takes longer. */
const INLINE_UP_TO = 32 * 1024;
const OPTIONS: ZlibOptions = { level: 1, finishFlush: constants.Z_SYNC_FLUSH };

/**
 * One endless zlib stream to one viewer, as ZRLE wants it. Each piece is compressed by itself and ends on a byte
 * boundary with a sync flush: the pieces strung together are a valid stream, no compressor's state has to be kept for a
 * viewer, and several pieces can be compressed at once, outside of the thread that runs the guest.
 */
export class ZlibStream {
  #isStarted = false;

  /** The next piece of the stream. Pieces have to be sent in the order in which they were asked for. */
  async next(data: Buffer): Promise<Buffer[]> {
    const head = this.#isStarted ? [] : [STREAM_HEADER];
    this.#isStarted = true;
    if (data.length <= STORED_UP_TO) return [...head, ...storedBlock(data)];
    if (data.length <= INLINE_UP_TO) return [...head, deflateRawSync(data, OPTIONS)];
    return [...head, await deflateInPool(data, OPTIONS)];
  }
}

/** A block without compression that is not the last one. Source: RFC 1951, 3.2.4. */
function storedBlock(data: Buffer): Buffer[] {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(data.length, 1);
  header.writeUInt16LE(data.length ^ 0xffff, 3);
  return [header, data];
}
