import { KIB, MIB } from '../../../../shared/units.ts';
import { hasText } from '../../image-file.ts';
import type { HostFile } from '../host-file.ts';
import { damagedImage, unsupportedImage } from '../image-format.ts';
import { crc32c } from './crc32c.ts';
import type { VhdxHeader } from './vhdx-header.ts';

/** Reads metadata as they are once the log is written to its places. */
export interface MetadataReader {
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A change that the log holds: bytes, or a stretch of zeros. */
interface Change {
  offset: number;
  lengthBytes: number;
  data: Buffer | undefined;
}

interface LogEntry {
  /** Within the log, as the next two. */
  offset: number;
  lengthBytes: number;
  tail: number;
  sequence: bigint;
  /** The file was at least this long when the entry was written. */
  flushedBytes: bigint;
  bytes: Buffer;
}

const SECTOR_BYTES = 4 * KIB;
const ENTRY_HEADER_BYTES = 64;
const DESCRIPTOR_BYTES = 32;
/** Logs that programs make are of 1 MiB. */
const MAX_LOG_BYTES = 32 * MIB;
/** An invalid entry costs its checksum, and 4 KiB on may be the next one: a log made for it would take minutes. */
const MAX_CHECKED_LOGS = 4;

/**
 * The log of an image that was not closed, replayed in memory: the file stays as it is. [MS-VHDX] 2.3.
 * @throws InnError `IMAGE_INVALID` when the log has no entries that are whole; `NOT_SUPPORTED` for a log of more than 32 MiB.
 */
export async function replayLog(file: HostFile, header: VhdxHeader): Promise<MetadataReader> {
  const { logId, logOffset, logBytes } = header;
  if (logId === null) return file;
  if (logBytes > MAX_LOG_BYTES) {
    throw unsupportedImage(
      file.path,
      `its log of ${logBytes} bytes is too large`,
      'Open and close it where it was made.',
    );
  }
  const log = Buffer.alloc(logBytes);
  await file.read(logOffset, log);
  const entries = new LogScan(log, logId).activeSequence();
  if (!entries) throw damagedImage(file.path, 'its log is damaged');
  if (entries.some(({ flushedBytes }) => flushedBytes > file.sizeBytes))
    throw damagedImage(file.path, 'it was truncated');
  const changes = entries.flatMap((entry) => changesOf(entry));
  return { read: (offset, target) => readChanged(file, changes, offset, target) };
}

async function readChanged(
  file: HostFile,
  changes: readonly Change[],
  offset: number,
  target: Uint8Array,
): Promise<void> {
  await file.readPadded(offset, target);
  const end = offset + target.length;
  for (const change of changes) {
    const from = Math.max(offset, change.offset);
    const to = Math.min(end, change.offset + change.lengthBytes);
    if (from >= to) continue;
    const data = change.data?.subarray(from - change.offset, to - change.offset);
    if (data) target.set(data, from - offset);
    else target.fill(0, from - offset, to - offset);
  }
}

/** Finds the entries that count among those that are left over in a ring. */
class LogScan {
  readonly #log: Buffer;
  readonly #logId: string;
  #checkedBytes = 0;

  constructor(log: Buffer, logId: string) {
    this.#log = log;
    this.#logId = logId;
  }

  /** [MS-VHDX] 2.3.2: the sequence with the highest number whose last entry says that it begins within it. */
  activeSequence(): LogEntry[] | undefined {
    let active: LogEntry[] | undefined;
    for (let tail = 0; tail < this.#log.length; ) {
      const sequence = this.#sequenceAt(tail);
      const last = sequence.at(-1);
      const first = sequence.findIndex((entry) => entry.offset === last?.tail);
      if (last && first >= 0 && last.sequence > (active?.at(-1)?.sequence ?? -1n)) active = sequence.slice(first);
      tail += last && first >= 0 ? sequence.reduce((sum, entry) => sum + entry.lengthBytes, 0) : SECTOR_BYTES;
    }
    return active;
  }

