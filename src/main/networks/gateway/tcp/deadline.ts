import type { Clock, Timer } from './clock.ts';

/**
 * A timer that is moved far more often than it fires: with each acknowledgment. Moving it only notes the new time; the
 * running timer looks at it when it wakes.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #run: () => void;
  #dueMs: number | undefined;
  #timer: Timer | undefined;
  #wakesAtMs = 0;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  get isSet(): boolean {
    return this.#dueMs !== undefined;
  }

  set(delayMs: number): void {
    this.#dueMs = this.#clock.nowMs() + delayMs;
    if (this.#timer && this.#wakesAtMs <= this.#dueMs) return;
    this.#timer?.cancel();
    this.#sleep(delayMs);
  }

  /** Forgets the time; the timer, where one runs, wakes once for nothing. */
  clear(): void {
    this.#dueMs = undefined;
  }

  /** Ends the timer too. */
  dispose(): void {
    this.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sleep(delayMs: number): void {
    this.#wakesAtMs = this.#clock.nowMs() + delayMs;
    this.#timer = this.#clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    if (this.#dueMs === undefined) return;
    const remainingMs = this.#dueMs - this.#clock.nowMs();
    if (remainingMs > 0) {
      this.#sleep(remainingMs);
      return;
    }
    this.#dueMs = undefined;
    this.#run();
  }
}
