import { createHash } from 'node:crypto';
import { formatIpv6 } from './packets/ip-address.ts';

const WHAT_FOR = 'innkeeper network prefix';

/**
 * The IPv6 prefix of a network, the same for as long as the network is there: fd00::/8, then 56 bits of a hash of its id as
 * global id and subnet id. RFC 4193, section 3.2, wants the global id random; the network's id is.
 * @param networkId a random UUID
 */
export function ulaPrefixOf(networkId: string): string {
  const digest = createHash('sha256').update(`${WHAT_FOR} ${networkId}`).digest();
  const prefix = (0xfdn << 56n) | (digest.readBigUInt64BE() >> 8n);
  return `${formatIpv6(prefix << 64n)}/64`;
}
