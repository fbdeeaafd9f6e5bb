/** RFC 6298 begins with one second and asks for one at least; like other systems we go lower, the guest being near. */
const INITIAL_MS = 1000;
const MIN_MS = 200;
const MAX_MS = 60_000;
/** Clock granularity "G" of RFC 6298. */
const GRANULARITY_MS = 1;

/** When a segment counts as lost: the retransmission time-out of RFC 6298, section 2. */
export class RtoEstimator {
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #rtoMs = INITIAL_MS;

  get rtoMs(): number {
    return this.#rtoMs;
  }

  /** A round trip of a segment that was sent once only (Karn's algorithm, section 3). */
  sample(roundTripMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
    } else {
      this.#variationMs += (Math.abs(this.#smoothedMs - roundTripMs) - this.#variationMs) / 4;
      this.#smoothedMs += (roundTripMs - this.#smoothedMs) / 8;
    }
    this.#set(this.#smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#variationMs));
  }

  /** After each time-out the next comes twice as late (rule 5.5). */
  backOff(): void {
    this.#set(this.#rtoMs * 2);
  }

  /** What was sent has arrived after all: back to what the round trips say. */
  recover(): void {
    if (this.#smoothedMs === undefined) this.#set(INITIAL_MS);
    else this.#set(this.#smoothedMs + Math.max(GRANULARITY_MS, 4 * this.#variationMs));
  }

  #set(rtoMs: number): void {
    this.#rtoMs = Math.min(MAX_MS, Math.max(MIN_MS, rtoMs));
  }
}
