import dnsPacket, { type Answer, type DecodedPacket, type Question } from 'dns-packet';
import { type HostNetwork, type HostRecordType, RECORD_TYPES } from './host-network.ts';
import { parseIpv4 } from './packets/addresses.ts';
import { formatIp, type IpAddress, isIpv6, parseIpv6 } from './packets/ip-address.ts';
import type { RuleId } from './policy.ts';

/** RFC 1035, section 4.2.1: what a datagram may hold unless the asker says more (RFC 6891). */
const PLAIN_BYTES = 512;
/** Names change when machines move: answers of the network itself are kept for seconds only. */
const OWN_TTL_SECONDS = 5;
const ANSWER_TIMEOUT_MS = 8000;

/** RFC 1035, section 4.1.1. */
const RCODES = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const;
const AUTHORITATIVE = dnsPacket.AUTHORITATIVE_ANSWER;

export interface NameServerOptions {
  host: Pick<HostNetwork, 'resolve'>;
  /** Without dots around: `inn`. */
  domain: string;
  /** The addresses of a name of this network, in lower case without the domain; none: it has none at the moment. */
  addressesOf: (name: string) => readonly IpAddress[] | undefined;
  /** The name of an address of this network, without the domain. */
  nameOf: (address: IpAddress) => string | undefined;
  /** Whether an address belongs to this network: nobody else is asked for its name. */
  isOwn: (address: IpAddress) => boolean;
}

/** How a question is answered for whom: the rule that keeps it from being asked outside, or null. */
export interface Asker {
  isDatagram: boolean;
  outsideRule: RuleId | null;
  /** Whether it gets anywhere over IPv6: addresses that lead nowhere would only cost it time. */
  hasIpv6WayOut: boolean;
  /** A question was not asked outside. */
  onRefused: (name: string) => void;
}

type Reply = { rcode: number; answers?: Answer[]; isOwn?: boolean };

/** Answers names of the network itself and asks the host's resolver for all others (RFC 1035). */
export class NameServer {
  readonly #options: NameServerOptions;

  constructor(options: NameServerOptions) {
    this.#options = options;
  }

  /** The reply to a query; undefined where none is due, because the bytes are no query. Never throws. */
  async answer(query: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    const packet = decode(query);
    if (packet === 'unreadable')
      return query.length < 12 || ((query[2] ?? 0) & 0x80) !== 0 ? undefined : formError(query);
    if (packet.type !== 'query') return undefined;
    const isStandard = (((query[2] ?? 0) >>> 3) & 15) === 0;
    const reply = isStandard ? await this.#reply(packet, asker) : { rcode: RCODES.notImplemented };
    return encode(packet, reply, asker.isDatagram ? datagramBytes(packet) : 65_535);
  }

  async #reply(packet: DecodedPacket, asker: Asker): Promise<Reply> {
    const question = packet.questions?.[0];
    if (!question || packet.questions?.length !== 1 || !isPlainName(question.name))
      return { rcode: RCODES.formatError };
    const own = this.#ownReply(question);
    if (own) return { ...own, isOwn: true };
    if (asker.outsideRule !== null) {
      asker.onRefused(question.name);
      return { rcode: RCODES.refused };
    }
    const type = RECORD_TYPES.find((each) => each === question.type);
    if (!type || (question.class ?? 'IN') !== 'IN') return { rcode: RCODES.notImplemented };
    if (type === 'AAAA' && !asker.hasIpv6WayOut) return { rcode: RCODES.noError };
    return this.#askHost(question.name, type);
  }

  #ownReply({ name, type }: Question): Reply | undefined {
    const { domain, nameOf, isOwn } = this.#options;
    const lower = name.toLowerCase().replace(/\.$/, '');
    const address = reverseAddress(lower);
    if (address !== undefined) {
      if (!isOwn(address)) return undefined;
      const found = nameOf(address);
      if (found === undefined) return { rcode: RCODES.nameError };
      const answer = { name, type: 'PTR', ttl: OWN_TTL_SECONDS, data: `${found}.${domain}` } as const;
      return { rcode: RCODES.noError, answers: type === 'PTR' ? [answer] : [] };
    }
    if (lower === domain) return { rcode: RCODES.noError };
    if (lower.endsWith(`.${domain}`)) return this.#ownName(name, lower.slice(0, -domain.length - 1), type);
    // A bare name is tried here first; the host may know it too.
    return lower.includes('.') || this.#options.addressesOf(lower) === undefined
      ? undefined
      : this.#ownName(name, lower, type);
  }

  #ownName(asked: string, name: string, type: Question['type']): Reply {
    const addresses = this.#options.addressesOf(name);
    if (!addresses) return { rcode: RCODES.nameError };
    if (type !== 'A' && type !== 'AAAA') return { rcode: RCODES.noError };
    const wanted = addresses.filter((address) => isIpv6(address) === (type === 'AAAA'));
    const answers = wanted.map((address) => ({ name: asked, type, ttl: OWN_TTL_SECONDS, data: formatIp(address) }));
    return { rcode: RCODES.noError, answers };
  }

  async #askHost(name: string, type: HostRecordType): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const timer = setTimeout(resolve, ANSWER_TIMEOUT_MS, { rcode: RCODES.serverFailure }).unref();
    const answered = this.#options.host.resolve(name, type).then(
      (answers): Reply => ({ rcode: RCODES.noError, answers }),
      (error: NodeJS.ErrnoException): Reply => ({ rcode: rcodeOf(error.code) }),
    );
    const reply = await Promise.race([answered, promise]);
    clearTimeout(timer);
    return reply;
  }
}

