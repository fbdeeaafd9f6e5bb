import { InnError } from '../../shared/errors.ts';
import type { MediumId } from '../../shared/model/medium.ts';

/** A medium that work needs: `alone` when nobody else may touch it meanwhile, else for reading what does not change. */
export interface MediumNeed {
  id: MediumId;
  name: string;
  isAlone: boolean;
}

interface Hold {
  /** What is done, as a part of a sentence: `being compacted`. */
  doing: string;
  isAlone: boolean;
}

/**
 * Which media are being worked on by the program itself, such as compacted or copied. Machines at work are not in here:
 * their states say so.
 */
export class MediumLocks {
  readonly #holds = new Map<MediumId, Set<Hold>>();

  /**
   * Runs the work while it holds all of the media.
   * @param doing completes "because it is": `being copied`.
   * @throws InnError `MEDIUM_IN_USE` at once, when other work stands in the way; and what the work throws
   */
  async hold<T>(needs: readonly MediumNeed[], doing: string, work: () => Promise<T>): Promise<T> {
    for (const need of needs) this.assertFree(need);
    const holds = needs.map(({ id, isAlone }) => this.#add(id, { doing, isAlone }));
    try {
      return await work();
    } finally {
      for (const release of holds) release();
    }
  }

  /** @throws InnError `MEDIUM_IN_USE` when work is under way that does not go together with this need. */
  assertFree({ id, name, isAlone }: MediumNeed): void {
    const other = [...(this.#holds.get(id) ?? [])].find((hold) => isAlone || hold.isAlone);
    if (!other) return;
    throw new InnError('MEDIUM_IN_USE', `'${name}' cannot be used because it is ${other.doing}.`, {
      hint: 'Wait until that is done, or cancel its task.',
      details: { mediumId: id },
    });
  }

  #add(id: MediumId, hold: Hold): () => void {
    const holds = this.#holds.get(id) ?? new Set();
    this.#holds.set(id, holds.add(hold));
    return () => {
      holds.delete(hold);
      if (holds.size === 0) this.#holds.delete(id);
    };
  }
}
