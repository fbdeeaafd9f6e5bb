import type { Ipv4, Mac } from './packets/addresses.ts';
import { ARP_BYTES, type ArpPacket, writeArp } from './packets/arp.ts';
import { ETHER_TYPES, ETHERNET_HEADER_BYTES, writeEthernet } from './packets/ethernet.ts';
import { ICMP_TYPES, makeIcmpError, UNREACHABLE_CODES, type UnreachableReason } from './packets/icmp.ts';
import { IPV4_HEADER_BYTES, type Ipv4Packet, PROTOCOLS, writeIpv4Header } from './packets/ipv4.ts';
import { type TcpSegment, tcpHeaderBytes, writeTcp } from './packets/tcp-segment.ts';
import { makeUdp } from './packets/udp.ts';

export interface OutboundOptions {
  macAddress: Mac;
  /** Largest IPv4 packet on this network, in bytes. */
  mtu: number;
  /** Puts a frame on the network; its bytes are only lent. */
  send: (frame: Uint8Array) => void;
}

const IPV4_AT = ETHERNET_HEADER_BYTES;
const CONTENT_AT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;

/** Who speaks to whom: addresses of a packet from the gateway to a guest. */
export interface Route {
  toMac: Mac;
  source: Ipv4;
  destination: Ipv4;
}

/** Makes the frames that the gateway sends, all in one buffer: the switch copies them before it returns. */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #frame: Uint8Array;
  #identification = 0;

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#frame = new Uint8Array(ETHERNET_HEADER_BYTES + options.mtu);
  }

  /** Bytes of TCP content that fit into one packet. */
  get segmentBytes(): number {
    return this.#options.mtu - IPV4_HEADER_BYTES - 20;
  }

  arp(toMac: Mac, packet: ArpPacket): void {
    writeEthernet(this.#frame, toMac, this.#options.macAddress, ETHER_TYPES.arp);
    writeArp(this.#frame, ETHERNET_HEADER_BYTES, packet);
    this.#options.send(this.#frame.subarray(0, ETHERNET_HEADER_BYTES + ARP_BYTES));
  }

  /** A segment; its content fits into one packet. */
  tcp(route: Route, segment: TcpSegment): void {
    const payloadBytes = tcpHeaderBytes(segment) + segment.payload.length;
    this.#writeHeaders(route, PROTOCOLS.tcp, { payloadBytes, identification: this.#identify() });
    writeTcp(this.#frame, CONTENT_AT, segment, route.source, route.destination);
    this.#options.send(this.#frame.subarray(0, CONTENT_AT + payloadBytes));
  }

  udp(route: Route, sourcePort: number, destinationPort: number, payload: Uint8Array): void {
    this.ipv4(route, PROTOCOLS.udp, makeUdp({ sourcePort, destinationPort, payload }, route.source, route.destination));
  }

  /** Any content up to the largest that IPv4 carries, in fragments where the network asks for it (RFC 791, section 3.2). */
  ipv4(route: Route, protocol: number, content: Uint8Array): void {
    const identification = this.#identify();
    const largest = this.#options.mtu - IPV4_HEADER_BYTES;
    const step = content.length <= largest ? largest : largest & ~7;
    for (let offset = 0; offset === 0 || offset < content.length; offset += step) {
      const part = content.subarray(offset, offset + step);
      const hasMoreFragments = offset + part.length < content.length;
      const header = { payloadBytes: part.length, identification, fragmentOffset: offset, hasMoreFragments };
      this.#writeHeaders(route, protocol, header);
      this.#frame.set(part, CONTENT_AT);
      this.#options.send(this.#frame.subarray(0, CONTENT_AT + part.length));
    }
  }

  /** Tells the sender of a packet that it cannot be delivered. `source` is the gateway's own address. */
  unreachable(toMac: Mac, source: Ipv4, packet: Ipv4Packet, reason: UnreachableReason): void {
    const error = makeIcmpError(ICMP_TYPES.unreachable, UNREACHABLE_CODES[reason], packet.bytes);
    this.ipv4({ toMac, source, destination: packet.source }, PROTOCOLS.icmp, error);
  }

  timeExceeded(toMac: Mac, source: Ipv4, packet: Ipv4Packet): void {
    const error = makeIcmpError(ICMP_TYPES.timeExceeded, 0, packet.bytes);
    this.ipv4({ toMac, source, destination: packet.source }, PROTOCOLS.icmp, error);
  }

  #identify(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  #writeHeaders(
    { toMac, source, destination }: Route,
    protocol: number,
    rest: { payloadBytes: number; identification: number; fragmentOffset?: number; hasMoreFragments?: boolean },
  ): void {
    writeEthernet(this.#frame, toMac, this.#options.macAddress, ETHER_TYPES.ipv4);
    writeIpv4Header(this.#frame, IPV4_AT, { source, destination, protocol, ...rest });
  }
}
