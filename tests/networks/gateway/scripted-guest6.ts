import { EventEmitter, once } from 'node:events';
import dnsPacket, { type DecodedPacket, type RecordType } from 'dns-packet';
import { Outbound } from '../../../src/main/networks/gateway/outbound.ts';
import { type Mac, parseMac } from '../../../src/main/networks/gateway/packets/addresses.ts';
import { ETHER_TYPES, parseEthernet } from '../../../src/main/networks/gateway/packets/ethernet.ts';
import { FragmentAssembler } from '../../../src/main/networks/gateway/packets/fragments.ts';
import type { IcmpMessage } from '../../../src/main/networks/gateway/packets/icmp.ts';
import { ICMP6_TYPES, makeIcmp6, parseIcmp6 } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import {
  ALL_ROUTERS,
  formatIpv6,
  type Ipv6,
  linkLocalAddress,
  multicastMacOf,
  parseIpv6,
  slaacAddress,
  solicitedNodeOf,
  UNSPECIFIED,
} from '../../../src/main/networks/gateway/packets/ip-address.ts';
import { isFragment, PROTOCOLS } from '../../../src/main/networks/gateway/packets/ip-packet.ts';
import { type Ipv6Packet, parseAssembled, parseIpv6Packet } from '../../../src/main/networks/gateway/packets/ipv6.ts';
import {
  makeNeighborAdvertisement,
  makeSolicitation,
  NDP_HOPS,
} from '../../../src/main/networks/gateway/packets/ndp.ts';
import { isMalformed, type Malformed } from '../../../src/main/networks/gateway/packets/refusal.ts';
import { FLAGS, parseTcp, type TcpSegment } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { parseUdp, type UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import { makeReset } from '../../../src/main/networks/gateway/tcp/reset.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { GuestSocket } from './guest-socket.ts';
import type { Cable, TestLan } from './test-lan.ts';

export const PREFIX = 'fd12:3456:789a:1::';
export const GATEWAY6 = `${PREFIX}1`;
export const HOST6 = `${PREFIX}2`;

export const ip6 = (text: string): Ipv6 => {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(`'${text}' is no address`);
  return address;
};
const must = <T extends object>(parsed: T | Malformed): T => {
  if (isMalformed(parsed)) throw new Error(`The gateway sent a packet that is ${parsed}`);
  return parsed;
};

/** A message of ICMPv6 with the addresses of its packet. */
export interface HeardIcmp extends IcmpMessage {
  source: string;
  destination: string;
  ttl: number;
}

/** A guest in a few lines that speaks IPv6 alone. All that the gateway sends must be well formed. */
export class ScriptedGuest6 extends EventEmitter {
  readonly mac: Mac;
  readonly cable: Cable;
  readonly out: Outbound;
  readonly linkLocal: Ipv6;
  /** What it makes of its MAC address in the network's prefix; may be set to another. */
  address: Ipv6;
  gatewayMac: Mac = 0x525400000001;
  readonly #sockets = new Map<string, GuestSocket>();
  readonly #assembler = new FragmentAssembler();
  #nextPort = 40_000;

  constructor(lan: TestLan, portId: string, macAddress: string, profile: IsolationProfile = 'open') {
    super();
    this.mac = parseMac(macAddress) ?? 0;
    this.linkLocal = linkLocalAddress(this.mac);
    this.address = slaacAddress(ip6(PREFIX), this.mac);
    this.cable = lan.plug(portId, macAddress, profile, (frame) => this.#receive(frame));
    this.out = new Outbound({ macAddress: this.mac, mtu: 1500, send: (frame) => this.cable.send(frame) });
  }

  /** Looks whether somebody has an address already (RFC 4862, section 5.4). */
  lookForDouble(address: string): void {
    const to = solicitedNodeOf(ip6(address));
    this.sendIcmp(to, makeSolicitation(ip6(address), undefined), { source: UNSPECIFIED, ttl: NDP_HOPS });
  }

  /** Asks who has an address; gives the answer. */
  async whoHas(address: string): Promise<HeardIcmp> {
    const heard = this.heard(ICMP6_TYPES.neighborAdvertisement);
    this.sendIcmp(solicitedNodeOf(ip6(address)), makeSolicitation(ip6(address), this.mac), { ttl: NDP_HOPS });
    return heard;
  }

  /** Says that it has an address. */
  claim(address: string, mac = this.mac): void {
    const message = makeNeighborAdvertisement(ip6(address), mac, { isRouter: false, isSolicited: false });
    this.sendIcmp(ip6(GATEWAY6), message, { ttl: NDP_HOPS });
  }

  async askForRouter(source: Ipv6 = this.linkLocal): Promise<HeardIcmp> {
    const heard = this.heard(ICMP6_TYPES.routerAdvertisement);
    const message = { type: ICMP6_TYPES.routerSolicitation, code: 0, rest: new Uint8Array(4) };
    this.sendIcmp(ALL_ROUTERS, message, { source, ttl: NDP_HOPS });
    return heard;
  }

  async ping(to: string, bytes = 5): Promise<HeardIcmp> {
    const heard = once(this, 'icmp');
    const rest = Buffer.concat([Buffer.from('00010001', 'hex'), Buffer.alloc(bytes, 'h')]);
    this.sendIcmp(ip6(to), { type: ICMP6_TYPES.echoRequest, code: 0, rest });
    const [message] = (await heard) as [HeardIcmp];
    return message;
  }

  /** The next message of a kind. */
  async heard(type: number): Promise<HeardIcmp> {
    for (;;) {
      const [message] = (await once(this, 'icmp')) as [HeardIcmp];
      if (message.type === type) return message;
    }
  }

  sendIcmp(to: Ipv6, message: IcmpMessage, { source = this.address, ttl = 64 } = {}): void {
    this.send(to, PROTOCOLS.icmp6, makeIcmp6(message, source, to), { source, ttl });
  }

  send(to: Ipv6, protocol: number, content: Uint8Array, { source = this.address, ttl = 64 } = {}): void {
    const toMac = to >> 120n === 0xffn ? multicastMacOf(to) : this.gatewayMac;
    this.out.packet({ toMac, source, destination: to }, protocol, content, ttl);
  }

  sendUdp(to: string, port: number, payload: Uint8Array, fromPort = 5000): void {
    const route = { toMac: this.gatewayMac, source: this.address, destination: ip6(to) };
    this.out.udp(route, fromPort, port, payload);
  }

  async ask(name: string, type: RecordType = 'AAAA', server = GATEWAY6): Promise<DecodedPacket & { rcode: string }> {
    const port = this.#nextPort++;
    const heard = once(this, `udp ${port}`);
    const questions = [{ type, name }];
    const query = dnsPacket.encode({ type: 'query', id: 99, flags: dnsPacket.RECURSION_DESIRED, questions });
    this.sendUdp(server, 53, query, port);
    const [datagram] = (await heard) as [UdpDatagram];
    // The library gives the code's name too; its types do not say so.
    return dnsPacket.decode(Buffer.from(datagram.payload)) as DecodedPacket & { rcode: string };
  }

  connect(to: string, remotePort: number): GuestSocket {
    const localPort = this.#nextPort++;
    const route = { toMac: this.gatewayMac, source: this.address, destination: ip6(to) };
    const emit = (segment: TcpSegment): void => this.out.tcp(route, segment);
    const socket = new GuestSocket({ localPort, remotePort, emit });
    this.#sockets.set(`${localPort} ${ip6(to)} ${remotePort}`, socket);
    socket.endpoint.connect();
    return socket;
  }

  #receive(bytes: Uint8Array): void {
    const frame = must(parseEthernet(bytes));
    if (frame.type !== ETHER_TYPES.ipv6) return;
    const part = must(parseIpv6Packet(frame.payload));
    const whole = isFragment(part) ? this.#assembler.add(part, performance.now()) : part;
    if (whole) this.#receivePacket(isFragment(part) ? must(parseAssembled(whole)) : whole);
  }

  #receivePacket({ source, destination, protocol, payload, ttl }: Ipv6Packet): void {
    if (protocol === PROTOCOLS.icmp6) {
      const message = must(parseIcmp6(payload, source, destination));
      const rest = message.rest.slice();
      this.emit('icmp', { ...message, rest, ttl, source: formatIpv6(source), destination: formatIpv6(destination) });
    } else if (protocol === PROTOCOLS.udp) {
      const datagram = must(parseUdp(payload, source, destination));
      const copy = { ...datagram, payload: datagram.payload.slice() };
      this.emit(`udp ${datagram.destinationPort}`, copy, formatIpv6(source));
    } else if (protocol === PROTOCOLS.tcp) {
      this.#receiveTcp(source, must(parseTcp(payload, source, destination)));
    }
  }

  #receiveTcp(source: Ipv6, segment: TcpSegment): void {
    const socket = this.#sockets.get(`${segment.destinationPort} ${source} ${segment.sourcePort}`);
    if (socket) socket.endpoint.receive(segment);
    else if ((segment.flags & FLAGS.rst) === 0) {
      this.out.tcp({ toMac: this.gatewayMac, source: this.address, destination: source }, makeReset(segment));
    }
  }
}
