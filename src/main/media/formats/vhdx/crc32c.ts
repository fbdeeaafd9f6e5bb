/** The Castagnoli polynomial, its bits reversed (RFC 3720, appendix B.4). Node's zlib has only the other CRC-32. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

const ZEROS = new Uint8Array(4);

/** CRC-32C of the bytes. @param skip where four bytes count as zeros: a checksum does not cover itself. */
export function crc32c(bytes: Uint8Array, skip?: number): number {
  const parts = skip === undefined ? [bytes] : [bytes.subarray(0, skip), ZEROS, bytes.subarray(skip + 4)];
  return ~parts.reduce(extend, 0xffffffff) >>> 0;
}

function extend(start: number, bytes: Uint8Array): number {
  let crc = start;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}
