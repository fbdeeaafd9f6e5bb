/**
 * Makes a stream of a subscription for values of which only the latest matter: when the reader is slow, the oldest of
 * those that wait are dropped. (An async generator would not do: its `return()` waits for the next value.)
 */
export class LatestStream<T extends object> implements AsyncIterableIterator<T, void> {
  readonly #waiting: T[];
  readonly #capacity: number;
  readonly #unsubscribe: () => void;
  #reader: ((result: IteratorResult<T, void>) => void) | undefined;
  #hasEnded = false;

  /** Begins with `first`, then all that `open` hands to the function it is given; at most `capacity` wait. */
  constructor(first: readonly T[], open: (push: (value: T) => void) => () => void, capacity = 1000) {
    this.#waiting = first.slice(-capacity);
    this.#capacity = capacity;
    this.#unsubscribe = open((value) => this.#push(value));
  }

  async next(): Promise<IteratorResult<T, void>> {
    const value = this.#waiting.shift();
    if (value) return { done: false, value };
    if (this.#hasEnded) return { done: true, value: undefined };
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  async return(): Promise<IteratorResult<T, void>> {
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#waiting.length = 0;
      this.#unsubscribe();
      this.#reader?.({ done: true, value: undefined });
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(value: T): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader({ done: false, value });
    else if (this.#waiting.push(value) > this.#capacity) this.#waiting.shift();
  }
}
