import type { FrameSource } from '../switch/port.ts';
import type { ArpTable } from './arp-table.ts';
import type { GatewayContext, Sender } from './gateway-context.ts';
import { DNS_PORT, type GatewayServices } from './gateway-services.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import { BROADCAST_IPV4, BROADCAST_MAC, broadcastOf, formatIpv4, isInSubnet } from './packets/addresses.ts';
import { parseArp } from './packets/arp.ts';
import { DHCP_PORTS } from './packets/dhcp.ts';
import { ETHER_TYPES, type EthernetFrame, parseEthernet } from './packets/ethernet.ts';
import { FragmentAssembler } from './packets/fragments.ts';
import { ICMP_TYPES, makeIcmp, parseIcmp } from './packets/icmp.ts';
import { type Ipv4Packet, PROTOCOLS, parseIpv4Packet } from './packets/ipv4.ts';
import { isMalformed } from './packets/refusal.ts';
import { parseTcp } from './packets/tcp-segment.ts';
import { parseUdp } from './packets/udp.ts';
import type { Refusal } from './refusal-log.ts';
import type { Connect, TcpNat } from './tcp-nat.ts';
import type { UdpForwards } from './udp-forward.ts';
import type { UdpNat } from './udp-nat.ts';

export interface PacketRouterOptions {
  context: GatewayContext;
  settings: ParsedSettings;
  arp: ArpTable;
  services: GatewayServices;
  tcp: TcpNat;
  udp: UdpNat;
  udpForwards: UdpForwards;
}

/** Looks at each frame for the gateway and hands it to the part that it concerns. Hostile frames end here. */
export class PacketRouter {
  readonly #options: PacketRouterOptions;
  readonly #context: GatewayContext;
  readonly #assemblers = new Map<string, FragmentAssembler>();

  constructor(options: PacketRouterOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  receive(bytes: Uint8Array, source: FrameSource): void {
    const frame = parseEthernet(bytes);
    if (isMalformed(frame)) return;
    const isBroadcast = frame.destination === BROADCAST_MAC;
    if (!isBroadcast && frame.destination !== this.#options.settings.mac) return;
    const sender = { source, mac: frame.source };
    if (frame.type === ETHER_TYPES.arp && source.profile !== 'quarantine') this.#receiveArp(frame);
    if (frame.type === ETHER_TYPES.ipv4) this.#receiveIpv4(frame, sender, isBroadcast);
  }

  forgetPort(portId: string): void {
    this.#assemblers.delete(portId);
  }

  #receiveArp(frame: EthernetFrame): void {
    const packet = parseArp(frame.payload);
    if (isMalformed(packet) || packet.senderMac !== frame.source) return;
    const { arp, settings } = this.#options;
    const { senderAddress, targetAddress } = packet;
    if (isInSubnet(settings.subnet, senderAddress) && !this.#isOwn(senderAddress))
      arp.learn(senderAddress, packet.senderMac);
    if (packet.operation !== 'request' || !this.#isOwn(targetAddress)) return;
    this.#context.outbound.arp(packet.senderMac, {
      operation: 'reply',
      senderMac: settings.mac,
      senderAddress: targetAddress,
      targetMac: packet.senderMac,
      targetAddress: senderAddress,
    });
  }

  #isOwn(address: number): boolean {
    return address === this.#options.settings.address || address === this.#options.settings.hostAlias;
  }

