import { EventEmitter, once } from 'node:events';
import dnsPacket, { type DecodedPacket, type RecordType } from 'dns-packet';
import { Outbound } from '../../../src/main/networks/gateway/outbound.ts';
import {
  BROADCAST_IPV4,
  BROADCAST_MAC,
  formatIpv4,
  type Ipv4,
  type Mac,
  parseIpv4,
  parseMac,
} from '../../../src/main/networks/gateway/packets/addresses.ts';
import { type ArpPacket, parseArp } from '../../../src/main/networks/gateway/packets/arp.ts';
import {
  DHCP_OPTIONS,
  type DhcpMessage,
  makeDhcp,
  parseDhcp,
  readUint32Option,
  uint32Option,
} from '../../../src/main/networks/gateway/packets/dhcp.ts';
import { ETHER_TYPES, parseEthernet } from '../../../src/main/networks/gateway/packets/ethernet.ts';
import { FragmentAssembler } from '../../../src/main/networks/gateway/packets/fragments.ts';
import { ICMP_TYPES, type IcmpMessage, makeIcmp, parseIcmp } from '../../../src/main/networks/gateway/packets/icmp.ts';
import { PROTOCOLS } from '../../../src/main/networks/gateway/packets/ip-packet.ts';
import { type Ipv4Packet, parseIpv4Packet } from '../../../src/main/networks/gateway/packets/ipv4.ts';
import { isMalformed, type Malformed } from '../../../src/main/networks/gateway/packets/refusal.ts';
import { FLAGS, parseTcp, type TcpSegment } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { parseUdp, type UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import { makeReset } from '../../../src/main/networks/gateway/tcp/reset.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { GuestSocket } from './guest-socket.ts';
import type { Cable, TestLan } from './test-lan.ts';

const must = <T extends object>(parsed: T | Malformed): T => {
  if (isMalformed(parsed)) throw new Error(`The gateway sent a packet that is ${parsed}`);
  return parsed;
};
const address = (text: string): Ipv4 => parseIpv4(text) ?? Number.NaN;

/** A guest in a few lines: ARP, DHCP, DNS, ICMP, UDP and TCP. All that the gateway sends must be well formed. */
export class ScriptedGuest extends EventEmitter {
  readonly mac: Mac;
  readonly cable: Cable;
  readonly out: Outbound;
  address: Ipv4 = 0;
  /** Whether it answers at all; a guest that is off hears nothing. */
  isUp = true;
  gatewayMac: Mac = BROADCAST_MAC;
  readonly #sockets = new Map<string, GuestSocket>();
  readonly #servers = new Map<number, (socket: GuestSocket) => void>();
  readonly #assembler = new FragmentAssembler();
  #nextPort = 40_000;

  constructor(lan: TestLan, portId: string, macAddress: string, profile: IsolationProfile = 'open') {
    super();
    this.mac = parseMac(macAddress) ?? 0;
    this.cable = lan.plug(portId, macAddress, profile, (frame) => this.#receive(frame));
    this.out = new Outbound({ macAddress: this.mac, mtu: 1500, send: (frame) => this.cable.send(frame) });
  }

  /** Takes an address without asking and learns where the gateway is. */
  async join(own: string, gateway = '10.0.2.1'): Promise<void> {
    this.address = address(own);
    this.gatewayMac = await this.whoHas(gateway);
  }

  async whoHas(text: string): Promise<Mac> {
    const heard = once(this, `arp ${text}`);
    const question: ArpPacket = {
      operation: 'request',
      senderMac: this.mac,
      senderAddress: this.address,
      targetMac: 0,
      targetAddress: address(text),
    };
    this.out.arp(BROADCAST_MAC, question);
    const [mac] = (await heard) as [Mac];
    return mac;
  }

  /** Sends one message of DHCP and gives the answer. */
  async dhcp(message: Partial<DhcpMessage> & Pick<DhcpMessage, 'type'>): Promise<DhcpMessage> {
    const heard = once(this, 'dhcp');
    this.sendDhcp(message);
    const [reply] = (await heard) as [DhcpMessage];
    return reply;
  }

  sendDhcp(message: Partial<DhcpMessage> & Pick<DhcpMessage, 'type'>): void {
    const usual = {
      transactionId: 7,
      isBroadcast: false,
      clientAddress: 0,
      yourAddress: 0,
      clientMac: this.mac,
      options: new Map(),
    };
    const route = { toMac: BROADCAST_MAC, source: message.clientAddress ?? 0, destination: BROADCAST_IPV4 };
    this.out.udp(route, 68, 67, makeDhcp({ ...usual, ...message }, false));
  }

  /** Discover, offer, request, acknowledgment. */
  async lease(): Promise<string> {
    const offer = await this.dhcp({ type: 'discover' });
    const options = new Map([
      [DHCP_OPTIONS.requestedAddress as number, uint32Option(offer.yourAddress)],
      [DHCP_OPTIONS.serverId, uint32Option(readUint32Option(offer, DHCP_OPTIONS.serverId) ?? 0)],
    ]);
    const ack = await this.dhcp({ type: 'request', options });
    if (ack.type !== 'ack') throw new Error(`The gateway answered '${ack.type}'`);
    await this.join(formatIpv4(ack.yourAddress), formatIpv4(readUint32Option(ack, DHCP_OPTIONS.serverId) ?? 0));
    return formatIpv4(ack.yourAddress);
  }

  async ping(to: string): Promise<IcmpMessage> {
    const heard = once(this, 'icmp');
    const rest = Buffer.from('0001000168656c6c6f', 'hex');
    this.send(to, PROTOCOLS.icmp, makeIcmp({ type: ICMP_TYPES.echoRequest, code: 0, rest }));
    const [message] = (await heard) as [IcmpMessage];
    return message;
  }

  send(to: string, protocol: number, content: Uint8Array): void {
    this.out.packet({ toMac: this.gatewayMac, source: this.address, destination: address(to) }, protocol, content);
  }

  sendUdp(to: string, port: number, payload: Uint8Array, fromPort = 5000): void {
    const route = { toMac: this.gatewayMac, source: this.address, destination: address(to) };
    this.out.udp(route, fromPort, port, payload);
  }

  async ask(name: string, type: RecordType = 'A', server = '10.0.2.1'): Promise<DecodedPacket & { rcode: string }> {
    const port = this.#nextPort++;
    const heard = once(this, `udp ${port}`);
    const query = dnsPacket.encode({
      type: 'query',
      id: 99,
      flags: dnsPacket.RECURSION_DESIRED,
      questions: [{ type, name }],
    });
    this.sendUdp(server, 53, query, port);
    const [datagram] = (await heard) as [UdpDatagram];
    // The library gives the code's name too; its types do not say so.
    return dnsPacket.decode(Buffer.from(datagram.payload)) as DecodedPacket & { rcode: string };
  }

  connect(to: string, port: number, options = {}): GuestSocket {
    const localPort = this.#nextPort++;
    const socket = this.#open({ localPort, remotePort: port, remote: address(to), ...options });
    socket.endpoint.connect();
    return socket;
  }

  listen(port: number, serve: (socket: GuestSocket) => void): void {
    this.#servers.set(port, serve);
  }

  #open(options: { localPort: number; remotePort: number; remote: Ipv4; capacityBytes?: number }): GuestSocket {
    const route = { toMac: this.gatewayMac, source: this.address, destination: options.remote };
    const socket = new GuestSocket({ ...options, emit: (segment) => this.out.tcp(route, segment) });
    this.#sockets.set(`${options.localPort} ${options.remote} ${options.remotePort}`, socket);
    return socket;
  }

  #receive(bytes: Uint8Array): void {
    if (!this.isUp) return;
    const frame = must(parseEthernet(bytes));
    if (frame.type === ETHER_TYPES.arp) this.#receiveArp(must(parseArp(frame.payload)));
    if (frame.type !== ETHER_TYPES.ipv4) return;
    const part = must(parseIpv4Packet(frame.payload));
    const isWhole = part.fragmentOffset === 0 && !part.hasMoreFragments;
    const packet = isWhole ? part : this.#assembler.add(part, performance.now());
    if (packet) this.#receiveIpv4(packet);
  }

  #receiveArp(packet: ArpPacket): void {
    if (packet.operation === 'reply') this.emit(`arp ${formatIpv4(packet.senderAddress)}`, packet.senderMac);
    if (packet.operation !== 'request' || packet.targetAddress !== this.address) return;
    this.gatewayMac = packet.senderMac;
    const [targetMac, targetAddress] = [packet.senderMac, packet.senderAddress];
    this.out.arp(targetMac, {
      operation: 'reply',
      senderMac: this.mac,
      senderAddress: this.address,
      targetMac,
      targetAddress,
    });
  }

  #receiveIpv4(packet: Ipv4Packet): void {
    if (packet.protocol === PROTOCOLS.icmp) this.emit('icmp', must(parseIcmp(packet.payload)));
    if (packet.protocol === PROTOCOLS.tcp)
      this.#receiveTcp(packet, must(parseTcp(packet.payload, packet.source, packet.destination)));
    if (packet.protocol !== PROTOCOLS.udp) return;
    const datagram = must(parseUdp(packet.payload, packet.source, packet.destination));
    if (datagram.destinationPort === 68) this.emit('dhcp', must(parseDhcp(datagram.payload)));
    else
      this.emit(
        `udp ${datagram.destinationPort}`,
        { ...datagram, payload: datagram.payload.slice() },
        formatIpv4(packet.source),
      );
  }

  #receiveTcp(packet: Ipv4Packet, segment: TcpSegment): void {
    const key = `${segment.destinationPort} ${packet.source} ${segment.sourcePort}`;
    this.emit('segment', segment);
    const known = this.#sockets.get(key);
    const serve = this.#servers.get(segment.destinationPort);
    const isSyn = (segment.flags & (FLAGS.syn | FLAGS.ack)) === FLAGS.syn;
    if (known) known.endpoint.receive(segment);
    else if (isSyn && serve) {
      const [localPort, remotePort] = [segment.destinationPort, segment.sourcePort];
      const socket = this.#open({ localPort, remotePort, remote: packet.source });
      serve(socket);
      socket.endpoint.hear(segment);
      socket.endpoint.accept();
    } else if ((segment.flags & FLAGS.rst) === 0) {
      const route = { toMac: this.gatewayMac, source: this.address, destination: packet.source };
      this.out.tcp(route, makeReset(segment));
    }
  }
}
