/**
 * A lock that many may share, or one may hold alone. Who wants it alone waits for those inside, and keeps later ones
 * waiting meanwhile, so that it cannot starve.
 */
export class ShareLock {
  #sharers = 0;
  #whenEmpty: (() => void) | undefined;
  /** Settled when nobody holds the lock alone, nor waits to. */
  #gate: Promise<void> | undefined;

  async share<T>(work: () => Promise<T>): Promise<T> {
    while (this.#gate) await this.#gate;
    this.#sharers += 1;
    try {
      return await work();
    } finally {
      this.#sharers -= 1;
      if (this.#sharers === 0) this.#whenEmpty?.();
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#gate) await this.#gate;
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    try {
      if (this.#sharers > 0) {
        await new Promise<void>((resolve) => {
          this.#whenEmpty = resolve;
        });
      }
      return await work();
    } finally {
      this.#whenEmpty = undefined;
      this.#gate = undefined;
      open();
    }
  }
}
