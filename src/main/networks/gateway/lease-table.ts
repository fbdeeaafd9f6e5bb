import { broadcastOf, type Ipv4, type Mac, type Subnet } from './packets/addresses.ts';

export interface Lease {
  mac: Mac;
  address: Ipv4;
  /** What the guest calls itself; null when it does not say. */
  hostName: string | null;
  /** Milliseconds since 1970. A lease that is over is kept, so that the same adapter gets the same address again. */
  expiresAtMs: number;
}

/** First address that is given away, counted from the network's own: those below are left for addresses set by hand. */
const FIRST_HOST = 15;
/** An address that somebody uses without a lease is left alone for so long. */
const DECLINED_MS = 600_000;
/** An offer is kept for whoever asked until then. */
const OFFER_MS = 30_000;

export interface LeaseTableOptions {
  subnet: Subnet;
  /** Addresses of the gateway itself. */
  reserved: readonly Ipv4[];
  leases: readonly Lease[];
  leaseMs: number;
  /** Milliseconds since 1970. */
  wallClockMs: () => number;
  /** A lease was made, renewed or given back: it is to be kept. */
  onChange: (lease: Lease) => void;
}

/** Which adapter gets which address. The same adapter gets the same one for as long as there are others free. */
export class LeaseTable {
  readonly #options: LeaseTableOptions;
  readonly #leases = new Map<Mac, Lease>();
  readonly #holders = new Map<Ipv4, Mac>();
  readonly #offers = new Map<Mac, { address: Ipv4; untilMs: number }>();
  readonly #declined = new Map<Ipv4, number>();
  #fixed = new Map<Mac, Ipv4>();

  constructor(options: LeaseTableOptions) {
    this.#options = options;
    for (const lease of options.leases) this.#put(lease);
  }

  /** Addresses that adapters get always; they come before any lease. */
  setFixed(fixed: ReadonlyMap<Mac, Ipv4>): void {
    this.#fixed = new Map(fixed);
  }

  /** Takes a lease of an earlier run, unless the adapter has one by now, or somebody else the address. */
  restore(lease: Lease): void {
    if (!this.#leases.has(lease.mac) && !this.#holders.has(lease.address)) this.#put(lease);
  }

  /** All leases ever given, those that are over too. */
  all(): Lease[] {
    return [...this.#leases.values()];
  }

  leaseOf(mac: Mac): Lease | undefined {
    return this.#leases.get(mac);
  }

  /** The address an adapter has, or will have by its fixed address; undefined while it has none. */
  addressOf(mac: Mac): Ipv4 | undefined {
    const lease = this.#leases.get(mac);
    const isCurrent = lease && lease.expiresAtMs > this.#options.wallClockMs();
    return isCurrent ? lease.address : this.#fixed.get(mac);
  }

  /** Who has an address by a lease that is not over. */
  holderOf(address: Ipv4): Mac | undefined {
    const mac = this.#holders.get(address);
    return mac !== undefined && this.#isHeld(address) ? mac : undefined;
  }

  /** Chooses an address: the fixed one, the one it had, the one it wishes, any free one; undefined when none is left. */
  offer(mac: Mac, wished: Ipv4 | undefined): Ipv4 | undefined {
    const address = this.#choose(mac, wished);
    if (address !== undefined) this.#offers.set(mac, { address, untilMs: this.#options.wallClockMs() + OFFER_MS });
    return address;
  }

  /** Whether an adapter that asks for this very address may have it. */
  canHave(mac: Mac, address: Ipv4): boolean {
    const fixed = this.#fixed.get(mac);
    return fixed === undefined ? this.#isInRange(address) && this.#isFreeFor(mac, address) : fixed === address;
  }

  /** Gives the address for the full time. */
  commit(mac: Mac, address: Ipv4, hostName: string | null): void {
    this.#offers.delete(mac);
    const expiresAtMs = this.#options.wallClockMs() + this.#options.leaseMs;
    const lease = { mac, address, hostName: hostName ?? this.#leases.get(mac)?.hostName ?? null, expiresAtMs };
    this.#put(lease);
    this.#options.onChange(lease);
  }

  /** The guest needs it no more; it is kept in mind for it all the same. */
  release(mac: Mac): void {
    const lease = this.#leases.get(mac);
    if (!lease) return;
    const released = { ...lease, expiresAtMs: this.#options.wallClockMs() };
    this.#leases.set(mac, released);
    this.#options.onChange(released);
  }

  /** The guest found somebody else using its address. */
  decline(mac: Mac, address: Ipv4): void {
    if (this.#leases.get(mac)?.address !== address) return;
    this.release(mac);
    this.#leases.delete(mac);
    this.#holders.delete(address);
    this.#declined.set(address, this.#options.wallClockMs() + DECLINED_MS);
  }

  #put(lease: Lease): void {
    const before = this.#leases.get(lease.mac);
    if (before) this.#holders.delete(before.address);
    const displaced = this.#holders.get(lease.address);
    if (displaced !== undefined) this.#leases.delete(displaced);
    this.#leases.set(lease.mac, lease);
    this.#holders.set(lease.address, lease.mac);
  }

  #choose(mac: Mac, wished: Ipv4 | undefined): Ipv4 | undefined {
    const fixed = this.#fixed.get(mac);
    if (fixed !== undefined) return fixed;
    const now = this.#options.wallClockMs();
    const offered = this.#offers.get(mac);
    const candidates = [this.#leases.get(mac)?.address, offered && offered.untilMs > now ? offered.address : undefined];
    for (const address of [...candidates, wished]) {
      if (address !== undefined && this.#isInRange(address) && this.#isFreeFor(mac, address)) return address;
    }
    return this.#firstFree(mac) ?? this.#longestOver(mac);
  }

  #firstFree(mac: Mac): Ipv4 | undefined {
    const { first, last } = this.#range();
    for (let address = first; address <= last; address += 1) {
      if (!this.#holders.has(address) && this.#isFreeFor(mac, address)) return address;
    }
    return undefined;
  }

  /** When all have been given away once, the one that nobody has needed for the longest time. */
  #longestOver(mac: Mac): Ipv4 | undefined {
    const over = this.all().filter((lease) => this.#isInRange(lease.address) && this.#isFreeFor(mac, lease.address));
    return over.sort((a, b) => a.expiresAtMs - b.expiresAtMs)[0]?.address;
  }

  #range(): { first: Ipv4; last: Ipv4 } {
    const { subnet } = this.#options;
    const last = broadcastOf(subnet) - 1;
    return { first: last - subnet.network > 2 * FIRST_HOST ? subnet.network + FIRST_HOST : subnet.network + 1, last };
  }

  #isInRange(address: Ipv4): boolean {
    const { subnet } = this.#options;
    return address > subnet.network && address < broadcastOf(subnet);
  }

  #isFreeFor(mac: Mac, address: Ipv4): boolean {
    const now = this.#options.wallClockMs();
    const holder = this.#holders.get(address);
    if (this.#options.reserved.includes(address) || (this.#declined.get(address) ?? 0) > now) return false;
    if (holder !== undefined && holder !== mac && this.#isHeld(address)) return false;
    for (const [owner, fixed] of this.#fixed) if (fixed === address && owner !== mac) return false;
    for (const [asker, offer] of this.#offers) {
      if (asker !== mac && offer.address === address && offer.untilMs > now) return false;
    }
    return true;
  }

  #isHeld(address: Ipv4): boolean {
    const mac = this.#holders.get(address);
    return mac !== undefined && (this.#leases.get(mac)?.expiresAtMs ?? 0) > this.#options.wallClockMs();
  }
}
