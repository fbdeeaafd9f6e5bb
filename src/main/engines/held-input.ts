import type { Duplex } from 'node:stream';
import type { QmpEvent } from './qmp/protocol.ts';

/**
 * Keeps what is typed at the screen while the guest stands still for a moment that nobody asked for, such as that of a
 * live snapshot: engines throw away keys and clicks that reach a guest which stands still.
 */
export class HeldInput {
  readonly #streams = new Set<Duplex>();
  #moments = 0;
  #isHeld = false;

  /** A connection to the screen; what is written to it waits from now on as the others do. */
  add(stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    if (this.#isHeld) stream.cork();
  }

  /**
   * Does work in which the guest may stand still for a moment, and goes on as before.
   * @param isStill it stands still from the beginning to the end; false: as the engine's events tell
   */
  async through<T>(isStill: boolean, work: () => Promise<T>): Promise<T> {
    this.#moments += 1;
    if (isStill) this.#hold();
    try {
      return await work();
    } finally {
      this.#moments -= 1;
      if (this.#moments === 0) this.#letGo();
    }
  }

  note({ event }: QmpEvent): void {
    if (event === 'STOP' && this.#moments > 0) this.#hold();
    if (event === 'RESUME') this.#letGo();
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    for (const stream of this.#streams) stream.cork();
  }

  #letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    for (const stream of this.#streams) stream.uncork();
  }
}
