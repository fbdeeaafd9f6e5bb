import { randomBytes, randomInt } from 'node:crypto';
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../gateway/packets/addresses.ts';
import { readUint32 } from '../gateway/packets/bytes.ts';
import { ETHER_TYPES, ETHERNET_HEADER_BYTES, parseEthernet, writeEthernet } from '../gateway/packets/ethernet.ts';
import { ICMP_TYPES, makeIcmp, parseIcmp, UNREACHABLE_CODES } from '../gateway/packets/icmp.ts';
import { IPV4_HEADER_BYTES, parseIpv4Packet, writeIpv4Header } from '../gateway/packets/ipv4.ts';
import { FLAGS, parseTcp, type TcpSegment, tcpHeaderBytes, writeTcp } from '../gateway/packets/tcp-segment.ts';
import { makeUdp } from '../gateway/packets/udp.ts';
import { HEADER_BYTES } from '../switch/framing.ts';

/** https://www.iana.org/assignments/protocol-numbers */
const PROTOCOL_OF = { echo: 1, tcp: 6, udp: 17 } as const;
const EMPTY = new Uint8Array(0);
const ECHO_BYTES = 12;
/** No connection of a guest begins at these ports (RFC 6335, section 6; `rsh` begins at 512): none is mistaken for a probe's. */
const SOURCE_PORTS = { first: 1, end: 512 };
const FIRST_SEQUENCE = 1;
const CONTENT_AT = HEADER_BYTES + ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;
/** Of a packet that could not be delivered, its header and so many bytes come back (RFC 792). */
const QUOTED_BYTES = IPV4_HEADER_BYTES + 8;

export interface Ends {
  sourceMac: Mac;
  source: Ipv4;
  /** Where frames for the outside go: the gateway. */
  gatewayMac: Mac;
  destination: Ipv4;
}

/** A packet of a probe, so that its answers are known again. */
export interface Question extends Ends {
  kind: 'echo' | 'tcp' | 'udp';
  sourcePort: number;
  destinationPort: number;
  /** Framed as in framing.ts. */
  bytes: Buffer;
}

/** `unreachable` stands for all ICMP errors but `prohibited`. */
export type Answer = 'echo' | 'accepted' | 'reset' | 'prohibited' | 'unreachable';

let nextPort = randomInt(SOURCE_PORTS.first, SOURCE_PORTS.end);

/** @throws RangeError when an address cannot be read */
export function endsOf(sourceMac: string, source: string, gatewayMac: string, destination: string): Ends {
  const ends = [parseMac(sourceMac), parseIpv4(source), parseMac(gatewayMac), parseIpv4(destination)];
  const [own, address, gateway, far] = ends;
  if (own === undefined || address === undefined || gateway === undefined || far === undefined) {
    throw new RangeError(`No frame goes from '${source}' (${sourceMac}) to '${destination}' (${gatewayMac}).`);
  }
  return { sourceMac: own, source: address, gatewayMac: gateway, destination: far };
}

/** Makes the first packet of an exchange: an echo request, a SYN, or an empty datagram. */
export function ask(kind: Question['kind'], ends: Ends, destinationPort: number): Question {
  nextPort = nextPort + 1 < SOURCE_PORTS.end ? nextPort + 1 : SOURCE_PORTS.first;
  const sourcePort = nextPort;
  const bytes = frame(ends, kind, { sourcePort, destinationPort, sequence: FIRST_SEQUENCE, flags: FLAGS.syn });
  return { ...ends, kind, sourcePort, destinationPort, bytes };
}

/** Gives up the connection that a SYN began, whether it was answered or not. */
export function giveUp({ sourcePort, destinationPort, ...ends }: Question): Buffer {
  return frame(ends, 'tcp', { sourcePort, destinationPort, sequence: FIRST_SEQUENCE + 1, flags: FLAGS.rst });
}

/** What a frame says to the question; undefined: it is about something else. */
export function answerTo(question: Question, bytes: Uint8Array): Answer | undefined {
  const ethernet = parseEthernet(bytes);
  if (typeof ethernet === 'string' || ethernet.type !== ETHER_TYPES.ipv4) return undefined;
  const packet = parseIpv4Packet(ethernet.payload);
  if (typeof packet === 'string' || packet.destination !== question.source) return undefined;
  if (packet.protocol === PROTOCOL_OF.echo) return icmpAnswer(question, packet.source, packet.payload);
  if (packet.protocol !== PROTOCOL_OF.tcp || question.kind !== 'tcp' || packet.source !== question.destination)
    return undefined;
  const segment = parseTcp(packet.payload, packet.source, packet.destination);
  if (typeof segment === 'string') return undefined;
  const isOurs = segment.destinationPort === question.sourcePort && segment.sourcePort === question.destinationPort;
  if (!isOurs) return undefined;
  return (segment.flags & FLAGS.rst) === 0 ? 'accepted' : 'reset';
}

function icmpAnswer(question: Question, source: Ipv4, payload: Uint8Array): Answer | undefined {
  const message = parseIcmp(payload);
  if (typeof message === 'string') return undefined;
  if (message.type === ICMP_TYPES.echoReply) {
    const isOurs = question.kind === 'echo' && source === question.destination;
    return isOurs && readUint32(message.rest, 0) === echoMark(question) ? 'echo' : undefined;
  }
  const sent = question.bytes.subarray(HEADER_BYTES + ETHERNET_HEADER_BYTES).subarray(0, QUOTED_BYTES);
  if (!sent.equals(message.rest.subarray(4))) return undefined;
  const isProhibited = message.type === ICMP_TYPES.unreachable && message.code === UNREACHABLE_CODES.prohibited;
  return isProhibited ? 'prohibited' : 'unreachable';
}

/** Identifier and sequence number of the echo request. */
const echoMark = ({ bytes }: Question): number => readUint32(bytes, CONTENT_AT + 4);

type Segment = Pick<TcpSegment, 'sourcePort' | 'destinationPort' | 'sequence' | 'flags'>;

function frame(ends: Ends, kind: Question['kind'], segment: Segment): Buffer {
  const { sourceMac, source, gatewayMac, destination } = ends;
  const content = { echo: makeEcho, tcp: makeTcp, udp: makeEmptyUdp }[kind](ends, segment);
  const bytes = Buffer.alloc(CONTENT_AT + content.length);
  bytes.writeUInt32BE(bytes.length - HEADER_BYTES);
  writeEthernet(bytes.subarray(HEADER_BYTES), gatewayMac, sourceMac, ETHER_TYPES.ipv4);
  const [protocol, identification] = [PROTOCOL_OF[kind], randomInt(0x10000)];
  const header = { source, destination, protocol, payloadBytes: content.length, identification };
  writeIpv4Header(bytes, HEADER_BYTES + ETHERNET_HEADER_BYTES, header);
  bytes.set(content, CONTENT_AT);
  return bytes;
}

function makeTcp({ source, destination }: Ends, part: Segment): Uint8Array {
  const segment = { ...part, acknowledgment: 0, window: 0xffff, payload: EMPTY };
  const bytes = new Uint8Array(tcpHeaderBytes(segment));
  writeTcp(bytes, 0, segment, source, destination);
  return bytes;
}

function makeEmptyUdp({ source, destination }: Ends, { sourcePort, destinationPort }: Segment): Uint8Array {
  return makeUdp({ sourcePort, destinationPort, payload: EMPTY }, source, destination);
}

/** Identifier and sequence number are random: that is how its reply is known. */
const makeEcho = (): Uint8Array => makeIcmp({ type: ICMP_TYPES.echoRequest, code: 0, rest: randomBytes(ECHO_BYTES) });