  #receiveIpv4(frame: EthernetFrame, sender: Sender, isBroadcast: boolean): void {
    const part = parseIpv4Packet(frame.payload);
    if (isMalformed(part)) return;
    const packet = part.fragmentOffset === 0 && !part.hasMoreFragments ? part : this.#assemble(part, sender);
    if (!packet) return;
    const { settings } = this.#options;
    if (sender.source.profile === 'quarantine') {
      this.#refuse('quarantine.nothing', sender, packet);
    } else if (this.#isDhcp(packet)) {
      this.#receiveUdp(packet, sender);
    } else if (!this.#isGuest(packet.source)) {
      this.#refuse('gateway.spoofed', sender, packet);
    } else if (!isBroadcast && packet.destination === settings.address) {
      this.#deliver(packet, sender);
    } else if (!isBroadcast) {
      this.#route(packet, sender);
    }
  }

  #assemble(part: Ipv4Packet, { source }: Sender): Ipv4Packet | undefined {
    const known = this.#assemblers.get(source.portId);
    const assembler = known ?? new FragmentAssembler();
    if (!known) this.#assemblers.set(source.portId, assembler);
    return assembler.add(part, this.#context.clock.nowMs());
  }

  /** Clients of DHCP have no address of their own yet, and speak to all. */
  #isDhcp({ destination, protocol, payload }: Ipv4Packet): boolean {
    const { address, subnet } = this.#options.settings;
    const isForUs = destination === address || destination === BROADCAST_IPV4 || destination === broadcastOf(subnet);
    return isForUs && protocol === PROTOCOLS.udp && payload[2] === 0 && payload[3] === DHCP_PORTS.server;
  }

  #isGuest(address: number): boolean {
    const { subnet } = this.#options.settings;
    const isHost = address !== subnet.network && address !== broadcastOf(subnet);
    return isHost && isInSubnet(subnet, address) && !this.#isOwn(address);
  }

  /** For the gateway itself. */
  #deliver(packet: Ipv4Packet, sender: Sender): void {
    if (packet.protocol === PROTOCOLS.tcp) {
      this.#receiveTcp(packet, sender, (port) =>
        port === DNS_PORT ? this.#options.services.nameStream(sender) : 'reset',
      );
    } else if (packet.protocol === PROTOCOLS.udp) {
      this.#receiveUdp(packet, sender);
    } else if (packet.protocol === PROTOCOLS.icmp) {
      this.#echo(packet, sender);
    } else {
      this.#context.tellUnreachable(sender, packet, 'protocol');
    }
  }

  /** For the host's side. */
  #route(packet: Ipv4Packet, sender: Sender): void {
    if (packet.ttl <= 1) {
      this.#context.outbound.timeExceeded(sender.mac, this.#context.address, packet);
    } else if (packet.protocol === PROTOCOLS.tcp) {
      this.#receiveTcp(packet, sender, (port) => {
        if (!this.#isPermitted(packet, sender, port)) return 'told';
        const address = this.#context.hostAddressOf(packet.destination);
        return this.#context.endsHere('tcp', address, port) ? 'told' : this.#context.host.connectTcp(address, port);
      });
    } else if (packet.protocol === PROTOCOLS.udp) {
      const datagram = parseUdp(packet.payload, packet.source, packet.destination);
      if (isMalformed(datagram) || !this.#isPermitted(packet, sender, datagram.destinationPort)) return;
      const address = this.#context.hostAddressOf(packet.destination);
      if (this.#context.endsHere('udp', address, datagram.destinationPort)) return;
      this.#options.udp.send(sender, packet, datagram);
    } else if (this.#isPermitted(packet, sender, null)) {
      this.#routeOther(packet, sender);
    }
  }

  /** A ping of the host is answered by its gateway; to others this program may send none: the guest is told so. */
  #routeOther(packet: Ipv4Packet, sender: Sender): void {
    const isPing = packet.protocol === PROTOCOLS.icmp;
    if (isPing && packet.destination === this.#options.settings.hostAlias) {
      this.#echo(packet, sender);
      return;
    }
    this.#refuse('gateway.protocol', sender, packet);
    this.#context.tellUnreachable(sender, packet, isPing ? 'prohibited' : 'protocol');
  }

  #receiveTcp(packet: Ipv4Packet, sender: Sender, connect: (port: number) => ReturnType<Connect>): void {
    const segment = parseTcp(packet.payload, packet.source, packet.destination);
    if (isMalformed(segment)) return;
    this.#options.tcp.receive(sender, packet, segment, () => connect(segment.destinationPort));
  }

  #receiveUdp(packet: Ipv4Packet, sender: Sender): void {
    const datagram = parseUdp(packet.payload, packet.source, packet.destination);
    if (isMalformed(datagram)) return;
    const { services, udpForwards } = this.#options;
    if (datagram.destinationPort === DHCP_PORTS.server) services.dhcp(sender, datagram);
    else if (datagram.destinationPort === DNS_PORT) void services.nameDatagram(sender, packet, datagram);
    else if (!udpForwards.receive(packet, datagram, sender.mac)) this.#context.tellUnreachable(sender, packet, 'port');
  }

  #echo(packet: Ipv4Packet, { mac }: Sender): void {
    const message = parseIcmp(packet.payload);
    if (isMalformed(message) || message.type !== ICMP_TYPES.echoRequest) return;
    const route = { toMac: mac, source: packet.destination, destination: packet.source };
    this.#context.outbound.ipv4(route, PROTOCOLS.icmp, makeIcmp({ ...message, type: ICMP_TYPES.echoReply, code: 0 }));
  }

  /** Asks the policy; where it says no, that is noted and the guest is told. */
  #isPermitted(packet: Ipv4Packet, sender: Sender, port: number | null): boolean {
    const { isAllowed, rule } = this.#context.judge(sender.source.profile, packet.destination, 'out');
    if (isAllowed) return true;
    this.#refuse(rule, sender, packet, port);
    this.#context.tellUnreachable(sender, packet, rule === 'gateway.network' ? 'host' : 'prohibited');
    return false;
  }

  #refuse(rule: Refusal['rule'], { source }: Sender, packet: Ipv4Packet, port: number | null = null): void {
    const names = { [PROTOCOLS.tcp]: 'tcp', [PROTOCOLS.udp]: 'udp', [PROTOCOLS.icmp]: 'icmp' } as const;
    const protocol = names[packet.protocol as keyof typeof names] ?? 'other';
    const destination = formatIpv4(packet.destination);
    this.#context.refuse({ portId: source.portId, rule, protocol, destination, destinationPort: port });
  }
}
