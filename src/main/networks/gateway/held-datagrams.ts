import type { UdpSender } from './host-network.ts';
import type { Clock } from './tcp/clock.ts';

/** How long a datagram is held for a machine that is being woken, and how often the machine is tried meanwhile. */
const HOLD_MS = 60_000;
const RETRY_MS = 500;
/** While datagrams go on coming, the machine is asked for again so often: what woke it may have failed. */
const ASK_AGAIN_MS = 5_000;
/** What one forward holds at most; the oldest give way (RFC 1122, 2.3.2.2: at least the latest is saved). */
const MAX_HELD = 64;
const MAX_HELD_BYTES = 256 * 1024;

export interface Datagram {
  payload: Uint8Array;
  from: UdpSender;
}

export interface HeldDatagramsOptions<T> {
  clock: Clock;
  /** Asks for the guest to be woken; false: nobody will. */
  wake: () => boolean;
  /** The guest when it is up; undefined as long as it is not; `refused`: nobody may send to it. Must not reject. */
  find: () => Promise<T | 'refused' | undefined>;
  deliver: (target: T, datagram: Datagram) => void;
}

/** Datagrams to a guest that is not up: they are delivered in order once it is, or forgotten after a minute. */
export class HeldDatagrams<T> {
  readonly #options: HeldDatagramsOptions<T>;
  #held: (Datagram & { untilMs: number })[] = [];
  #bytes = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #timer: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(options: HeldDatagramsOptions<T>) {
    this.#options = options;
  }

  /** Those that came first go first: while any are held, later ones are to be held, too. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Takes a datagram, which is forgotten when nobody will wake the guest. */
  hold(datagram: Datagram): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.clock.nowMs();
    if (!this.isHolding || nowMs - this.#askedMs >= ASK_AGAIN_MS) {
      if (!this.#options.wake() && !this.isHolding) return;
      this.#askedMs = nowMs;
    }
    this.#held.push({ ...datagram, untilMs: nowMs + HOLD_MS });
    this.#bytes += datagram.payload.length;
    while (this.#held.length > MAX_HELD || this.#bytes > MAX_HELD_BYTES) this.#shift();
    this.#retryLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#held = [];
    this.#bytes = 0;
  }

  #retryLater(): void {
    this.#timer ??= this.#options.clock.after(RETRY_MS, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    const target = await this.#options.find();
    this.#timer = undefined;
    if (this.#isClosed) return;
    if (target !== undefined) {
      for (let next = this.#shift(); next; next = this.#shift()) {
        if (target !== 'refused') this.#options.deliver(target, next);
      }
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    while (this.#held[0] && this.#held[0].untilMs <= nowMs) this.#shift();
    if (this.isHolding) this.#retryLater();
  }

  #shift(): Datagram | undefined {
    const oldest = this.#held.shift();
    this.#bytes -= oldest?.payload.length ?? 0;
    return oldest;
  }
}
