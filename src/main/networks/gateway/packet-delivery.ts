import type { GatewayContext } from './gateway-context.ts';
import { DNS_PORT, type GatewayServices } from './gateway-services.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import { echoReply, isIcmp } from './packets/echo.ts';
import { formatIp, type IpAddress, isIpv6 } from './packets/ip-address.ts';
import { type IpPacket, PROTOCOLS } from './packets/ip-packet.ts';
import { isMalformed } from './packets/refusal.ts';
import { parseTcp } from './packets/tcp-segment.ts';
import { parseUdp } from './packets/udp.ts';
import type { Refusal } from './refusal-log.ts';
import type { Sender } from './sender.ts';
import type { Connect, TcpNat } from './tcp-nat.ts';
import type { UdpForwards } from './udp-forward.ts';
import type { UdpNat } from './udp-nat.ts';

export interface PacketDeliveryOptions {
  context: GatewayContext;
  settings: ParsedSettings;
  services: GatewayServices;
  tcp: TcpNat;
  udp: UdpNat;
  udpForwards: UdpForwards;
}

const PROTOCOL_NAMES: Readonly<Record<number, Refusal['protocol']>> = {
  [PROTOCOLS.tcp]: 'tcp',
  [PROTOCOLS.udp]: 'udp',
  [PROTOCOLS.icmp]: 'icmp',
  [PROTOCOLS.icmp6]: 'icmp',
};

/** Takes whole packets of either family whose sender may have sent them: to the gateway itself, or to the host's side. */
export class PacketDelivery {
  readonly #options: PacketDeliveryOptions;
  readonly #context: GatewayContext;

  constructor(options: PacketDeliveryOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /** For the gateway itself. */
  deliver(packet: IpPacket, sender: Sender): void {
    if (packet.protocol === PROTOCOLS.tcp) {
      this.#receiveTcp(packet, sender, (port) =>
        port === DNS_PORT ? this.#options.services.nameStream(sender) : 'reset',
      );
    } else if (packet.protocol === PROTOCOLS.udp) {
      this.#receiveUdp(packet, sender);
    } else if (isIcmp(packet)) {
      this.#echo(packet, sender);
    } else {
      this.#context.complaints.unreachable(sender, packet, 'protocol');
    }
  }

  /** For the host's side. */
  route(packet: IpPacket, sender: Sender): void {
    if (packet.ttl <= 1) {
      this.#context.complaints.timeExceeded(sender, packet);
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

  /** Notes that a packet was not carried, and by which rule. */
  refuse(rule: Refusal['rule'], { source }: Sender, packet: IpPacket, port: number | null = null): void {
    const protocol = PROTOCOL_NAMES[packet.protocol] ?? 'other';
    const destination = formatIp(packet.destination);
    this.#context.refuse({ portId: source.portId, rule, protocol, destination, destinationPort: port });
  }

  /** A ping of the host is answered by its gateway; to others this program may send none: the guest is told so. */
  #routeOther(packet: IpPacket, sender: Sender): void {
    const isPing = isIcmp(packet);
    if (isPing && this.#isHostAlias(packet.destination)) {
      this.#echo(packet, sender);
      return;
    }
    this.refuse('gateway.protocol', sender, packet);
    this.#context.complaints.unreachable(sender, packet, isPing ? 'prohibited' : 'protocol');
  }

  #isHostAlias(address: IpAddress): boolean {
    const { hostAlias, ipv6 } = this.#options.settings;
    return address === (isIpv6(address) ? ipv6?.hostAlias : hostAlias);
  }

  #receiveTcp(packet: IpPacket, sender: Sender, connect: (port: number) => ReturnType<Connect>): void {
    const segment = parseTcp(packet.payload, packet.source, packet.destination);
    if (isMalformed(segment)) return;
    this.#options.tcp.receive(sender, packet, segment, () => connect(segment.destinationPort));
  }

  #receiveUdp(packet: IpPacket, sender: Sender): void {
    const datagram = parseUdp(packet.payload, packet.source, packet.destination);
    if (isMalformed(datagram)) return;
    const { services, udpForwards } = this.#options;
    if (datagram.destinationPort === DNS_PORT) void services.nameDatagram(sender, packet, datagram);
    else if (!udpForwards.receive(packet, datagram, sender.mac)) {
      this.#context.complaints.unreachable(sender, packet, 'port');
    }
  }

  #echo(packet: IpPacket, { mac }: Sender): void {
    const reply = echoReply(packet);
    if (!reply) return;
    const route = { toMac: mac, source: packet.destination, destination: packet.source };
    this.#context.outbound.packet(route, packet.protocol, reply);
  }

  /** Asks the policy; where it says no, that is noted and the guest is told. */
  #isPermitted(packet: IpPacket, sender: Sender, port: number | null): boolean {
    const { isAllowed, rule } = this.#context.judge(sender.source.profile, packet.destination, 'out');
    if (isAllowed) return true;
    this.refuse(rule, sender, packet, port);
    this.#context.complaints.unreachable(sender, packet, rule === 'gateway.network' ? 'host' : 'prohibited');
    return false;
  }
}
