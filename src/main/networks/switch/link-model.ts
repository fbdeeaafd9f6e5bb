/** What a line does to frames, in one direction. */
export interface LineSettings {
  /** Null: as fast as the host. */
  bitsPerSecond: number | null;
  delayMs: number;
  lossPercent: number;
}

/** How much may go at once after a pause, in time of the line: what a timer of the host may be late. */
const BURST_MS = 20;
/** How long a frame may wait for its turn; those beyond are dropped, so that a slow line stays a quick one to ask. */
const MAX_WAIT_MS = 200;

/** What becomes of a frame: it goes on at that time of the caller's clock, or it is gone. */
export type Verdict = number | 'lost' | 'full';

/**
 * When frames come out of a line with this rate, delay and loss. Pure: it keeps the time at which the line is free, and
 * whoever asks keeps the frames. Times in milliseconds; they come out in the order in which they went in.
 */
export class LinkModel {
  #settings: LineSettings;
  readonly #random: () => number;
  #freeAtMs = Number.NEGATIVE_INFINITY;
  #lastOutMs = Number.NEGATIVE_INFINITY;

  constructor(settings: LineSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  change(settings: LineSettings): void {
    this.#settings = settings;
    this.#freeAtMs = Number.NEGATIVE_INFINITY;
  }

  admit(nowMs: number, sizeBytes: number): Verdict {
    const { bitsPerSecond, delayMs, lossPercent } = this.#settings;
    if (lossPercent > 0 && this.#random() * 100 < lossPercent) return 'lost';
    let outMs = nowMs;
    if (bitsPerSecond !== null) {
      const beginMs = Math.max(this.#freeAtMs, nowMs - BURST_MS);
      if (beginMs - nowMs > MAX_WAIT_MS) return 'full';
      this.#freeAtMs = beginMs + (sizeBytes * 8000) / bitsPerSecond;
      outMs = Math.max(nowMs, this.#freeAtMs);
    }
    this.#lastOutMs = Math.max(outMs + delayMs, this.#lastOutMs);
    return this.#lastOutMs;
  }
}

/** Whether frames pass such a line at once and unharmed. */
export function isPerfect({ bitsPerSecond, delayMs, lossPercent }: LineSettings): boolean {
  return bitsPerSecond === null && delayMs === 0 && lossPercent === 0;
}
