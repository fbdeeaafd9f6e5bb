import type { GatewayContext } from './gateway-context.ts';
import type { Ipv6Settings } from './gateway-settings.ts';
import { isOfNetwork, isOwnAddress } from './ipv6-addresses.ts';
import type { NeighborDiscovery } from './neighbor-discovery.ts';
import type { NeighborTable } from './neighbor-table.ts';
import type { PacketDelivery } from './packet-delivery.ts';
import type { EthernetFrame } from './packets/ethernet.ts';
import { FragmentAssemblers } from './packets/fragments.ts';
import { type Ipv6, isInPrefix, isLinkLocal, isMulticast, isNeverOnWire, UNSPECIFIED } from './packets/ip-address.ts';
import { isFragment, PROTOCOLS } from './packets/ip-packet.ts';
import { type Ipv6Packet, parseAssembled, parseIpv6Packet } from './packets/ipv6.ts';
import { isMalformed } from './packets/refusal.ts';
import type { Sender } from './sender.ts';

export interface Ipv6InputOptions {
  context: GatewayContext;
  settings: Ipv6Settings;
  /** Largest packet on this network, in bytes. */
  mtu: number;
  neighbors: NeighborTable<Ipv6>;
  discovery: NeighborDiscovery;
  delivery: PacketDelivery;
}

/** Looks at frames of IPv6: who sent them, whether they may have, and whom they are for. */
export class Ipv6Input {
  readonly #options: Ipv6InputOptions;
  readonly #assemblers = new FragmentAssemblers();

  constructor(options: Ipv6InputOptions) {
    this.#options = options;
  }

  forgetPort(portId: string): void {
    this.#assemblers.forgetPort(portId);
  }

  receive(frame: EthernetFrame, sender: Sender): void {
    const packet = this.#read(frame, sender);
    if (!packet || isMulticast(packet.source)) return;
    const { context, delivery, discovery, mtu } = this.#options;
    if (sender.source.profile === 'quarantine') {
      delivery.refuse('quarantine.nothing', sender, packet);
    } else if (packet.protocol === PROTOCOLS.icmp6 && discovery.receive(packet, sender)) {
      return;
    } else if (isMulticast(packet.destination) || isNeverOnWire(packet.destination)) {
      return; // groups that others talk in; and what no honest packet is sent to
    } else if (!this.#isGuest(packet.source, sender)) {
      delivery.refuse('gateway.spoofed', sender, packet);
    } else if (packet.bytes.length > mtu) {
      context.complaints.tooBig(sender, packet, mtu);
    } else {
      this.#handOn(packet, sender);
    }
  }

  #read(frame: EthernetFrame, { source }: Sender): Ipv6Packet | undefined {
    const part = parseIpv6Packet(frame.payload);
    if (isMalformed(part)) return undefined;
    if (!isFragment(part)) return part;
    const whole = this.#assemblers.add(source.portId, part, this.#options.context.clock.nowMs());
    const packet = whole && parseAssembled(whole);
    return packet === undefined || isMalformed(packet) ? undefined : packet;
  }

  #isGuest(address: Ipv6, { mac }: Sender): boolean {
    const { settings, neighbors } = this.#options;
    if (address === UNSPECIFIED || !isOfNetwork(settings, address)) return false;
    return !isOwnAddress(settings, address) && neighbors.mayUse(address, mac);
  }

  #handOn(packet: Ipv6Packet, sender: Sender): void {
    const { context, delivery, settings } = this.#options;
    const { source, destination } = packet;
    if (destination === settings.address || destination === settings.linkLocal) {
      delivery.deliver(packet, sender);
    } else if (isLinkLocal(destination) || (isLinkLocal(source) && !isInPrefix(settings.prefix, destination))) {
      // Such addresses mean nothing beyond their link (RFC 4291, section 2.5.6).
      delivery.refuse('gateway.network', sender, packet);
      context.complaints.unreachable(sender, packet, 'beyondScope');
    } else {
      delivery.route(packet, sender);
    }
  }
}
