/** RFC 6928: ten segments may go out before anything is known of the way. */
const INITIAL_SEGMENTS = 10;
/** Third duplicate acknowledgment: a segment is lost, not merely late (RFC 5681, section 3.2). */
const DUPLICATES_OF_LOSS = 3;

/** How much may be on the way at a time: slow start, congestion avoidance and fast recovery (RFC 5681, RFC 6582). */
export class CongestionWindow {
  readonly #segmentBytes: number;
  #bytes: number;
  #threshold = Number.POSITIVE_INFINITY;
  #duplicates = 0;
  #isRecovering = false;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.#bytes = INITIAL_SEGMENTS * segmentBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /** New bytes were acknowledged, outside of recovery. */
  acknowledged(bytes: number): void {
    this.#duplicates = 0;
    if (this.#bytes < this.#threshold) this.#bytes += bytes;
    else this.#bytes += Math.max(1, (this.#segmentBytes * Math.min(bytes, this.#segmentBytes * 2)) / this.#bytes);
    // No window of ours or of a guest is wider: growing on would only make later losses look large.
    this.#bytes = Math.min(this.#bytes, 4 * 1024 ** 2);
  }

  /** The same acknowledgment came again; true when this tells of a loss that is to be repaired now. */
  duplicate(inFlightBytes: number, mayRecover: boolean): boolean {
    this.#duplicates += 1;
    if (this.#isRecovering) {
      this.#bytes += this.#segmentBytes;
      return false;
    }
    if (this.#duplicates !== DUPLICATES_OF_LOSS || !mayRecover) return false;
    this.#threshold = Math.max(inFlightBytes / 2, 2 * this.#segmentBytes);
    this.#bytes = this.#threshold + DUPLICATES_OF_LOSS * this.#segmentBytes;
    this.#isRecovering = true;
    return true;
  }

  /** A part of what was on the way at the loss has arrived; the next piece is missing too (RFC 6582, section 3.2). */
  partlyAcknowledged(bytes: number): void {
    this.#bytes = Math.max(this.#segmentBytes, this.#bytes - bytes);
    if (bytes >= this.#segmentBytes) this.#bytes += this.#segmentBytes;
  }

  /** All that was on the way at the loss has arrived. */
  recovered(): void {
    this.#bytes = this.#threshold;
    this.#duplicates = 0;
    this.#isRecovering = false;
  }

  /** Nothing came back in time: begin again with one segment. */
  timedOut(inFlightBytes: number): void {
    this.#threshold = Math.max(inFlightBytes / 2, 2 * this.#segmentBytes);
    this.#bytes = this.#segmentBytes;
    this.#duplicates = 0;
    this.#isRecovering = false;
  }
}
