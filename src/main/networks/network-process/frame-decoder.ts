import type { TakeFrame } from '../switch/frame-sink.ts';
import { HEADER_BYTES, MAX_FRAMED_BYTES } from '../switch/framing.ts';

/**
 * Takes frames out of a stream however it is cut, without copying those that lie whole in one piece of it. `decode` and then
 * `keep`, for each piece: in between the frames are in use.
 */
export class FrameDecoder {
  /** A length made no sense: nothing after it can be understood. */
  isBroken = false;
  /** The beginning of a frame that was not whole, with its header. */
  readonly #rest = Buffer.allocUnsafeSlow(HEADER_BYTES + MAX_FRAMED_BYTES);
  #restUsed = 0;

  /** Hands out the frames that are whole now. @returns up to where the piece was understood, for `keep` */
  decode(piece: Buffer, length: number, take: TakeFrame): number {
    if (this.isBroken) return length;
    let at = 0;
    if (this.#restUsed > 0) {
      const lack = this.#lackOf(piece, length);
      if (lack === undefined || lack > length) return this.isBroken ? length : 0;
      this.#complete(piece, lack, take);
      at = lack;
    }
    while (length - at >= HEADER_BYTES) {
      const size = piece.readUInt32BE(at);
      if (size === 0 || size > MAX_FRAMED_BYTES) {
        this.isBroken = true;
        return length;
      }
      const end = at + HEADER_BYTES + size;
      if (end > length) break;
      take(piece, at + HEADER_BYTES, end);
      at = end;
    }
    return at;
  }

  /** Keeps what is behind the last whole frame; the piece may be used again afterwards. */
  keep(piece: Buffer, length: number, from: number): void {
    if (from >= length) return;
    piece.copy(this.#rest, this.#restUsed, from, length);
    this.#restUsed += length - from;
  }

  /** How many bytes the frame that had begun still lacks; undefined while its length is not known, or makes no sense. */
  #lackOf(piece: Buffer, length: number): number | undefined {
    const headerLack = HEADER_BYTES - this.#restUsed;
    if (headerLack > length) return undefined;
    if (headerLack > 0) piece.copy(this.#rest, this.#restUsed, 0, headerLack);
    const size = this.#rest.readUInt32BE(0);
    this.isBroken = size === 0 || size > MAX_FRAMED_BYTES;
    return this.isBroken ? undefined : HEADER_BYTES + size - this.#restUsed;
  }

  #complete(piece: Buffer, lack: number, take: TakeFrame): void {
    piece.copy(this.#rest, this.#restUsed, 0, lack);
    const end = this.#restUsed + lack;
    this.#restUsed = 0;
    take(this.#rest, HEADER_BYTES, end);
  }
}
