import type { FrameSource } from '../switch/port.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import type { LeaseTable } from './lease-table.ts';
import { NeighborTable } from './neighbor-table.ts';
import { formatMac, type Ipv4, type Mac, parseIpv4, parseMac } from './packets/addresses.ts';
import { formatIpv6, type IpAddress, type Ipv6, isInPrefix, macOfAddress, slaacAddress } from './packets/ip-address.ts';
import type { PortForward, Target } from './port-forward.ts';
import type { Clock } from './tcp/clock.ts';

/** An adapter that is still there keeps an IPv6 address for so long after it was heard with it. */
const KEPT_MS = 300_000;

export interface GuestsOptions {
  clock: Clock;
  settings: Pick<ParsedSettings, 'subnet' | 'ipv6'>;
  leases: LeaseTable;
  /** Who is on the network at the moment. */
  sources: () => readonly FrameSource[];
  /** Ask all who is there for an address. */
  askArp: (address: Ipv4) => void;
  askNeighbors: (address: Ipv6) => void;
}

/** Who is on the network, and at which addresses. */
export class Guests {
  readonly #options: GuestsOptions;
  readonly neighbors: NeighborTable<Ipv4>;
  readonly neighbors6: NeighborTable<Ipv6>;

  constructor(options: GuestsOptions) {
    this.#options = options;
    const { clock, askArp, askNeighbors } = options;
    this.neighbors = new NeighborTable({ clock, ask: askArp, ownerOf: (address) => this.#leaseholder(address) });
    this.neighbors6 = new NeighborTable({ clock, ask: askNeighbors, ownerOf: (address) => this.#keeperOf(address) });
  }

  sourceOf(mac: Mac): FrameSource | undefined {
    const macAddress = formatMac(mac);
    return this.#options.sources().find((source) => source.macAddress === macAddress);
  }

  /** By its lease, or, where it set its address by hand, by what it was heard to use. */
  addressOf(mac: Mac): Ipv4 | undefined {
    return this.#options.leases.addressOf(mac) ?? this.neighbors.addressesOf(mac)[0];
  }

  /** Where an adapter is reached: of several IPv6 addresses the one that stays, or else the one that it used last. */
  addressesOf(mac: Mac): IpAddress[] {
    const ipv4 = this.addressOf(mac);
    const [ipv6] = this.ipv6AddressesOf(mac);
    return [ipv4 ?? [], ipv6 ?? []].flat();
  }

  /** Those of the network's prefix that an adapter was heard with: first the one that is made from its MAC address. */
  ipv6AddressesOf(mac: Mac): Ipv6[] {
    const { ipv6 } = this.#options.settings;
    if (!ipv6) return [];
    const heard = this.neighbors6.addressesOf(mac).filter((address) => isInPrefix(ipv6.prefix, address));
    const lasting = slaacAddress(ipv6.prefix, mac);
    return heard.includes(lasting) ? [lasting, ...heard.filter((address) => address !== lasting)] : heard;
  }

  /** The IPv6 addresses of all adapters that are there and have some. */
  ipv6Report(): { macAddress: string; addresses: string[] }[] {
    return this.#options.sources().flatMap(({ macAddress }) => {
      const mac = macAddress === null ? undefined : parseMac(macAddress);
      const addresses = mac === undefined ? [] : this.ipv6AddressesOf(mac).map(formatIpv6);
      return macAddress === null || addresses.length === 0 ? [] : [{ macAddress, addresses }];
    });
  }

  /** The guest that a port forward leads to, when it is attached and answers. */
  async find(target: PortForward['target']): Promise<Target | undefined> {
    const wanted = 'macAddress' in target ? parseMac(target.macAddress) : undefined;
    const address = 'address' in target ? parseIpv4(target.address) : wanted && this.addressOf(wanted);
    const wantedSource = wanted === undefined ? undefined : this.sourceOf(wanted);
    // Nothing it says is heard in quarantine: it would only seem to be away.
    if (wanted !== undefined && wantedSource?.profile === 'quarantine') {
      return {
        sender: { source: wantedSource, mac: wanted },
        address: address ?? this.#options.settings.subnet.network,
      };
    }
    if (address === undefined || ('macAddress' in target && !wantedSource)) return undefined;
    const mac = await this.neighbors.find(address);
    const source = mac === undefined ? undefined : this.sourceOf(mac);
    if (mac === undefined || !source || (wanted !== undefined && mac !== wanted)) return undefined;
    return { sender: { source, mac }, address };
  }

  /** An adapter leaves: others may have its IPv6 addresses, and its name leads nowhere over IPv6. */
  forgetPort(portId: string): void {
    const left = this.#options.sources().find((source) => source.portId === portId);
    const mac = left?.macAddress == null ? undefined : parseMac(left.macAddress);
    if (mac !== undefined) this.neighbors6.forgetMac(mac);
  }

  #leaseholder(address: Ipv4): Mac | undefined {
    const owner = this.#options.leases.holderOf(address);
    return owner !== undefined && this.sourceOf(owner) ? owner : undefined;
  }

  /** Whoever makes an address from its MAC address has it; of any other, whoever was heard with it of late. */
  #keeperOf(address: Ipv6): Mac | undefined {
    const maker = macOfAddress(address);
    if (maker !== undefined && this.sourceOf(maker)) return maker;
    const last = this.neighbors6.heardFrom(address, KEPT_MS);
    return last !== undefined && this.sourceOf(last) ? last : undefined;
  }
}
