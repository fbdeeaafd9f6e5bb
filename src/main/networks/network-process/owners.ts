import { isAlive, type ProcessIdentity } from '../../processes/process-identity.ts';

/** How often owners are looked at while there are any, in milliseconds. */
const LOOK_MS = 1_000;

/** Processes of the host with which things go that were made for them, also while no core is there. */
export class Owners {
  readonly #onEnd: (id: string) => void;
  readonly #owners = new Map<string, ProcessIdentity>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onEnd called once for each thing whose owner is gone */
  constructor(onEnd: (id: string) => void) {
    this.#onEnd = onEnd;
  }

  watch(id: string, owner: ProcessIdentity): void {
    this.#owners.set(id, owner);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  forget(id: string): void {
    this.#owners.delete(id);
    if (this.#owners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    for (const id of [...this.#owners.keys()]) this.forget(id);
  }

  async #look(): Promise<void> {
    for (const [id, owner] of this.#owners) {
      if ((await isAlive(owner)) || this.#owners.get(id) !== owner) continue;
      this.forget(id);
      this.#onEnd(id);
    }
  }
}