/** https://nodejs.org/api/dns.html#error-codes */
function rcodeOf(code: string | undefined): number {
  if (code === 'ENOTFOUND') return RCODES.nameError;
  if (code === 'ENODATA') return RCODES.noError;
  if (code === 'EREFUSED') return RCODES.refused;
  return code === 'EBADNAME' ? RCODES.formatError : RCODES.serverFailure;
}

function decode(query: Uint8Array): DecodedPacket | 'unreadable' {
  try {
    return dnsPacket.decode(Buffer.from(query));
  } catch {
    // The library throws on anything that is not a message.
    return 'unreadable';
  }
}

/** Labels of plain characters: others would not come back as they were sent. */
const isPlainName = (name: string): boolean => name.length <= 253 && /^([!-\-/-~]{1,63}(\.|$))*$/.test(name);

function datagramBytes(packet: DecodedPacket): number {
  const edns = packet.additionals?.find((each) => each.type === 'OPT');
  return edns ? Math.min(4096, Math.max(PLAIN_BYTES, edns.udpPayloadSize)) : PLAIN_BYTES;
}

function encode(query: DecodedPacket, { rcode, answers = [], isOwn = false }: Reply, maxBytes: number): Uint8Array {
  const flags = dnsPacket.RECURSION_AVAILABLE | ((query.flags ?? 0) & dnsPacket.RECURSION_DESIRED);
  const message = {
    type: 'response' as const,
    id: query.id ?? 0,
    flags: flags | rcode | (isOwn ? AUTHORITATIVE : 0),
    questions: (query.questions ?? []).slice(0, 1).filter(({ name }) => isPlainName(name)),
  };
  const whole = encodeAnswers(message, answers);
  if (whole.length <= maxBytes) return whole;
  // The asker comes again over TCP, where everything fits (RFC 7766).
  return dnsPacket.encode({ ...message, flags: message.flags | dnsPacket.TRUNCATED_RESPONSE });
}

function encodeAnswers(message: dnsPacket.Packet & { flags: number }, answers: Answer[]): Uint8Array {
  try {
    return dnsPacket.encode({ ...message, answers });
  } catch {
    // An answer of the host that the library cannot write: whoever asked hears that it went wrong.
    return dnsPacket.encode({ ...message, flags: (message.flags & ~15) | RCODES.serverFailure });
  }
}

function formError(query: Uint8Array): Uint8Array {
  const reply = new Uint8Array(12);
  reply.set(query.subarray(0, 2));
  reply[2] = 0x80;
  reply[3] = RCODES.formatError;
  return reply;
}

/** The address that `15.2.0.10.in-addr.arpa` asks for (RFC 1035, section 3.5), or its like of IPv6 (RFC 3596, section 2.5). */
function reverseAddress(name: string): IpAddress | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (match) return parseIpv4(match.slice(1).reverse().join('.'));
  const digits = /^(([0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  const groups = digits?.split('.').reverse().join('').match(/.{4}/g);
  return groups ? parseIpv6(groups.join(':')) : undefined;
}
