/**
 * Ethernet frames on a stream, as QEMU's `-netdev stream` puts them: the length in 4 bytes, the highest first, then the
 * frame.
 */

/** QEMU's own limit (`NET_BUFSIZE`): 64 KiB and room for headers. */
const MAX_FRAME_BYTES = 4096 + 65536;
const HEADER_BYTES = 4;

/** Takes frames out of a stream however it is cut. */
export class FrameReader {
  /** True once a length made no sense: nothing after it can be understood. */
  isBroken = false;
  #rest = Buffer.alloc(0);

  /** @returns the frames that are complete now */
  push(bytes: Uint8Array): Uint8Array[] {
    if (this.isBroken) return [];
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const frames: Uint8Array[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const length = this.#rest.readUInt32BE();
      if (length === 0 || length > MAX_FRAME_BYTES) {
        this.isBroken = true;
        break;
      }
      if (this.#rest.length < HEADER_BYTES + length) break;
      frames.push(this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length));
      this.#rest = this.#rest.subarray(HEADER_BYTES + length);
    }
    return frames;
  }
}

export function frameHeader(frame: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(frame.length);
  return header;
}
