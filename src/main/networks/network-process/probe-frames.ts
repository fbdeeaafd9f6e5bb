import { randomBytes, randomInt } from 'node:crypto';
import { Outbound, type Route } from '../gateway/outbound.ts';
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../gateway/packets/addresses.ts';
import { readUint32 } from '../gateway/packets/bytes.ts';
import { ETHER_TYPES, ETHERNET_HEADER_BYTES, parseEthernet } from '../gateway/packets/ethernet.ts';
import { ICMP_TYPES, makeIcmp, parseIcmp, UNREACHABLE_CODES } from '../gateway/packets/icmp.ts';
import { PROTOCOLS } from '../gateway/packets/ip-packet.ts';
import { IPV4_HEADER_BYTES, parseIpv4Packet } from '../gateway/packets/ipv4.ts';
import { FLAGS, parseTcp, type TcpSegment } from '../gateway/packets/tcp-segment.ts';
import { HEADER_BYTES } from '../switch/framing.ts';

const EMPTY = new Uint8Array(0);
const ECHO_BYTES = 12;
/** The frames are short: they fit into every network. */
const LEAST_MTU = 576;
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
  const ports = { sourcePort: nextPort, destinationPort };
  const bytes = frame(ends, (out, route) => {
    if (kind === 'tcp') out.tcp(route, segment(ports, FIRST_SEQUENCE, FLAGS.syn));
    else if (kind === 'udp') out.udp(route, ports.sourcePort, destinationPort, EMPTY);
    else out.packet(route, PROTOCOLS.icmp, makeEcho());
  });
  return { ...ends, ...ports, kind, bytes };
}

/** Its identifier and sequence number are random: that is how its reply is known. */
const makeEcho = (): Uint8Array => makeIcmp({ type: ICMP_TYPES.echoRequest, code: 0, rest: randomBytes(ECHO_BYTES) });

/** Gives up the connection that a SYN began, whether it was answered or not. */
export function giveUp(question: Question): Buffer {
  const { sourcePort, destinationPort } = question;
  const reset = segment({ sourcePort, destinationPort }, FIRST_SEQUENCE + 1, FLAGS.rst);
  return frame(question, (out, route) => out.tcp(route, reset));
}

/** What a frame says to the question; undefined: it is about something else. */
export function answerTo(question: Question, bytes: Uint8Array): Answer | undefined {
  const ethernet = parseEthernet(bytes);
  if (typeof ethernet === 'string' || ethernet.type !== ETHER_TYPES.ipv4) return undefined;
  const packet = parseIpv4Packet(ethernet.payload);
  if (typeof packet === 'string' || packet.destination !== question.source) return undefined;
  if (packet.protocol === PROTOCOLS.icmp) return icmpAnswer(question, packet.source, packet.payload);
  if (packet.protocol !== PROTOCOLS.tcp || question.kind !== 'tcp' || packet.source !== question.destination)
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

/** One frame as the machine would send it. */
function frame(
  { sourceMac, source, gatewayMac, destination }: Ends,
  write: (out: Outbound, route: Route) => void,
): Buffer {
  let framed = Buffer.alloc(0);
  const send = (bytes: Uint8Array): void => {
    framed = Buffer.concat([Buffer.alloc(HEADER_BYTES), bytes]);
    framed.writeUInt32BE(bytes.length);
  };
  write(new Outbound({ macAddress: sourceMac, mtu: LEAST_MTU, send }), { toMac: gatewayMac, source, destination });
  return framed;
}

function segment(ports: Pick<Question, 'sourcePort' | 'destinationPort'>, sequence: number, flags: number): TcpSegment {
  return { ...ports, sequence, flags, acknowledgment: 0, window: 0xffff, payload: EMPTY };
}
