import type { GatewayContext } from './gateway-context.ts';
import type { GatewayServices } from './gateway-services.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import type { NeighborTable } from './neighbor-table.ts';
import type { PacketDelivery } from './packet-delivery.ts';
import { BROADCAST_IPV4, broadcastOf, type Ipv4, isInSubnet } from './packets/addresses.ts';
import { parseArp } from './packets/arp.ts';
import { DHCP_PORTS } from './packets/dhcp.ts';
import type { EthernetFrame } from './packets/ethernet.ts';
import { FragmentAssemblers } from './packets/fragments.ts';
import { isFragment, PROTOCOLS } from './packets/ip-packet.ts';
import { type Ipv4Packet, parseIpv4Packet } from './packets/ipv4.ts';
import { isMalformed } from './packets/refusal.ts';
import { parseUdp } from './packets/udp.ts';
import type { Sender } from './sender.ts';

export interface Ipv4InputOptions {
  context: GatewayContext;
  settings: ParsedSettings;
  neighbors: NeighborTable<Ipv4>;
  services: GatewayServices;
  delivery: PacketDelivery;
}

/** Looks at frames of IPv4 and ARP: who sent them, whether they may have, and whom they are for. */
export class Ipv4Input {
  readonly #options: Ipv4InputOptions;
  readonly #assemblers = new FragmentAssemblers();

  constructor(options: Ipv4InputOptions) {
    this.#options = options;
  }

  forgetPort(portId: string): void {
    this.#assemblers.forgetPort(portId);
  }

  receiveArp(frame: EthernetFrame): void {
    const packet = parseArp(frame.payload);
    if (isMalformed(packet) || packet.senderMac !== frame.source) return;
    const { context, neighbors, settings } = this.#options;
    const { senderAddress, targetAddress } = packet;
    if (isInSubnet(settings.subnet, senderAddress) && !this.#isOwn(senderAddress))
      neighbors.learn(senderAddress, packet.senderMac);
    if (packet.operation !== 'request' || !this.#isOwn(targetAddress)) return;
    context.outbound.arp(packet.senderMac, {
      operation: 'reply',
      senderMac: settings.mac,
      senderAddress: targetAddress,
      targetMac: packet.senderMac,
      targetAddress: senderAddress,
    });
  }

  receive(frame: EthernetFrame, sender: Sender, isBroadcast: boolean): void {
    const part = parseIpv4Packet(frame.payload);
    if (isMalformed(part)) return;
    const { context, delivery, settings } = this.#options;
    const { portId, profile } = sender.source;
    const packet = isFragment(part) ? this.#assemblers.add(portId, part, context.clock.nowMs()) : part;
    if (!packet) return;
    if (profile === 'quarantine') {
      delivery.refuse('quarantine.nothing', sender, packet);
    } else if (this.#isDhcp(packet)) {
      this.#receiveDhcp(packet, sender);
    } else if (!this.#isGuest(packet.source)) {
      delivery.refuse('gateway.spoofed', sender, packet);
    } else if (!isBroadcast && packet.destination === settings.address) {
      delivery.deliver(packet, sender);
    } else if (!isBroadcast) {
      delivery.route(packet, sender);
    }
  }

  #isOwn(address: Ipv4): boolean {
    return address === this.#options.settings.address || address === this.#options.settings.hostAlias;
  }

  /** Clients of DHCP have no address of their own yet, and speak to all. */
  #isDhcp({ destination, protocol, payload }: Ipv4Packet): boolean {
    const { address, subnet } = this.#options.settings;
    const isForUs = destination === address || destination === BROADCAST_IPV4 || destination === broadcastOf(subnet);
    return isForUs && protocol === PROTOCOLS.udp && payload[2] === 0 && payload[3] === DHCP_PORTS.server;
  }

  #receiveDhcp({ payload, source, destination }: Ipv4Packet, sender: Sender): void {
    const datagram = parseUdp(payload, source, destination);
    if (!isMalformed(datagram)) this.#options.services.dhcp(sender, datagram);
  }

  #isGuest(address: Ipv4): boolean {
    const { subnet } = this.#options.settings;
    const isHost = address !== subnet.network && address !== broadcastOf(subnet);
    return isHost && isInSubnet(subnet, address) && !this.#isOwn(address);
  }
}
