import type { Socket } from 'node:net';
import type { FrameSink } from '../switch/frame-sink.ts';
import { HEADER_BYTES } from '../switch/framing.ts';

/** Frames that wait for one machine. */
const CAPACITY_BYTES = 512 * 1024;
const FIRST_CAPACITY_BYTES = 64 * 1024;
/** As long as the socket takes everything, a lot goes out when it is this large: a system call costs more than a copy. */
const LOT_BYTES = 192 * 1024;

/**
 * The frames on their way to one machine. They are gathered in one buffer and go out in one piece per flush, while the piece
 * before is still on its way into the second; memory is bounded by the two. Frames that lie one behind the other where they
 * came from are copied in one go.
 *
 * When the machine does not read, no sender gets more of the room than is left free: one that floods fills half at
 * most, and the next still finds a quarter (dynamic thresholds; Choudhury and Hahne, 1998).
 */
export class FrameOutput implements FrameSink {
  readonly #socket: Socket;
  #gathered = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  #used = 0;
  #spare = Buffer.alloc(0);
  #isWriting = false;
  /** A run of frames, side by side in one buffer, that is not copied yet. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;
  readonly #shares = new Map<object, number>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  push(bytes: Buffer, start: number, end: number, sender: object): boolean {
    const size = end - start + HEADER_BYTES;
    if (!this.#isWriting && this.#waiting + size > LOT_BYTES) this.flush();
    if (this.#isWriting && !this.#claim(sender, size)) return false;
    if (this.#run === bytes && this.#runEnd === start - HEADER_BYTES) {
      this.#runEnd = end;
    } else {
      this.#copyRun();
      this.#run = bytes;
      this.#runStart = start - HEADER_BYTES;
      this.#runEnd = end;
    }
    return true;
  }

  flush(): void {
    this.#copyRun();
    if (this.#isWriting || this.#used === 0) return;
    const piece = this.#gathered.subarray(0, this.#used);
    this.#used = 0;
    if (this.#socket.destroyed) return;
    this.#socket.write(piece, () => this.#written());
    if (this.#socket.writableLength === 0) return; // the system has it all: the buffer is free again
    this.#isWriting = true;
    this.#shares.clear();
    [this.#gathered, this.#spare] = [this.#spare, this.#gathered];
  }

  get #waiting(): number {
    return this.#used + this.#runEnd - this.#runStart;
  }

  #written(): void {
    if (!this.#isWriting || this.#socket.writableLength > 0) return;
    this.#isWriting = false;
    this.flush();
  }

  #claim(sender: object, size: number): boolean {
    const share = (this.#shares.get(sender) ?? 0) + size;
    if (share > CAPACITY_BYTES - this.#waiting - size) return false;
    this.#shares.set(sender, share);
    return true;
  }

  #copyRun(): void {
    const size = this.#runEnd - this.#runStart;
    if (!this.#run || size === 0) return;
    if (this.#used + size > this.#gathered.length) this.#grow(this.#used + size);
    this.#run.copy(this.#gathered, this.#used, this.#runStart, this.#runEnd);
    this.#used += size;
    this.#run = undefined;
    this.#runStart = this.#runEnd = 0;
  }

  #grow(needed: number): void {
    let capacity = FIRST_CAPACITY_BYTES;
    while (capacity < needed) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#gathered.copy(larger, 0, 0, this.#used);
    this.#gathered = larger;
  }
}
