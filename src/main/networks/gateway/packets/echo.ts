import { ICMP_TYPES, makeIcmp, parseIcmp } from './icmp.ts';
import { ICMP6_TYPES, makeIcmp6, parseIcmp6 } from './icmp6.ts';
import { isIpv6 } from './ip-address.ts';
import { type IpPacket, PROTOCOLS } from './ip-packet.ts';
import { isMalformed } from './refusal.ts';

/** Whether a packet bears a message of the ICMP of its family, such as a ping. */
export const isIcmp = ({ source, protocol }: IpPacket): boolean =>
  protocol === (isIpv6(source) ? PROTOCOLS.icmp6 : PROTOCOLS.icmp);

/** The answer to a ping, with the same number and data (RFC 792; RFC 4443, section 4.2); undefined: it is none. */
export function echoReply({ source, destination, payload }: IpPacket): Uint8Array | undefined {
  if (isIpv6(source)) {
    const message = parseIcmp6(payload, source, destination);
    if (isMalformed(message) || message.type !== ICMP6_TYPES.echoRequest) return undefined;
    return makeIcmp6({ ...message, type: ICMP6_TYPES.echoReply, code: 0 }, destination, source);
  }
  const message = parseIcmp(payload);
  if (isMalformed(message) || message.type !== ICMP_TYPES.echoRequest) return undefined;
  return makeIcmp({ ...message, type: ICMP_TYPES.echoReply, code: 0 });
}
