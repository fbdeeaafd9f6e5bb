/** Big-endian ("network order") numbers in byte arrays. Reading behind the end gives zeros; parsers check lengths first. */
export const readUint16 = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);

export const readUint32 = (bytes: Uint8Array, offset: number): number =>
  ((readUint16(bytes, offset) << 16) | readUint16(bytes, offset + 2)) >>> 0;

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, value >>> 16);
  writeUint16(bytes, offset + 2, value);
}
