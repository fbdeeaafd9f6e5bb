import type { Mac } from './packets/addresses.ts';
import { ARP_BYTES, type ArpPacket, writeArp } from './packets/arp.ts';
import { ETHER_TYPES, ETHERNET_HEADER_BYTES, writeEthernet } from './packets/ethernet.ts';
import { type IpAddress, isIpv6 } from './packets/ip-address.ts';
import { PROTOCOLS } from './packets/ip-packet.ts';
import { IPV4_HEADER_BYTES, USUAL_TTL, writeIpv4Header } from './packets/ipv4.ts';
import { IPV6_HEADER_BYTES, writeIpv6Fragment, writeIpv6Header } from './packets/ipv6.ts';
import { FRAGMENT_HEADER_BYTES } from './packets/ipv6-extensions.ts';
import { TCP_HEADER_BYTES, type TcpSegment, tcpHeaderBytes, writeTcp } from './packets/tcp-segment.ts';
import { makeUdp } from './packets/udp.ts';

export interface OutboundOptions {
  macAddress: Mac;
  /** Largest packet on this network, in bytes. */
  mtu: number;
  /** Puts a frame on the network; its bytes are only lent. */
  send: (frame: Uint8Array) => void;
}

const PACKET_AT = ETHERNET_HEADER_BYTES;
const headerBytesOf = (address: IpAddress): number => (isIpv6(address) ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);

/** Who speaks to whom: addresses of a packet from the gateway to a guest, both of one family. */
export interface Route {
  toMac: Mac;
  source: IpAddress;
  destination: IpAddress;
}

interface Part {
  protocol: number;
  payloadBytes: number;
  identification: number;
  ttl: number;
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

  /** Bytes of TCP content that fit into one packet to an address. */
  segmentBytes(to: IpAddress): number {
    return this.#options.mtu - headerBytesOf(to) - TCP_HEADER_BYTES;
  }

  arp(toMac: Mac, packet: ArpPacket): void {
    writeEthernet(this.#frame, toMac, this.#options.macAddress, ETHER_TYPES.arp);
    writeArp(this.#frame, ETHERNET_HEADER_BYTES, packet);
    this.#options.send(this.#frame.subarray(0, ETHERNET_HEADER_BYTES + ARP_BYTES));
  }

  /** A segment; its content fits into one packet. */
  tcp(route: Route, segment: TcpSegment): void {
    const payloadBytes = tcpHeaderBytes(segment) + segment.payload.length;
    const part = { protocol: PROTOCOLS.tcp, payloadBytes, identification: this.#identify(), ttl: USUAL_TTL };
    const contentAt = this.#writeHeaders(route, part);
    writeTcp(this.#frame, contentAt, segment, route.source, route.destination);
    this.#options.send(this.#frame.subarray(0, contentAt + payloadBytes));
  }

  udp(route: Route, sourcePort: number, destinationPort: number, payload: Uint8Array): void {
    this.packet(
      route,
      PROTOCOLS.udp,
      makeUdp({ sourcePort, destinationPort, payload }, route.source, route.destination),
    );
  }

  /**
   * Any content up to the largest that a packet carries, in fragments where the network asks for it (RFC 791, section 3.2;
   * RFC 8200, section 4.5). @param ttl hops that it may go
   */
  packet(route: Route, protocol: number, content: Uint8Array, ttl = USUAL_TTL): void {
    const part = { protocol, identification: this.#identify(), ttl };
    if (content.length <= this.#options.mtu - headerBytesOf(route.source)) {
      this.#send(this.#writeHeaders(route, { ...part, payloadBytes: content.length }), content);
    } else {
      this.#sendInPieces(route, part, content);
    }
  }

  #sendInPieces(route: Route, part: Omit<Part, 'payloadBytes'>, content: Uint8Array): void {
    const headerBytes = headerBytesOf(route.source) + (isIpv6(route.source) ? FRAGMENT_HEADER_BYTES : 0);
    const step = (this.#options.mtu - headerBytes) & ~7;
    for (let offset = 0; offset < content.length; offset += step) {
      const piece = content.subarray(offset, offset + step);
      const hasMoreFragments = offset + piece.length < content.length;
      const place = { fragmentOffset: offset, hasMoreFragments };
      this.#send(this.#writeHeaders(route, { ...part, payloadBytes: piece.length }, place), piece);
    }
  }

  #send(contentAt: number, content: Uint8Array): void {
    this.#frame.set(content, contentAt);
    this.#options.send(this.#frame.subarray(0, contentAt + content.length));
  }

  #identify(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  /** Gives where the content begins. */
  #writeHeaders(
    { toMac, source, destination }: Route,
    part: Part,
    place?: { fragmentOffset: number; hasMoreFragments: boolean },
  ): number {
    const frame = this.#frame;
    if (typeof source === 'number') {
      writeEthernet(frame, toMac, this.#options.macAddress, ETHER_TYPES.ipv4);
      writeIpv4Header(frame, PACKET_AT, { source, destination: Number(destination), ...part, ...place });
      return PACKET_AT + IPV4_HEADER_BYTES;
    }
    writeEthernet(frame, toMac, this.#options.macAddress, ETHER_TYPES.ipv6);
    const header = { source, destination: BigInt(destination), ...part };
    if (!place) {
      writeIpv6Header(frame, PACKET_AT, header);
      return PACKET_AT + IPV6_HEADER_BYTES;
    }
    writeIpv6Fragment(frame, PACKET_AT, { ...header, ...place });
    return PACKET_AT + IPV6_HEADER_BYTES + FRAGMENT_HEADER_BYTES;
  }
}
