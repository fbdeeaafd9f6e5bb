import { type Mac, parseMac } from './packets/addresses.ts';
import { type IpAddress, parseIp } from './packets/ip-address.ts';

/** A name of the network, as the core gives it: of a machine's adapter, or of an address. */
export type NameEntry = { name: string; macAddress: string } | { name: string; address: string };

export interface NameTableOptions {
  /** Names that the gateway brings along: its own and the host's. */
  own: ReadonlyMap<string, readonly IpAddress[]>;
  /** What an adapter is reached at; none: nothing at the moment. */
  addressesOf: (mac: Mac) => readonly IpAddress[];
}

/** Names without their domain, in lower case. */
export class NameTable {
  readonly #options: NameTableOptions;
  readonly #adapters = new Map<string, Mac>();
  readonly #addresses = new Map<string, readonly IpAddress[]>();

  constructor(options: NameTableOptions) {
    this.#options = options;
  }

  /** Takes the place of all names given before; unreadable addresses are left out. */
  set(entries: readonly NameEntry[]): void {
    this.#adapters.clear();
    this.#addresses.clear();
    for (const entry of entries) {
      const name = entry.name.toLowerCase();
      const mac = 'macAddress' in entry ? parseMac(entry.macAddress) : undefined;
      const address = 'address' in entry ? parseIp(entry.address) : undefined;
      if (mac !== undefined) this.#adapters.set(name, mac);
      if (address !== undefined) this.#addresses.set(name, [address]);
    }
  }

  /** Of both families; empty when the name is known and has none at the moment. */
  addressesOf(name: string): readonly IpAddress[] | undefined {
    const mac = this.#adapters.get(name);
    if (mac !== undefined) return this.#options.addressesOf(mac);
    return this.#addresses.get(name) ?? this.#options.own.get(name);
  }

  nameOf(address: IpAddress): string | undefined {
    for (const [name, mac] of this.#adapters) if (this.#options.addressesOf(mac).includes(address)) return name;
    for (const [name, each] of [...this.#addresses, ...this.#options.own]) if (each.includes(address)) return name;
    return undefined;
  }
}
