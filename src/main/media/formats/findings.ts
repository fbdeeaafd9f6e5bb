import type { CheckReport } from './image-format.ts';

const MAX_SENTENCES = 50;

/** What a check has found so far; a damaged table of millions of entries gives no millions of sentences. */
export class Findings {
  readonly #errors: string[] = [];
  #more = 0;

  /** @param why as `damagedImage` takes it, such as 'its map is too short'. */
  add(why: string): void {
    if (this.#errors.length < MAX_SENTENCES) this.#errors.push(`${why.charAt(0).toUpperCase()}${why.slice(1)}.`);
    else this.#more += 1;
  }

  get count(): number {
    return this.#errors.length + this.#more;
  }

  report(leakedBytes: number, canRepair: boolean): CheckReport {
    const rest = this.#more > 0 ? [`There are ${this.#more} errors more.`] : [];
    return { isConsistent: this.count === 0, errors: [...this.#errors, ...rest], leakedBytes, canRepair };
  }
}
