import type { DropReason } from './counters.ts';
import type { TakeFrame } from './frame-sink.ts';
import { HEADER_BYTES } from './framing.ts';
import type { LinkModel } from './link-model.ts';

/** Time as a switch needs it; the tests bring their own. */
export interface SwitchClock {
  /** Milliseconds since any moment; never goes back. */
  now(): number;
  /** @returns how to call it off */
  after(delayMs: number, act: () => void): () => void;
}

/** The host's own. */
export const HOST_CLOCK: SwitchClock = {
  now: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Bytes that one line holds: a delay of seconds must not hold the memory of the host. */
const MAX_HELD_BYTES = 4 * 1024 ** 2;

interface Held {
  framed: Buffer;
  outMs: number;
}

/** Holds the frames that a `LinkModel` lets out later. */
export class DelayLine {
  readonly model: LinkModel;
  readonly #clock: SwitchClock;
  readonly #out: { take: TakeFrame; done: () => void };
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #cancel: (() => void) | undefined;

  /** @param out `take` is called with each frame that comes out, `done` after some of them */
  constructor(model: LinkModel, clock: SwitchClock, out: { take: TakeFrame; done: () => void }) {
    this.model = model;
    this.#clock = clock;
    this.#out = out;
  }

  /** @returns `now`: the caller passes it on; `held`: it comes out later; else why it is gone */
  offer(bytes: Buffer, start: number, end: number, nowMs: number): 'now' | 'held' | DropReason {
    const verdict = this.model.admit(nowMs, end - start);
    if (verdict === 'lost') return 'loss';
    if (verdict === 'full' || this.#heldBytes + end - start > MAX_HELD_BYTES) return 'limit';
    if (verdict <= nowMs && this.#held.length === 0) return 'now';
    const framed = Buffer.from(bytes.subarray(start - HEADER_BYTES, end));
    this.#held.push({ framed, outMs: verdict });
    this.#heldBytes += framed.length;
    this.#wait(nowMs);
    return 'held';
  }

  /** What it holds is gone. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#held.length = 0;
    this.#heldBytes = 0;
  }

  #wait(nowMs: number): void {
    const [first] = this.#held;
    if (!first || this.#cancel) return;
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(first.outMs - nowMs)), () => this.#release());
  }

  #release(): void {
    this.#cancel = undefined;
    const nowMs = this.#clock.now();
    const waiting = this.#held.findIndex(({ outMs }) => outMs > nowMs);
    const ready = this.#held.splice(0, waiting === -1 ? this.#held.length : waiting);
    for (const { framed } of ready) {
      this.#heldBytes -= framed.length;
      this.#out.take(framed, HEADER_BYTES, framed.length);
    }
    this.#out.done();
    this.#wait(nowMs);
  }
}
