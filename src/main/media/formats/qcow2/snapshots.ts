import type { HostFile } from '../host-file.ts';
import { damagedImage } from '../image-format.ts';
import { MAX_L1_BYTES, type Qcow2Header } from './header.ts';

/** An internal snapshot, as far as it matters here: which clusters it holds. */
export interface InternalSnapshot {
  l1Offset: number;
  l1Entries: number;
}

const ENTRY_HEAD_BYTES = 40;
/** QEMU's limit for the extra data of an entry, and two strings of 64 KiB. */
const MAX_ENTRY_BYTES = 3 * 64 * 1024;
/** QEMU's limit for the whole table. */
const MAX_TABLE_BYTES = 16 * 1024 * 1024;

/**
 * Reads the table of internal snapshots ("Snapshots").
 * @throws InnError `IMAGE_INVALID` when an entry lies outside of the file or names a table that does.
 */
export async function readSnapshots(
  file: HostFile,
  header: Qcow2Header,
): Promise<{ snapshots: InternalSnapshot[]; tableBytes: number }> {
  const snapshots: InternalSnapshot[] = [];
  const head = Buffer.alloc(ENTRY_HEAD_BYTES);
  let tableBytes = 0;
  for (let number = 0; number < header.snapshotCount; number++) {
    const position = header.snapshotsOffset + tableBytes;
    if (position + ENTRY_HEAD_BYTES > file.sizeBytes)
      throw damagedImage(file.path, 'its table of snapshots is cut short');
    await file.read(position, head);
    const variable = head.readUInt32BE(36) + head.readUInt16BE(12) + head.readUInt16BE(14);
    tableBytes += Math.ceil((ENTRY_HEAD_BYTES + variable) / 8) * 8;
    if (variable > MAX_ENTRY_BYTES || tableBytes > MAX_TABLE_BYTES) {
      throw damagedImage(file.path, 'its table of snapshots is too large');
    }
    snapshots.push(checked(file, header, head));
  }
  return { snapshots, tableBytes };
}

function checked(file: HostFile, header: Qcow2Header, head: Buffer): InternalSnapshot {
  const l1Offset = head.readBigUInt64BE(0);
  const l1Entries = head.readUInt32BE(8);
  const l1Bytes = l1Entries * 8;
  const isInside = l1Offset + BigInt(l1Bytes) <= BigInt(file.sizeBytes) && l1Bytes <= MAX_L1_BYTES;
  if (isInside && Number(l1Offset) % header.clusterSize === 0) return { l1Offset: Number(l1Offset), l1Entries };
  throw damagedImage(file.path, 'the table of clusters of a snapshot lies outside of the file');
}
