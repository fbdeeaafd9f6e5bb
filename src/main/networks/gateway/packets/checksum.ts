import { readUint16 } from './bytes.ts';
import type { IpAddress } from './ip-address.ts';

/** Adds the 16-bit words of `bytes[start, end)` to `sum`, an odd last byte as if a zero followed (RFC 1071, section 1). */
export function addWords(bytes: Uint8Array, start: number, end: number, sum: number): number {
  let total = sum;
  let at = start;
  for (const last = end - 1; at < last; at += 2) total += readUint16(bytes, at);
  return at < end ? total + ((bytes[at] ?? 0) << 8) : total;
}

/** Folds the carries in and inverts: the 16 bits that stand in a header. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** Sum over the pseudo header of UDP, TCP (RFC 9293, section 3.1) and all of IPv6 (RFC 8200, section 8.1). @param length of header and content, in bytes */
export function pseudoHeaderSum(source: IpAddress, destination: IpAddress, protocol: number, length: number): number {
  return addressSum(source) + addressSum(destination) + protocol + length;
}

/** The words of an address added up. To a sum that wraps round at 0xffff, the rest of a division by it is the same. */
const addressSum = (address: IpAddress): number =>
  typeof address === 'number' ? (address >>> 16) + (address & 0xffff) : Number(address % 0xffffn);
