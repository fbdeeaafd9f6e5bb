const PAGE_ENTRIES = 4096;
const MAX_IN_PAGE = 255;

/** A count for each of very many things, most of which have none or one: a byte each, in pages that are made as needed. */
export class SparseCounts {
  readonly #pages = new Map<number, Uint8Array>();
  /** The few that do not fit into a byte. */
  readonly #large = new Map<number, number>();

  get(index: number): number {
    const inPage = this.#pages.get(Math.floor(index / PAGE_ENTRIES))?.[index % PAGE_ENTRIES] ?? 0;
    return inPage < MAX_IN_PAGE ? inPage : (this.#large.get(index) ?? inPage);
  }

  add(index: number, times: number): void {
    const number = Math.floor(index / PAGE_ENTRIES);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint8Array(PAGE_ENTRIES);
      this.#pages.set(number, page);
    }
    const count = this.get(index) + times;
    page[index % PAGE_ENTRIES] = Math.min(count, MAX_IN_PAGE);
    if (count >= MAX_IN_PAGE) this.#large.set(index, count);
  }

  /** Everything that has a count, in ascending order. */
  *entries(): Generator<[index: number, count: number]> {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      for (const [within, inPage] of (this.#pages.get(number) ?? []).entries()) {
        const index = number * PAGE_ENTRIES + within;
        if (inPage > 0) yield [index, this.get(index)];
      }
    }
  }
}
