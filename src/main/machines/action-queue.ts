/** Work of one key; the signal is aborted when something more urgent, such as a power off, wants its turn. */
type Work<T> = (signal: AbortSignal) => Promise<T>;

/** The longest that a timer can be set to (Node's documentation, `setTimeout`). */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Lets the actions of one machine run one after the other, in the order they came; machines do not wait for each other.
 * Work under way keeps the program alive, even when all that it waits for are processes and timers that would not:
 * a command line that ended in the middle of a start would leave the machine half-way.
 */
export class ActionQueue {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #running = new Map<string, AbortController>();

  /** Runs the work when all that was queued before it under this key has settled; settles as the work does. */
  run<T>(key: string, work: Work<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(async () => {
      const controller = new AbortController();
      this.#running.set(key, controller);
      const alive = setInterval(() => undefined, LONGEST_MS);
      try {
        return await work(controller.signal);
      } finally {
        clearInterval(alive);
        this.#running.delete(key);
      }
    });
    const tail = result.then(
      () => undefined,
      () => undefined, // The caller of `run` gets the failure; the queue only waits for its end.
    );
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }

  /** Aborts the signal of the work that runs under this key, if any. What waits behind it keeps its turn. */
  interrupt(key: string): void {
    this.#running.get(key)?.abort();
  }

  isIdle(key: string): boolean {
    return !this.#tails.has(key);
  }

  /** Resolves when nothing runs or waits any more. */
  async drain(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
