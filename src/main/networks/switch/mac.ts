/** MAC addresses as whole numbers of 48 bits, the first octet highest: exact in a double, and quick as keys. */

export const BROADCAST = 0xffff_ffff_ffff;

const HIGH = 2 ** 32;
/** IEEE 802.1Q, table 8-1: 01-80-C2-00-00-00 to -0F are between neighbours; no bridge passes them on. */
const RESERVED_FIRST = 0x0180_c200_0000;
const RESERVED_LAST = 0x0180_c200_000f;

/** The address in the 6 bytes at `offset`; the caller has made sure that they are there. */
export function macAt(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  const low =
    ((bytes[offset + 2] as number) << 24) |
    ((bytes[offset + 3] as number) << 16) |
    ((bytes[offset + 4] as number) << 8) |
    (bytes[offset + 5] as number);
  return high * HIGH + (low >>> 0);
}

/** @param text six pairs of hexadecimal digits with colons */
export function parseMac(text: string): number {
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

export function formatMac(mac: number): string {
  const digits = mac.toString(16).padStart(12, '0');
  return (digits.match(/../g) ?? []).join(':');
}

/** Group addresses, broadcast among them: the lowest bit of the first octet (IEEE 802, 8.2.2). */
export function isGroup(mac: number): boolean {
  return (Math.floor(mac / 2 ** 40) & 1) === 1;
}

export function isReserved(mac: number): boolean {
  return mac >= RESERVED_FIRST && mac <= RESERVED_LAST;
}
