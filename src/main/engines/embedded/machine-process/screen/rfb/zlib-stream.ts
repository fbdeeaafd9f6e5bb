import { promisify } from 'node:util';
import { constants, deflateRaw, type ZlibOptions } from 'node:zlib';

const deflateInPool = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/** zlib's header for a 32 KiB window at the fastest level. Source: RFC 1950, 2.2. */
const STREAM_HEADER = Buffer.from([0x78, 0x01]);
/** Up to here, deflate would cost more time than it saves bytes. */
const STORED_UP_TO = 192;

/**
 * One endless zlib stream to one viewer, as ZRLE wants it. Each piece is compressed by itself and ends on a byte
 * boundary with a sync flush: the pieces strung together are a valid stream, and no compressor's state has to be kept
 * for a viewer. Compression runs outside of the thread that runs the guest.
 */
export class ZlibStream {
  #isStarted = false;

  /** The next piece of the stream. Pieces have to be asked for, and sent, one after the other. */
  async next(data: Buffer): Promise<Buffer[]> {
    const head = this.#isStarted ? [] : [STREAM_HEADER];
    this.#isStarted = true;
    return [...head, ...(data.length <= STORED_UP_TO ? storedBlock(data) : [await deflated(data)])];
  }
}

function deflated(data: Buffer): Promise<Buffer> {
  return deflateInPool(data, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
}

/** A block without compression that is not the last one. Source: RFC 1951, 3.2.4. */
function storedBlock(data: Buffer): Buffer[] {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(data.length, 1);
  header.writeUInt16LE(data.length ^ 0xffff, 3);
  return [header, data];
}
