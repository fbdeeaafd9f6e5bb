/** Keeps the last values that were used, and loads each only once even when several ask for it at a time. */
export class LruCache<Key, Value> {
  readonly #capacity: number;
  readonly #values = new Map<Key, Promise<Value>>();

  /** @param capacity values to keep; 1 or more. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @throws what `load` throws; the next call then loads again. */
  get(key: Key, load: () => Promise<Value>): Promise<Value> {
    const kept = this.#values.get(key);
    if (kept) this.#values.delete(key); // Entered again, it is the youngest.
    const value = kept ?? load();
    this.#values.set(key, value);
    if (!kept) this.#watch(key, value);
    return value;
  }

  #watch(key: Key, value: Promise<Value>): void {
    value.catch(() => {
      if (this.#values.get(key) === value) this.#values.delete(key);
    });
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#capacity && oldest !== undefined) this.#values.delete(oldest);
  }
}
