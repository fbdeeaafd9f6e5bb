const KEPT = 50;

/** What a check has found. A hostile image has more errors than memory holds, so only the first are kept, and all counted. */
export class ProblemList {
  readonly #first: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(problem: string): void {
    this.#count += 1;
    if (this.#first.length < KEPT) this.#first.push(problem);
  }

  /** The first ones, and how many more there are. */
  toSentences(): string[] {
    const more = this.#count - this.#first.length;
    return more === 0 ? [...this.#first] : [...this.#first, `And ${more} more.`];
  }
}
