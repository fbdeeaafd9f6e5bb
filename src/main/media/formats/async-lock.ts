/** Runs tasks one after another, in the order in which they came. A task that fails does not hold up the next. */
export class AsyncLock {
  #last: Promise<unknown> = Promise.resolve();

  /** Must not be called from within a task of the same lock: it would wait for itself. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {}); // The caller sees the error.
    return result;
  }
}

/** Counts what is under way, for those who have to wait until nobody uses what they take away. */
export class InFlight {
  readonly #tasks = new Set<Promise<unknown>>();

  track<T>(task: Promise<T>): Promise<T> {
    this.#tasks.add(task);
    const done = (): void => {
      this.#tasks.delete(task);
    };
    task.then(done, done);
    return task;
  }

  /** Resolves when all that is under way now has ended, well or not. Does not wait for what begins meanwhile. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#tasks);
  }
}
