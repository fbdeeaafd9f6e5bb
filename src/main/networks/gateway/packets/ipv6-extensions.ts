import { readUint16, readUint32 } from './bytes.ts';
import type { IpPacket } from './ip-packet.ts';
import type { Malformed } from './refusal.ts';

/** RFC 8200, section 4. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
export const FRAGMENT_HEADER = 44;
const NOTHING = 59;
const DESTINATION_OPTIONS = 60;

export const FRAGMENT_HEADER_BYTES = 8;
/** Honest packets have one or two; each costs time to skip. */
const MAX_HEADERS = 8;
/** Options that fill gaps (RFC 8200, section 4.2). */
const PAD_1 = 0;
/** Of an option's number: what those do who do not know it. All but `00` drop the packet. */
const MUST_KNOW = 0xc0;

export interface HeaderChain
  extends Pick<IpPacket, 'protocol' | 'identification' | 'fragmentOffset' | 'hasMoreFragments'> {
  /** Where the content begins, or, in a fragment, its part of it. */
  contentAt: number;
}

/**
 * Skips the headers before the content. Options that nobody needs are passed over; a packet with options that must be
 * understood, with a route of its own (RFC 5095) or with headers out of order is refused.
 */
export function readExtensions(bytes: Uint8Array, firstHeader: number, start: number): HeaderChain | Malformed {
  const chain: HeaderChain = {
    ...{ protocol: firstHeader, contentAt: start },
    ...{ identification: 0, fragmentOffset: 0, hasMoreFragments: false },
  };
  for (let count = 0; count < MAX_HEADERS; count += 1) {
    const { protocol, contentAt: at } = chain;
    if (!isExtension(protocol)) return protocol === NOTHING ? 'tooShort' : chain;
    if (protocol === HOP_BY_HOP && count > 0) return 'badHeader';
    const length = protocol === FRAGMENT_HEADER ? FRAGMENT_HEADER_BYTES : ((bytes[at + 1] ?? 0) + 1) * 8;
    if (at + length > bytes.length) return 'badLength';
    chain.protocol = bytes[at] ?? NOTHING;
    chain.contentAt = at + length;
    if (protocol === FRAGMENT_HEADER) {
      const place = readUint16(bytes, at + 2);
      chain.fragmentOffset = place & ~7;
      chain.hasMoreFragments = (place & 1) !== 0;
      chain.identification = readUint32(bytes, at + 4);
      // What follows is in pieces; one that is the whole is read on (RFC 6946).
      if (chain.fragmentOffset !== 0 || chain.hasMoreFragments) return chain;
    } else if (protocol === ROUTING ? bytes[at + 3] !== 0 : !areOptional(bytes, at + 2, at + length)) {
      return 'badHeader';
    }
  }
  return 'badHeader';
}

const isExtension = (protocol: number): boolean =>
  [HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, DESTINATION_OPTIONS].includes(protocol);

/** Whether all options between `start` and `end` are well formed and may be passed over. */
function areOptional(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const kind = bytes[at] ?? 0;
    if ((kind & MUST_KNOW) !== 0) return false;
    at += kind === PAD_1 ? 1 : 2 + (bytes[at + 1] ?? 0);
    if (at > end) return false;
  }
  return true;
}
