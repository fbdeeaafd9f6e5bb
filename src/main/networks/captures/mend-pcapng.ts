import { type FileHandle, open } from 'node:fs/promises';
import { ENHANCED_PACKET, SECTION_HEADER } from '../switch/pcapng.ts';

/** What a file of frames holds. */
export interface HeldFrames {
  frames: number;
  /** Of the frames themselves. */
  bytes: number;
}

const CHUNK_BYTES = 1024 * 1024;
/** Type and length of a block, and as much of a packet as says how long its frame is (draft-ietf-opsawg-pcapng, 4.3). */
const HEAD_BYTES = 24;
const CAPTURED_LENGTH_AT = 20;
/** Shortest block: its type, its length and its length again (section 3.1). */
const LEAST_BYTES = 12;
/** No block of ours is longer: a frame of 64 KiB and its options. */
const MOST_BYTES = 128 * 1024;

/**
 * Cuts off what whoever wrote a pcapng file could not finish, so that it can be read up to its last whole block.
 * @returns what is in it; undefined: it is no such file, and was left alone
 * @throws the system's error when it cannot be read or written
 */
export async function mendPcapng(path: string): Promise<HeldFrames | undefined> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const held: HeldFrames = { frames: 0, bytes: 0 };
  let end = 0;
  for await (const { type, length, capturedBytes } of blocksOf(file, size)) {
    if (end === 0 && type !== SECTION_HEADER) return undefined;
    if (type === ENHANCED_PACKET) {
      held.frames += 1;
      held.bytes += capturedBytes;
    }
    end += length;
  }
  if (end === 0 && size >= LEAST_BYTES) return undefined;
  if (end < size) await file.truncate(end);
  return held;
}

/** Each whole block from the beginning, up to the first that is cut off or makes no sense. */
async function* blocksOf(file: FileHandle, size: number) {
  const reader = new Reader(file);
  for (let at = 0; at + LEAST_BYTES <= size; ) {
    const head = await reader.read(at, Math.min(HEAD_BYTES, size - at));
    const [type, length] = [head.readUInt32LE(0), head.readUInt32LE(4)];
    const isWhole = length >= LEAST_BYTES && length <= MOST_BYTES && length % 4 === 0 && at + length <= size;
    if (!isWhole || (await reader.read(at + length - 4, 4)).readUInt32LE() !== length) return;
    yield { type, length, capturedBytes: length >= HEAD_BYTES ? head.readUInt32LE(CAPTURED_LENGTH_AT) : 0 };
    at += length;
  }
}

/** Reads a file by large pieces, from front to back. */
class Reader {
  readonly #file: FileHandle;
  #piece = Buffer.alloc(0);
  #from = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(at: number, length: number): Promise<Buffer> {
    if (at < this.#from || at + length > this.#from + this.#piece.length) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      this.#piece = buffer.subarray(0, bytesRead);
      this.#from = at;
    }
    return this.#piece.subarray(at - this.#from, at - this.#from + length);
  }
}
