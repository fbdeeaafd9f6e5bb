/** How long an address stays known without being heard: the usual ageing time of IEEE 802.1Q, 8.8.3. */
export const AGEING_MS = 300_000;

export interface MacTableLimits {
  /** Addresses in all. */
  total: number;
  /** Addresses behind one port: a port that invents addresses must not push out those of the others. */
  perPort: number;
}

const LIMITS: MacTableLimits = { total: 4096, perPort: 1024 };

interface Entry<Port> {
  port: Port;
  heardMs: number;
}

/** Behind which port an address was last heard. Times are those of the caller's clock, in milliseconds. */
export class MacTable<Port> {
  readonly #entries = new Map<number, Entry<Port>>();
  readonly #countOf = new Map<Port, number>();
  readonly #limits: MacTableLimits;

  constructor(limits: MacTableLimits = LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Notes that a frame from this address came in here. When there is no room the address stays unknown. */
  learn(mac: number, port: Port, nowMs: number): void {
    const known = this.#entries.get(mac);
    if (known?.port === port) {
      known.heardMs = nowMs;
      return;
    }
    if (known) this.#drop(mac, known);
    if (this.#entries.size >= this.#limits.total) this.expire(nowMs);
    const count = this.#countOf.get(port) ?? 0;
    if (this.#entries.size >= this.#limits.total || count >= this.#limits.perPort) return;
    this.#entries.set(mac, { port, heardMs: nowMs });
    this.#countOf.set(port, count + 1);
  }

  /** The port, unless it has been silent for too long. */
  find(mac: number, nowMs: number): Port | undefined {
    const entry = this.#entries.get(mac);
    return entry !== undefined && nowMs - entry.heardMs < AGEING_MS ? entry.port : undefined;
  }

  /** Forgets one address, wherever it was. */
  forget(mac: number): void {
    const entry = this.#entries.get(mac);
    if (entry) this.#drop(mac, entry);
  }

  forgetPort(port: Port): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#drop(mac, entry);
  }

  expire(nowMs: number): void {
    for (const [mac, entry] of this.#entries) if (nowMs - entry.heardMs >= AGEING_MS) this.#drop(mac, entry);
  }

  /** What is known at the moment, the aged left out. */
  *known(nowMs: number): Generator<{ mac: number; port: Port; ageMs: number }> {
    for (const [mac, { port, heardMs }] of this.#entries) {
      const ageMs = nowMs - heardMs;
      if (ageMs < AGEING_MS) yield { mac, port, ageMs };
    }
  }

  #drop(mac: number, { port }: Entry<Port>): void {
    this.#entries.delete(mac);
    const left = (this.#countOf.get(port) ?? 1) - 1;
    if (left === 0) this.#countOf.delete(port);
    else this.#countOf.set(port, left);
  }
}
