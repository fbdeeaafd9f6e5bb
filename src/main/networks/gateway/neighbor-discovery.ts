import type { GatewayContext } from './gateway-context.ts';
import type { Ipv6Settings } from './gateway-settings.ts';
import { isOfNetwork, isOwnAddress } from './ipv6-addresses.ts';
import type { NeighborTable } from './neighbor-table.ts';
import type { Mac } from './packets/addresses.ts';
import type { IcmpMessage } from './packets/icmp.ts';
import { makeIcmp6, parseIcmp6 } from './packets/icmp6.ts';
import {
  ALL_NODES,
  formatIpv6,
  type Ipv6,
  isMulticast,
  multicastMacOf,
  solicitedNodeOf,
  UNSPECIFIED,
} from './packets/ip-address.ts';
import { PROTOCOLS } from './packets/ip-packet.ts';
import type { Ipv6Packet } from './packets/ipv6.ts';
import {
  makeNeighborAdvertisement,
  makeSolicitation,
  NDP_HOPS,
  type NeighborMessage,
  parseNdp,
} from './packets/ndp.ts';
import { isMalformed } from './packets/refusal.ts';
import type { Sender } from './sender.ts';

export interface NeighborDiscoveryOptions {
  context: GatewayContext;
  settings: Ipv6Settings;
  macAddress: Mac;
  neighbors: NeighborTable<Ipv6>;
  /** A machine asks what router there is. */
  onRouterWanted: (sender: Sender) => void;
}

/** Who has which IPv6 address (RFC 4861, section 7): answers for the gateway's own, and learns those of the machines. */
export class NeighborDiscovery {
  readonly #options: NeighborDiscoveryOptions;

  constructor(options: NeighborDiscoveryOptions) {
    this.#options = options;
  }

  /** Takes a packet of ICMPv6; false when it is of another kind than these. What is not as it must be is dropped. */
  receive(packet: Ipv6Packet, sender: Sender): boolean {
    const icmp = parseIcmp6(packet.payload, packet.source, packet.destination);
    if (isMalformed(icmp)) return true;
    const message = parseNdp(icmp);
    // A router's advertisements and redirects are not for a router; echoes and errors are for others here.
    if (isMalformed(message)) return icmp.type >= FIRST_TYPE && icmp.type <= LAST_TYPE;
    if (packet.ttl !== NDP_HOPS || !this.#mayBeFrom(packet)) return true;
    if (message.kind === 'router') this.#options.onRouterWanted(sender);
    else if (message.kind === 'solicitation') this.#receiveQuestion(packet, message, sender);
    else this.#receiveClaim(message, sender);
    return true;
  }

  /** Asks all machines that may have an address. */
  ask(target: Ipv6): void {
    const { macAddress, settings } = this.#options;
    const destination = solicitedNodeOf(target);
    this.send(multicastMacOf(destination), settings.linkLocal, destination, makeSolicitation(target, macAddress));
  }

  /** Sends a message with the hops that these must have. */
  send(toMac: Mac, source: Ipv6, destination: Ipv6, message: IcmpMessage): void {
    const { outbound } = this.#options.context;
    const content = makeIcmp6(message, source, destination);
    outbound.packet({ toMac, source, destination }, PROTOCOLS.icmp6, content, NDP_HOPS);
  }

  /** Machines that have no address yet speak to all who may be concerned (section 7.1.1). */
  #mayBeFrom({ source, destination }: Ipv6Packet): boolean {
    const { settings } = this.#options;
    if (source === UNSPECIFIED) return isMulticast(destination);
    return isOfNetwork(settings, source) && !isOwnAddress(settings, source);
  }

  #receiveQuestion(packet: Ipv6Packet, { target, mac }: NeighborMessage, sender: Sender): void {
    const isForDouble = packet.source === UNSPECIFIED;
    // Answers go to where the frame came from, so an option may name nobody else.
    if (mac !== undefined && (isForDouble || mac !== sender.mac)) return;
    if (isOwnAddress(this.#options.settings, target)) this.#answer(packet.source, target, sender.mac);
    // Whoever looks for a double of its address is about to have it (RFC 4862, section 5.4).
    else if (isForDouble) this.#learn(target, sender);
    if (!isForDouble && mac !== undefined) this.#learn(packet.source, sender);
  }

  #receiveClaim({ target, mac }: NeighborMessage, sender: Sender): void {
    if (mac !== undefined && mac !== sender.mac) return;
    if (isOwnAddress(this.#options.settings, target)) this.#refuse(target, sender);
    else this.#learn(target, sender);
  }

  #answer(asker: Ipv6, target: Ipv6, mac: Mac): void {
    const { macAddress, settings } = this.#options;
    const isSolicited = asker !== UNSPECIFIED;
    const isRouter = target !== settings.hostAlias;
    const message = makeNeighborAdvertisement(target, macAddress, { isRouter, isSolicited });
    if (isSolicited) this.send(mac, target, asker, message);
    else this.send(multicastMacOf(ALL_NODES), target, ALL_NODES, message);
  }

  #learn(address: Ipv6, sender: Sender): void {
    const { neighbors, settings } = this.#options;
    if (isOfNetwork(settings, address) && !neighbors.learn(address, sender.mac)) this.#refuse(address, sender);
  }

  #refuse(address: Ipv6, { source }: Sender): void {
    const destination = formatIpv6(address);
    const { portId } = source;
    this.#options.context.refuse({
      ...{ portId, destination, destinationPort: null },
      ...{ rule: 'gateway.spoofed', protocol: 'icmp' },
    });
  }
}

/** Of all messages of RFC 4861. */
const FIRST_TYPE = 133;
const LAST_TYPE = 137;
