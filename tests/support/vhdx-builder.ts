import { crc32c } from '../../src/main/media/formats/vhdx/crc32c.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const LOG_SECTOR = 4 * KIB;

/** Where `buildVhdx` puts things. */
export const VHDX = {
  headers: [64 * KIB, 128 * KIB],
  regions: [192 * KIB, 256 * KIB],
  log: MIB,
  table: 2 * MIB,
  metadata: 3 * MIB,
  items: 3 * MIB + 64 * KIB,
  data: 4 * MIB,
} as const;

export const LOG_ID = '0123456789abcdef0123456789abcdef';

/** A VHDX image with blocks of 1 MiB ([MS-VHDX]), in which only the blocks given are present. */
export function buildVhdx(sizeBytes: number, blocks: ReadonlyMap<number, Uint8Array>): Buffer {
  const image = Buffer.alloc(VHDX.data + blocks.size * MIB);
  image.write('vhdxfile', 0, 'latin1');
  for (const [index, offset] of VHDX.headers.entries()) {
    image.write('head', offset, 'latin1');
    image.writeBigUInt64LE(BigInt(index + 1), offset + 8);
    image.writeUInt16LE(1, offset + 66);
    image.writeUInt32LE(MIB, offset + 68);
    image.writeBigUInt64LE(BigInt(VHDX.log), offset + 72);
  }
  for (const offset of VHDX.regions) {
    image.write('regi', offset, 'latin1');
    image.writeUInt32LE(2, offset + 8);
    writeRegion(image, offset + 16, '6677c22d23f600429d64115e9bfd4a08', VHDX.table);
    writeRegion(image, offset + 48, '06a27c8b90479a4bb8fe575f050f886e', VHDX.metadata);
  }
  writeMetadata(image, sizeBytes);
  let place = VHDX.data;
  for (const [block, contents] of blocks) {
    image.writeBigUInt64LE((BigInt(place / MIB) << 20n) | 6n, VHDX.table + block * 8);
    image.set(contents, place);
    place += MIB;
  }
  return sealVhdx(image);
}

function writeRegion(image: Buffer, at: number, id: string, offset: number): void {
  image.write(id, at, 'hex');
  image.writeBigUInt64LE(BigInt(offset), at + 16);
  image.writeUInt32LE(MIB, at + 24);
  image.writeUInt32LE(1, at + 28);
}

function writeMetadata(image: Buffer, sizeBytes: number): void {
  image.write('metadata', VHDX.metadata, 'latin1');
  image.writeUInt16LE(3, VHDX.metadata + 10);
  const items: [id: string, value: bigint][] = [
    ['3767a1ca36fa434db3b633f0aa44e76b', BigInt(MIB)],
    ['2442a52f1bcd7648b2115dbed83bf4b8', BigInt(sizeBytes)],
    ['1dbf41816fa90947ba47f233a8faab5f', 512n],
  ];
  for (const [index, [id, value]] of items.entries()) {
    const entry = VHDX.metadata + 32 * (index + 1);
    image.write(id, entry, 'hex');
    image.writeUInt32LE(64 * KIB + index * 8, entry + 16);
    image.writeUInt32LE(8, entry + 20);
    image.writeUInt32LE(4, entry + 24);
    image.writeBigUInt64LE(value, VHDX.items + index * 8);
  }
}

/** Makes the checksums of headers and region tables right again, as far as the image reaches. */
export function sealVhdx(image: Buffer): Buffer {
  for (const offset of VHDX.headers) seal(image.subarray(offset, offset + 4 * KIB));
  for (const offset of VHDX.regions) seal(image.subarray(offset, offset + 64 * KIB));
  return image;
}

function seal(part: Buffer): void {
  if (part.length >= 8) part.writeUInt32LE(crc32c(part, 4), 4);
}

export interface LogRecord {
  sequence: number;
  /** Where in the log the sequence begins that is to be replayed. */
  tail: number;
  /** Changes: 4 KiB at a place of the file, or so many zeros there. */
  changes: { offset: number; data?: Uint8Array; zeros?: number }[];
}

/** Puts an entry into the log, and tells the headers that it counts. It goes on at the log's beginning when it must. */
export function writeLog(image: Buffer, at: number, record: LogRecord): number {
  const entry = encodeRecord(record);
  for (let done = 0; done < entry.length; done += LOG_SECTOR) {
    entry.copy(image, VHDX.log + ((at + done) % MIB), done, done + LOG_SECTOR);
  }
  for (const offset of VHDX.headers) image.write(LOG_ID, offset + 48, 'hex');
  sealVhdx(image);
  return (at + entry.length) % MIB;
}

function encodeRecord({ sequence, tail, changes }: LogRecord): Buffer {
  const dataSectors = changes.filter(({ data }) => data);
  const entry = Buffer.alloc(LOG_SECTOR * (1 + dataSectors.length));
  entry.write('loge', 0, 'latin1');
  entry.writeUInt32LE(entry.length, 8);
  entry.writeUInt32LE(tail, 12);
  entry.writeBigUInt64LE(BigInt(sequence), 16);
  entry.writeUInt32LE(changes.length, 24);
  entry.write(LOG_ID, 32, 'hex');
  let sector = LOG_SECTOR;
  for (const [index, { offset, data, zeros }] of changes.entries()) {
    const descriptor = entry.subarray(64 + index * 32, 96 + index * 32);
    descriptor.write(data ? 'desc' : 'zero', 0, 'latin1');
    descriptor.writeBigUInt64LE(BigInt(offset), 16);
    descriptor.writeBigUInt64LE(BigInt(sequence), 24);
    if (!data) descriptor.writeBigUInt64LE(BigInt(zeros ?? 0), 8);
    else {
      descriptor.set(data.subarray(LOG_SECTOR - 4), 4);
      descriptor.set(data.subarray(0, 8), 8);
      entry.set(data, sector);
      entry.write('data', sector, 'latin1');
      entry.writeUInt32LE(0, sector + 4);
      entry.writeUInt32LE(sequence, sector + LOG_SECTOR - 4);
      sector += LOG_SECTOR;
    }
  }
  seal(entry);
  return entry;
}
