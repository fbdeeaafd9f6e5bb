/** Broadcasts and other frames for many, of one port: each costs the switch a copy per port. */
const FRAMES_PER_SECOND = 20_000;
const BURST_FRAMES = 4_000;

/** A bucket of tokens, one per frame. */
export class StormControl {
  #tokens = BURST_FRAMES;
  #filledMs = Number.NEGATIVE_INFINITY;

  /** Whether one more may go out, at this time of the caller's clock in milliseconds. */
  mayFlood(nowMs: number): boolean {
    const gained = ((nowMs - this.#filledMs) * FRAMES_PER_SECOND) / 1000;
    this.#tokens = Math.min(BURST_FRAMES, this.#tokens + gained);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
