import { readUint16 } from './bytes.ts';

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

/** Sum over the pseudo header of UDP (RFC 768) and TCP (RFC 9293, section 3.1); `length` counts header and content. */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, length: number): number {
  const halves = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  return halves + protocol + length;
}