  #sequenceAt(tail: number): LogEntry[] {
    const sequence: LogEntry[] = [];
    let covered = 0;
    while (covered < this.#log.length) {
      const entry = this.#entryAt((tail + covered) % this.#log.length);
      const before = sequence.at(-1);
      if (!entry || (before && entry.sequence !== before.sequence + 1n)) break;
      sequence.push(entry);
      covered += entry.lengthBytes;
    }
    return sequence;
  }

  /** The entry, when it is whole. */
  #entryAt(offset: number): LogEntry | undefined {
    const head = this.#log.subarray(offset, offset + ENTRY_HEADER_BYTES);
    if (!hasText(head, 0, 'loge') || head.toString('hex', 32, 48) !== this.#logId) return undefined;
    const lengthBytes = head.readUInt32LE(8);
    const isLength = lengthBytes > 0 && lengthBytes % SECTOR_BYTES === 0 && lengthBytes <= this.#log.length;
    if (!isLength || this.#checkedBytes > MAX_CHECKED_LOGS * this.#log.length) return undefined;
    this.#checkedBytes += lengthBytes;
    const toEnd = this.#log.subarray(offset, offset + lengthBytes);
    const bytes = Buffer.concat([toEnd, this.#log.subarray(0, lengthBytes - toEnd.length)]);
    if (bytes.readUInt32LE(4) !== crc32c(bytes, 4) || !hasSoundSectors(bytes)) return undefined;
    const [tail, sequence, flushedBytes] = [head.readUInt32LE(12), head.readBigUInt64LE(16), head.readBigUInt64LE(48)];
    return { offset, lengthBytes, tail, sequence, flushedBytes, bytes };
  }
}

/** Whether descriptors and data sectors are there as the header counts them, and belong to this entry. */
function hasSoundSectors(entry: Buffer): boolean {
  const sequence = entry.readBigUInt64LE(16);
  const dataOffset = dataOffsetOf(entry);
  let data = 0;
  if (dataOffset > entry.length) return false;
  for (const descriptor of descriptorsOf(entry)) {
    if (descriptor.readBigUInt64LE(24) !== sequence) return false;
    if (hasText(descriptor, 0, 'zero')) continue;
    const sector = entry.subarray(dataOffset + data * SECTOR_BYTES, dataOffset + (data + 1) * SECTOR_BYTES);
    if (!hasText(descriptor, 0, 'desc') || sector.length < SECTOR_BYTES || !hasText(sector, 0, 'data')) return false;
    const stamp = (BigInt(sector.readUInt32LE(4)) << 32n) | BigInt(sector.readUInt32LE(SECTOR_BYTES - 4));
    if (stamp !== sequence) return false;
    data += 1;
  }
  return true;
}

function dataOffsetOf(entry: Buffer): number {
  const end = ENTRY_HEADER_BYTES + entry.readUInt32LE(24) * DESCRIPTOR_BYTES;
  return Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
}

function* descriptorsOf(entry: Buffer): Generator<Buffer> {
  for (let index = 0; index < entry.readUInt32LE(24); index += 1) {
    const start = ENTRY_HEADER_BYTES + index * DESCRIPTOR_BYTES;
    yield entry.subarray(start, start + DESCRIPTOR_BYTES);
  }
}

/** What an entry that is whole says. The ends of each sector, which hold its number in the log, stand in the descriptor. */
function changesOf({ bytes }: LogEntry): Change[] {
  let dataOffset = dataOffsetOf(bytes);
  return [...descriptorsOf(bytes)].map((descriptor) => {
    const offset = Number(descriptor.readBigUInt64LE(16));
    if (hasText(descriptor, 0, 'zero')) {
      return { offset, lengthBytes: Number(descriptor.readBigUInt64LE(8)), data: undefined };
    }
    const data = Buffer.from(bytes.subarray(dataOffset, dataOffset + SECTOR_BYTES));
    descriptor.copy(data, 0, 8, 16);
    descriptor.copy(data, SECTOR_BYTES - 4, 4, 8);
    dataOffset += SECTOR_BYTES;
    return { offset, lengthBytes: SECTOR_BYTES, data };
  });
}
