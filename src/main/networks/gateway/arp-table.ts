import type { Outbound } from './outbound.ts';
import { BROADCAST_MAC, type Ipv4, type Mac } from './packets/addresses.ts';
import type { Clock } from './tcp/clock.ts';

/** How long an answer is believed (RFC 1122, section 2.3.2.1, asks for about a minute). */
const FRESH_MS = 60_000;
const RETRY_MS = 300;
const TRIES = 3;
/** A guest may claim as many addresses as it likes; we remember so many. */
const MAX_ENTRIES = 4096;

export interface ArpTableOptions {
  clock: Clock;
  outbound: Outbound;
  macAddress: Mac;
  address: Ipv4;
  /** Whose address this is by its lease; another adapter's claim to it is not believed. */
  ownerOf: (address: Ipv4) => Mac | undefined;
}

interface Question {
  answered: Promise<Mac | undefined>;
  answer: (mac: Mac | undefined) => void;
}

/** Which adapter has which address, learnt from what guests send and asked for where it is not known (RFC 826). */
export class ArpTable {
  readonly #options: ArpTableOptions;
  readonly #entries = new Map<Ipv4, { mac: Mac; heardAtMs: number }>();
  readonly #questions = new Map<Ipv4, Question>();

  constructor(options: ArpTableOptions) {
    this.#options = options;
  }

  /** Believes that `mac` has `address`, unless a lease says otherwise. */
  learn(address: Ipv4, mac: Mac): void {
    const owner = this.#options.ownerOf(address);
    if (owner !== undefined && owner !== mac) return;
    const known = this.#entries.get(address);
    const heardAtMs = this.#options.clock.nowMs();
    if (known?.mac === mac) known.heardAtMs = heardAtMs;
    else if (known || this.#entries.size < MAX_ENTRIES) this.#entries.set(address, { mac, heardAtMs });
    this.#questions.get(address)?.answer(mac);
  }

  forgetMac(mac: Mac): void {
    for (const [address, entry] of this.#entries) if (entry.mac === mac) this.#entries.delete(address);
  }

  /** Addresses that an adapter used of late, the latest heard first. */
  addressesOf(mac: Mac): Ipv4[] {
    const own = [...this.#entries].filter(([, entry]) => entry.mac === mac);
    return own.sort(([, a], [, b]) => b.heardAtMs - a.heardAtMs).map(([address]) => address);
  }

  /** The adapter that has an address; undefined when nobody answers within about a second. */
  find(address: Ipv4): Promise<Mac | undefined> {
    const known = this.#entries.get(address);
    if (known && this.#options.clock.nowMs() - known.heardAtMs < FRESH_MS) return Promise.resolve(known.mac);
    return (this.#questions.get(address) ?? this.#ask(address)).answered;
  }

  #ask(address: Ipv4): Question {
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

  #attempt(address: Ipv4, question: Question, triesLeft: number): void {
    if (this.#questions.get(address) !== question) return;
    if (triesLeft === 0) {
      this.#entries.delete(address);
      question.answer(undefined);
      return;
    }
    const { clock, outbound, macAddress, address: own } = this.#options;
    outbound.arp(BROADCAST_MAC, {
      operation: 'request',
      senderMac: macAddress,
      senderAddress: own,
      targetMac: 0,
      targetAddress: address,
    });
    clock.after(RETRY_MS, () => this.#attempt(address, question, triesLeft - 1));
  }
}
