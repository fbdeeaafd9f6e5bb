import type { Clock, Timer } from '../../../src/main/networks/gateway/tcp/clock.ts';

interface Due {
  atMs: number;
  order: number;
  run: () => void;
}

/** Time that passes only when a test lets it: minutes of retransmissions take no time. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #queue = new Set<Due>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    this.#order += 1;
    const due = { atMs: this.#nowMs + delayMs, order: this.#order, run };
    this.#queue.add(due);
    return { cancel: () => void this.#queue.delete(due) };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  /** Lets everything happen that is due until then; true when nothing is left to happen. */
  runUntil(endMs: number): boolean {
    for (let next = this.#next(); next; next = this.#next()) {
      if (next.atMs > endMs) {
        this.#nowMs = Math.max(this.#nowMs, endMs);
        return false;
      }
      this.#queue.delete(next);
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
    return true;
  }

  #next(): Due | undefined {
    let first: Due | undefined;
    for (const each of this.#queue) {
      const isSooner = !first || each.atMs < first.atMs || (each.atMs === first.atMs && each.order < first.order);
      if (isSooner) first = each;
    }
    return first;
  }
}
