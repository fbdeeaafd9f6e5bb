import type { Ipv4, Mac } from './packets/addresses.ts';

/** A name of the network, as the core gives it: of a machine's adapter, or of an address. */
export type NameEntry = { name: string; macAddress: string } | { name: string; address: string };

export interface NameTableOptions {
  /** Names that the gateway brings along: its own and the host's. */
  own: ReadonlyMap<string, Ipv4>;
  addressOf: (mac: Mac) => Ipv4 | undefined;
}

/** Names without their domain, in lower case. */
export class NameTable {
  readonly #options: NameTableOptions;
  #adapters = new Map<string, Mac>();
  #addresses = new Map<string, Ipv4>();

  constructor(options: NameTableOptions) {
    this.#options = options;
  }

  /** Takes the place of all names given before. */
  set(adapters: ReadonlyMap<string, Mac>, addresses: ReadonlyMap<string, Ipv4>): void {
    this.#adapters = new Map(adapters);
    this.#addresses = new Map(addresses);
  }

  /** Null when the name is known and has no address at the moment. */
  addressOf(name: string): Ipv4 | null | undefined {
    const mac = this.#adapters.get(name);
    if (mac !== undefined) return this.#options.addressOf(mac) ?? null;
    return this.#addresses.get(name) ?? this.#options.own.get(name);
  }

  nameOf(address: Ipv4): string | undefined {
    for (const [name, mac] of this.#adapters) if (this.#options.addressOf(mac) === address) return name;
    for (const [name, each] of [...this.#addresses, ...this.#options.own]) if (each === address) return name;
    return undefined;
  }
}
