const MAGIC = 0xfd2fb528;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE_BLOCK = 1;
const CHECKSUM_BYTES = 4;

/**
 * Length of the zstd frame that the bytes begin with (RFC 8878 §3.1.1): what follows it in the sector is no part of it, and
 * the decoder takes it for a second, broken frame.
 * @throws Error when there is no whole frame.
 */
export function zstdFrameBytes(bytes: Buffer): number {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== MAGIC) throw new Error('no zstd frame');
  const descriptor = bytes.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const contentSizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  let at = 5 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + contentSizeBytes;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) throw new Error('the zstd frame does not end');
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    const isRepeated = ((header >>> 1) & 3) === RLE_BLOCK;
    at += 3 + (isRepeated ? 1 : header >>> 3);
  }
  const end = at + ((descriptor & 4) === 0 ? 0 : CHECKSUM_BYTES);
  if (end > bytes.length) throw new Error('the zstd frame does not end');
  return end;
}
