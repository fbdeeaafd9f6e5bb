import { makeNewFile } from '../../new-file.ts';
import { type CreateOptions, refusal } from '../image-format.ts';
import { ENTRY_BYTES, writeOffset } from './entries.ts';
import { encodeExtension } from './extensions.ts';
import { formatName, MAX_L1_BYTES, V2_HEADER_BYTES, V3_HEADER_BYTES } from './header.ts';
import { writeRefcount } from './refcount-entry.ts';

/** What a new image can be beyond `CreateOptions`; for tests, which want small clusters. */
export interface Qcow2Layout {
  version: 2 | 3;
  clusterBits: number;
  refcountOrder: number;
}

/** As `qemu-img create` has it: clusters of 64 KiB, counts of 16 bits. */
const USUAL_LAYOUT: Qcow2Layout = { version: 3, clusterBits: 16, refcountOrder: 4 };

/**
 * Makes an empty image: the header, the table of reference counts with one block, the L1 table. It takes 256 KiB, however large the disk.
 * @throws InnError `INVALID_INPUT` (size, name of the backing image), `NOT_SUPPORTED` (variant), `FILE_EXISTS`, `DISK_FULL`
 */
export async function createQcow2(path: string, options: CreateOptions, layout = USUAL_LAYOUT): Promise<void> {
  if ((options.variant ?? 'dynamic') !== 'dynamic') {
    throw refusal(
      'NOT_SUPPORTED',
      `A qcow2 image cannot be made as '${options.variant}'.`,
      'Use the raw or vmdk format.',
    );
  }
  const tables = planTables(options.sizeBytes, layout);
  const header = encodeHeader(options, layout, tables);
  await makeNewFile(path, async (file) => {
    await file.write(header, 0, header.length, 0);
    const { clusterSize } = tables;
    const table = Buffer.alloc(ENTRY_BYTES);
    writeOffset(table, 0, tables.blockOffset);
    await file.write(table, 0, ENTRY_BYTES, tables.refcountTableOffset);
    const block = Buffer.alloc(clusterSize);
    for (let cluster = 0; cluster < tables.clusters; cluster++) writeRefcount(block, cluster, layout.refcountOrder, 1);
    await file.write(block, 0, clusterSize, tables.blockOffset);
    await file.truncate(tables.clusters * clusterSize); // The L1 table: zeros.
  });
}

interface NewTables {
  clusterSize: number;
  refcountTableOffset: number;
  blockOffset: number;
  l1Offset: number;
  l1Entries: number;
  /** All that the new image has. */
  clusters: number;
}

function planTables(sizeBytes: number, { clusterBits, refcountOrder }: Qcow2Layout): NewTables {
  const clusterSize = 1 << clusterBits;
  const l1Entries = Math.ceil(sizeBytes / clusterSize / (clusterSize / ENTRY_BYTES));
  const clusters = 3 + Math.ceil((l1Entries * ENTRY_BYTES) / clusterSize);
  const isCountable = clusters <= (clusterSize * 8) / (1 << refcountOrder);
  if (sizeBytes < 512 || sizeBytes % 512 !== 0 || l1Entries * ENTRY_BYTES > MAX_L1_BYTES || !isCountable) {
    throw refusal(
      'INVALID_INPUT',
      `A disk cannot have a size of ${sizeBytes} bytes.`,
      'Choose a multiple of 512, up to 2 PiB.',
    );
  }
  return {
    clusterSize,
    refcountTableOffset: clusterSize,
    blockOffset: 2 * clusterSize,
    l1Offset: 3 * clusterSize,
    l1Entries,
    clusters,
  };
}

function encodeHeader({ sizeBytes, backing }: CreateOptions, layout: Qcow2Layout, tables: NewTables): Buffer {
  const headerBytes = layout.version === 3 ? V3_HEADER_BYTES : V2_HEADER_BYTES;
  const header = Buffer.alloc(headerBytes);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(layout.version, 4);
  header.writeUInt32BE(layout.clusterBits, 20);
  header.writeBigUInt64BE(BigInt(sizeBytes), 24);
  header.writeUInt32BE(tables.l1Entries, 36);
  header.writeBigUInt64BE(BigInt(tables.l1Offset), 40);
  header.writeBigUInt64BE(BigInt(tables.refcountTableOffset), 48);
  header.writeUInt32BE(1, 56);
  if (layout.version === 3) {
    header.writeUInt32BE(layout.refcountOrder, 96);
    header.writeUInt32BE(headerBytes, 100);
  }
  const end = Buffer.alloc(8);
  if (!backing) return Buffer.concat([header, end]);
  const extension = encodeExtension('backingFormat', Buffer.from(formatName(backing.format)));
  const name = Buffer.from(backing.reference);
  header.writeBigUInt64BE(BigInt(headerBytes + extension.length + end.length), 8);
  header.writeUInt32BE(name.length, 16);
  const all = Buffer.concat([header, extension, end, name]);
  if (name.length > 0 && name.length <= 1023 && all.length <= tables.clusterSize) return all;
  throw refusal(
    'INVALID_INPUT',
    `The name '${backing.reference}' is too long to be stored.`,
    'Move the images to a shorter path.',
  );
}
