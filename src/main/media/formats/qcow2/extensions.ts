/** One header extension that matters here; others are left alone ("Header extensions"). */
export interface HeaderExtension {
  type: keyof typeof EXTENSION_TYPES;
  data: Buffer;
}

export const EXTENSION_TYPES = {
  backingFormat: 0xe2792aca,
  featureNames: 0x6803f857,
  bitmaps: 0x23852875,
} as const;

/**
 * Reads the extensions behind the header, up to the first that does not fit.
 * @param firstCluster as much of it as was read.
 */
export function readExtensions(firstCluster: Buffer, headerBytes: number): HeaderExtension[] {
  const found: HeaderExtension[] = [];
  let position = headerBytes;
  while (position + 8 <= firstCluster.length) {
    const magic = firstCluster.readUInt32BE(position);
    const length = firstCluster.readUInt32BE(position + 4);
    const start = position + 8;
    if (magic === 0 || start + length > firstCluster.length) break;
    const type = TYPE_OF.get(magic);
    if (type) found.push({ type, data: firstCluster.subarray(start, start + length) });
    position = start + Math.ceil(length / 8) * 8;
  }
  return found;
}

const TYPE_OF = new Map<number, HeaderExtension['type']>(
  (Object.keys(EXTENSION_TYPES) as HeaderExtension['type'][]).map((type) => [EXTENSION_TYPES[type], type]),
);

/** One extension as it is stored, padded to a multiple of 8 bytes. */
export function encodeExtension(type: HeaderExtension['type'], data: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8);
  bytes.writeUInt32BE(EXTENSION_TYPES[type], 0);
  bytes.writeUInt32BE(data.length, 4);
  data.copy(bytes, 8);
  return bytes;
}

const FEATURE_ENTRY_BYTES = 48;
const INCOMPATIBLE_FEATURE = 0;
const EXTENDED_L2_BIT = 4;

/** Name of an incompatible feature: the image's own word for it where it has one ("Feature name table"). */
export function describeFeature(bit: number, extensions: readonly HeaderExtension[]): string {
  if (bit === EXTENDED_L2_BIT) return 'extended L2 entries (bit 4)';
  const table = extensions.find(({ type }) => type === 'featureNames')?.data ?? Buffer.alloc(0);
  for (let at = 0; at + FEATURE_ENTRY_BYTES <= table.length; at += FEATURE_ENTRY_BYTES) {
    if (table[at] !== INCOMPATIBLE_FEATURE || table[at + 1] !== bit) continue;
    const name = table.toString('latin1', at + 2, at + FEATURE_ENTRY_BYTES).replace(/[^ -~]+.*$/s, '');
    if (name) return `${name} (bit ${bit})`;
  }
  return `feature bit ${bit}`;
}
