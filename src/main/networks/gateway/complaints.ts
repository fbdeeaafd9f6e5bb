import type { Outbound } from './outbound.ts';
import { ICMP_TYPES, isIcmpError, makeIcmpError, UNREACHABLE_CODES } from './packets/icmp.ts';
import {
  ICMP6_TYPES,
  icmp6ErrorAbout,
  isIcmp6Error,
  makeIcmp6,
  UNKNOWN_NEXT_HEADER,
  UNREACHABLE6_CODES,
} from './packets/icmp6.ts';
import { type IpAddress, isIpv6, isMulticast, UNSPECIFIED } from './packets/ip-address.ts';
import { type IpPacket, PROTOCOLS } from './packets/ip-packet.ts';
import type { Sender } from './sender.ts';
import type { Clock } from './tcp/clock.ts';

/** Why a packet was not delivered. IPv4 has no word for `beyondScope`: there are no such addresses. */
export type UnreachableReason = 'net' | 'host' | 'port' | 'prohibited' | 'protocol' | 'beyondScope';

export interface ComplaintsOptions {
  clock: Clock;
  outbound: Outbound;
  /** Of one machine in a second. */
  limit: number;
  /** Whether the packet at hand counts for nobody. */
  isUncounted: () => boolean;
  /** The gateway's own address, as whoever has `guest` sees it. */
  ownAddress: (guest: IpAddress) => IpAddress;
}

/** Where the kind of the content stands in a packet of IPv6. */
const NEXT_HEADER_AT = 6;

/**
 * Tells senders of packets why these were not delivered (RFC 792; RFC 4443). Errors are never answered by errors, and no guest
 * gets more of them in a second than is useful (RFC 1812, section 4.3.2.8; RFC 4443, section 2.4, f).
 */
export class Complaints {
  readonly #options: ComplaintsOptions;
  readonly #told = new Map<string, { second: number; count: number }>();

  constructor(options: ComplaintsOptions) {
    this.#options = options;
  }

  unreachable(sender: Sender, packet: IpPacket, reason: UnreachableReason): void {
    if (!isIpv6(packet.source)) {
      const code = UNREACHABLE_CODES[reason === 'beyondScope' ? 'net' : reason];
      this.#tell(sender, packet, ICMP_TYPES.unreachable, code);
    } else if (reason === 'protocol') {
      this.#tell(sender, packet, ICMP6_TYPES.parameterProblem, UNKNOWN_NEXT_HEADER, NEXT_HEADER_AT);
    } else {
      this.#tell(sender, packet, ICMP6_TYPES.unreachable, UNREACHABLE6_CODES[reason]);
    }
  }

  timeExceeded(sender: Sender, packet: IpPacket): void {
    const types = isIpv6(packet.source) ? ICMP6_TYPES : ICMP_TYPES;
    this.#tell(sender, packet, types.timeExceeded, 0);
  }

  /** Of IPv6 alone: nobody on the way cuts a packet into pieces. @param mtu what the network carries, in bytes */
  tooBig(sender: Sender, packet: IpPacket, mtu: number): void {
    this.#tell(sender, packet, ICMP6_TYPES.packetTooBig, 0, mtu);
  }

  forgetPort(portId: string): void {
    this.#told.delete(portId);
  }

  #tell(sender: Sender, packet: IpPacket, type: number, code: number, word = 0): void {
    if (isUnanswerable(packet) || !this.#isWithinLimit(sender)) return;
    const source = this.#options.ownAddress(packet.source);
    const route = { toMac: sender.mac, source, destination: packet.source };
    if (isIpv6(packet.source)) {
      const error = makeIcmp6(icmp6ErrorAbout(packet.bytes, type, code, word), source, packet.source);
      this.#options.outbound.packet(route, PROTOCOLS.icmp6, error);
    } else {
      this.#options.outbound.packet(route, PROTOCOLS.icmp, makeIcmpError(type, code, packet.bytes));
    }
  }

  #isWithinLimit({ source }: Sender): boolean {
    if (this.#options.isUncounted()) return true;
    const second = Math.floor(this.#options.clock.nowMs() / 1000);
    const told = this.#told.get(source.portId);
    const count = told?.second === second ? told.count + 1 : 1;
    this.#told.set(source.portId, { second, count });
    return count <= this.#options.limit;
  }
}

function isUnanswerable({ protocol, payload, source, destination }: IpPacket): boolean {
  if (!isIpv6(source)) return protocol === PROTOCOLS.icmp && isIcmpError(payload);
  if (source === UNSPECIFIED || isMulticast(source) || (isIpv6(destination) && isMulticast(destination))) return true;
  return protocol === PROTOCOLS.icmp6 && isIcmp6Error(payload);
}
