import type { Mac } from './packets/addresses.ts';
import type { IpAddress } from './packets/ip-address.ts';
import type { Clock } from './tcp/clock.ts';

/** How long an answer is believed (RFC 1122, section 2.3.2.1, asks for about a minute). */
const FRESH_MS = 60_000;
const RETRY_MS = 300;
const TRIES = 3;
/** A guest may claim as many addresses as it likes; we remember so many of it, the latest, and so many of all. */
const MAX_OF_ADAPTER = 64;
const MAX_ENTRIES = 4096;

export interface NeighborTableOptions<Address extends IpAddress> {
  clock: Clock;
  /** Asks all who is there for an address. */
  ask: (address: Address) => void;
  /** Whose address this is; another adapter's claim to it is not believed. Undefined: whoever claims it. */
  ownerOf: (address: Address) => Mac | undefined;
}

interface Question {
  answered: Promise<Mac | undefined>;
  answer: (mac: Mac | undefined) => void;
}

/** Which adapter has which address of one family, learnt from what guests send and asked for where it is not known. */
export class NeighborTable<Address extends IpAddress> {
  readonly #options: NeighborTableOptions<Address>;
  readonly #entries = new Map<Address, { mac: Mac; heardAtMs: number }>();
  readonly #ofAdapter = new Map<Mac, Set<Address>>();
  readonly #questions = new Map<Address, Question>();

  constructor(options: NeighborTableOptions<Address>) {
    this.#options = options;
  }

  /** Believes that `mac` has `address`, unless it is another's: gives false then. */
  learn(address: Address, mac: Mac): boolean {
    const owner = this.#options.ownerOf(address);
    if (owner !== undefined && owner !== mac) return false;
    if (!this.#refresh(address, mac)) this.#put(address, mac);
    this.#questions.get(address)?.answer(mac);
    return true;
  }

  /** Whether an adapter may speak with this address: it is its own, or nobody else's, and is its own from now on. */
  mayUse(address: Address, mac: Mac): boolean {
    return this.#refresh(address, mac) || this.learn(address, mac);
  }

  /** The adapter that was last heard with an address, if that is not longer ago than `withinMs`. */
  heardFrom(address: Address, withinMs: number): Mac | undefined {
    const entry = this.#entries.get(address);
    return entry && this.#options.clock.nowMs() - entry.heardAtMs <= withinMs ? entry.mac : undefined;
  }

  forgetMac(mac: Mac): void {
    for (const address of this.#ofAdapter.get(mac) ?? []) this.#entries.delete(address);
    this.#ofAdapter.delete(mac);
  }

  /** Addresses that an adapter used of late, the latest heard first. */
  addressesOf(mac: Mac): Address[] {
    const heardAtMs = (address: Address): number => this.#entries.get(address)?.heardAtMs ?? 0;
    return [...(this.#ofAdapter.get(mac) ?? [])].sort((a, b) => heardAtMs(b) - heardAtMs(a));
  }

  /** The adapter that has an address; undefined when nobody answers within about a second. */
  find(address: Address): Promise<Mac | undefined> {
    const known = this.heardFrom(address, FRESH_MS);
    if (known !== undefined) return Promise.resolve(known);
    return (this.#questions.get(address) ?? this.#ask(address)).answered;
  }

  #refresh(address: Address, mac: Mac): boolean {
    const known = this.#entries.get(address);
    if (known?.mac !== mac) return false;
    known.heardAtMs = this.#options.clock.nowMs();
    return true;
  }

  #put(address: Address, mac: Mac): void {
    if (!this.#entries.has(address) && this.#entries.size >= MAX_ENTRIES) return;
    this.#forget(address);
    const own = this.#ofAdapter.get(mac) ?? new Set();
    this.#ofAdapter.set(mac, own);
    const [oldest] = own;
    if (oldest !== undefined && own.size >= MAX_OF_ADAPTER) this.#forget(oldest);
    own.add(address);
    this.#entries.set(address, { mac, heardAtMs: this.#options.clock.nowMs() });
  }

  #forget(address: Address): void {
    const known = this.#entries.get(address);
    if (!known) return;
    this.#entries.delete(address);
    const own = this.#ofAdapter.get(known.mac);
    own?.delete(address);
    if (own?.size === 0) this.#ofAdapter.delete(known.mac);
  }

  #ask(address: Address): Question {
    const { promise, resolve } = Promise.withResolvers<Mac | undefined>();
    const answer = (mac: Mac | undefined): void => {
      this.#questions.delete(address);
      resolve(mac);
    };
    const question = { answered: promise, answer };
    this.#questions.set(address, question);
    this.#attempt(address, question, TRIES);
    return question;
  }

  #attempt(address: Address, question: Question, triesLeft: number): void {
    if (this.#questions.get(address) !== question) return;
    if (triesLeft === 0) {
      this.#forget(address);
      question.answer(undefined);
      return;
    }
    this.#options.ask(address);
    this.#options.clock.after(RETRY_MS, () => this.#attempt(address, question, triesLeft - 1));
  }
}
