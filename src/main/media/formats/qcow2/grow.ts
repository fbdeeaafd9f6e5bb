import { fileError } from '../../../file-error.ts';
import { zeroRange } from '../copy-image.ts';
import { type OpenOptions, refusal } from '../image-format.ts';
import { openParts, Qcow2Device, type Qcow2Parts } from './device.ts';
import { ENTRY_BYTES } from './entries.ts';
import { FIELD, MAX_L1_BYTES } from './header.ts';

/**
 * Makes the disk larger; what is new reads as zeros. Interrupted, the disk has its old size.
 * @param sizeBytes a multiple of 512, at least the present size.
 * @throws InnError `INVALID_INPUT`; `NOT_SUPPORTED` for a version 2 image with internal snapshots, which do not know their own
 * size; and as `openQcow2`.
 */
export async function growQcow2(
  path: string,
  sizeBytes: number,
  options: Pick<OpenOptions, 'openBacking'> = {},
): Promise<void> {
  const parts = await openParts(path, { ...options, isReadOnly: false });
  const device = new Qcow2Device(parts);
  try {
    assertGrowth(path, parts, sizeBytes);
    if (sizeBytes === parts.header.virtualSizeBytes) return;
    await parts.tables?.clearAutoclear(); // Bitmaps are as long as the disk.
    await enlargeL1(parts, sizeBytes);
    await clearNewSpace(parts, sizeBytes);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(sizeBytes), 0);
    await parts.file.write(FIELD.virtualSize, size);
    await parts.file.datasync();
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await device.close();
  }
}

function assertGrowth(path: string, { header }: Qcow2Parts, sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes % 512 !== 0) {
    throw refusal('INVALID_INPUT', `A disk cannot have a size of ${sizeBytes} bytes.`, 'Choose a multiple of 512.');
  }
  if (sizeBytes < header.virtualSizeBytes) {
    throw refusal('INVALID_INPUT', `'${path}' cannot become smaller.`, 'Create a smaller disk and copy the files.');
  }
  if (header.version === 2 && header.snapshotCount > 0) {
    throw refusal('NOT_SUPPORTED', `'${path}' has snapshots inside, which fix its size.`, 'Delete them first.');
  }
}

/** The L1 table lies in one piece, so a longer one needs a new place. */
async function enlargeL1({ file, header, mapping, tables }: Qcow2Parts, sizeBytes: number): Promise<void> {
  const entries = Math.ceil(sizeBytes / mapping.tableSpan);
  if (entries <= header.l1Entries || tables === undefined) return;
  if (entries * ENTRY_BYTES > MAX_L1_BYTES) {
    throw refusal(
      'INVALID_INPUT',
      `A disk of ${sizeBytes} bytes is too large for this image.`,
      'Choose a smaller size.',
    );
  }
  const l1 = mapping.enlargedL1(entries);
  const clusters = Math.ceil(l1.length / header.clusterSize);
  const { offset } = await tables.allocator.allocateTogether(clusters);
  await file.writeParts(offset, [l1, Buffer.alloc(clusters * header.clusterSize - l1.length)]);
  const early = await tables.commit();
  const fields = Buffer.alloc(12);
  fields.writeUInt32BE(entries, 0);
  fields.writeBigUInt64BE(BigInt(offset), 4);
  await file.write(FIELD.l1Entries, fields);
  await file.datasync();
  const old = { offset: header.l1Offset, count: Math.ceil((header.l1Entries * ENTRY_BYTES) / header.clusterSize) };
  tables.free([...early, old]);
  tables.protect(offset, l1.length);
  header.l1Offset = offset;
  header.l1Entries = entries;
  mapping.replaceL1(l1);
}

/** Behind the old end there may lie what a larger backing image holds, or what another program has left in the tables. */
async function clearNewSpace(parts: Qcow2Parts, sizeBytes: number): Promise<void> {
  const from = parts.header.virtualSizeBytes;
  const larger = new Qcow2Device({ ...parts, header: { ...parts.header, virtualSizeBytes: sizeBytes } });
  for (let offset = from; offset < sizeBytes; ) {
    const { kind, lengthBytes } = await larger.extentAt(offset, sizeBytes - offset);
    const visible = kind === 'absent' ? Math.max(0, (parts.backing?.sizeBytes ?? 0) - offset) : lengthBytes;
    if (kind !== 'zero' && visible > 0) await zeroRange(larger, offset, Math.min(lengthBytes, visible));
    offset += lengthBytes;
  }
  await larger.flush();
}
