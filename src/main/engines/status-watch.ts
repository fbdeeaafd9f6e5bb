import type { SessionStatus } from './engine.ts';
import { isSameStatus } from './qmp-status.ts';

/**
 * Tells listeners of each change of a machine's status that its owner does not know yet: what the owner was told, or
 * has brought about by a command, is not told again.
 */
export class StatusWatch {
  readonly #query: () => Promise<SessionStatus>;
  readonly #listeners = new Set<(status: SessionStatus) => void>();
  #known: SessionStatus | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #commandsUnderWay = 0;
  /** Grows at the start and at the end of each command: an answer from before is of no use after it. */
  #commandSteps = 0;

  constructor(query: () => Promise<SessionStatus>) {
    this.#query = query;
  }

  get isCommandUnderWay(): boolean {
    return this.#commandsUnderWay > 0;
  }

  listen(listener: (status: SessionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The owner asked for the status and got this answer. */
  note(status: SessionStatus): void {
    this.#known = status;
  }

  /** Runs a command of the owner; `result` is the status that it brings about, undefined when it changes nothing. */
  async command(result: SessionStatus | undefined, act: () => Promise<unknown>): Promise<void> {
    this.#commandsUnderWay += 1;
    this.#commandSteps += 1;
    try {
      await act();
      if (result !== undefined) this.#known = result;
    } finally {
      this.#commandsUnderWay -= 1;
      this.#commandSteps += 1;
    }
  }

  /** Asks for the status and tells it when it is news. One question after another; never rejects. */
  refresh(): void {
    this.#refreshing = this.#refreshing.then(async () => {
      try {
        for (let steps = -1; steps !== this.#commandSteps; ) {
          steps = this.#commandSteps;
          const status = await this.#query();
          if (steps === this.#commandSteps) this.report(status);
        }
      } catch {
        // The engine is gone: the session's `exit` tells it.
      }
    });
  }

  report(status: SessionStatus): void {
    if (this.#known !== undefined && isSameStatus(status, this.#known)) return;
    this.#known = status;
    for (const listener of [...this.#listeners]) listener(status);
  }

  close(): void {
    this.#listeners.clear();
  }
}
