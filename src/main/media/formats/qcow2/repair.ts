import { fileError } from '../../../file-error.ts';
import { HostFile } from '../host-file.ts';
import { type CheckReport, damagedImage } from '../image-format.ts';
import { checkQcow2 } from './check.ts';
import { ENTRY_BYTES, writeOffset } from './entries.ts';
import { readHeader } from './file-header.ts';
import { FIELD, INCOMPATIBLE, MAX_REFCOUNT_TABLE_BYTES, type Qcow2Header } from './header.ts';
import { repairFlags } from './owned-flags.ts';
import { maxRefcount, writeRefcount } from './refcount-entry.ts';
import { countReferences, type References } from './references.ts';
import type { SparseCounts } from './sparse-counts.ts';

/**
 * Counts all references anew, which frees what leaked and corrects what was counted too low.
 * @returns what a check then finds. @throws InnError `IMAGE_INVALID` when tables lead nowhere: nothing is changed then.
 */
export async function repairQcow2(path: string): Promise<CheckReport> {
  let file: HostFile | undefined;
  try {
    file = await HostFile.open(path, { isReadOnly: false });
    await rebuildRefcounts(file, await readHeader(file));
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await file?.close();
  }
  return checkQcow2(path);
}

/**
 * Writes new tables of reference counts behind the end of the file, and lets the header name them: up to that moment the image is
 * as it was. Then corrects the flags of the entries, and takes the marks "dirty" and "corrupt" away.
 * @throws InnError `IMAGE_INVALID` when tables lead nowhere, or a count does not fit.
 */
export async function rebuildRefcounts(file: HostFile, header: Qcow2Header): Promise<void> {
  const references = await countReferences(file, header);
  const [problem] = references.problems.toSentences();
  if (problem !== undefined)
    throw damagedImage(file.path, `it cannot be repaired (${problem})`, 'Restore it from a backup.');
  const layout = planTables(file, header, references.counts);
  await writeTables(file, header, references, layout);
  await file.datasync();
  const place = Buffer.alloc(12);
  place.writeBigUInt64BE(BigInt(layout.tableOffset), 0);
  place.writeUInt32BE(layout.tableClusters, 8);
  await file.write(FIELD.refcountTableOffset, place);
  await repairFlags(file, header, references);
  await file.datasync();
  if (header.version === 3) await clearMarks(file);
}

interface Layout {
  tableOffset: number;
  tableClusters: number;
  /** Offset of each block by its index in the table. */
  blocks: Map<number, number>;
}

/** The new tables count themselves too, so their number is found by trying until nothing is missing. */
function planTables(file: HostFile, header: Qcow2Header, counts: SparseCounts): Layout {
  const { clusterSize } = header;
  const blockEntries = (clusterSize * 8) / (1 << header.refcountOrder);
  const first = Math.ceil(file.sizeBytes / clusterSize);
  const needed = new Set<number>();
  for (const [cluster, count] of counts.entries()) {
    if (count > maxRefcount(header.refcountOrder)) {
      throw damagedImage(file.path, `its cluster ${cluster} is used ${count} times, more than it can count`);
    }
    needed.add(Math.floor(cluster / blockEntries));
  }
  let tableClusters = 1;
  for (let size = -1; size !== needed.size + tableClusters; ) {
    size = needed.size + tableClusters;
    for (let cluster = first; cluster < first + size; cluster++) needed.add(Math.floor(cluster / blockEntries));
    const last = Math.floor((first + needed.size + tableClusters) / blockEntries);
    tableClusters = Math.ceil(((last + 1) * ENTRY_BYTES) / clusterSize);
  }
  if (tableClusters * clusterSize > MAX_REFCOUNT_TABLE_BYTES)
    throw damagedImage(file.path, 'it is too large to be counted');
  const blocks = [...needed]
    .sort((a, b) => a - b)
    .map((index, position): [number, number] => {
      return [index, (first + tableClusters + position) * clusterSize];
    });
  return { tableOffset: first * clusterSize, tableClusters, blocks: new Map(blocks) };
}

async function writeTables(file: HostFile, header: Qcow2Header, { counts }: References, layout: Layout): Promise<void> {
  const { clusterSize, refcountOrder } = header;
  const blockEntries = (clusterSize * 8) / (1 << refcountOrder);
  const first = layout.tableOffset / clusterSize;
  const end = first + layout.tableClusters + layout.blocks.size;
  const table = Buffer.alloc(layout.tableClusters * clusterSize);
  for (const [index, offset] of layout.blocks) {
    writeOffset(table, index, offset);
    const block = Buffer.alloc(clusterSize);
    for (let within = 0; within < blockEntries; within++) {
      const cluster = index * blockEntries + within;
      const isNew = cluster >= first && cluster < end;
      const count = counts.get(cluster) + (isNew ? 1 : 0);
      if (count > 0) writeRefcount(block, within, refcountOrder, count);
    }
    await file.write(offset, block);
  }
  await file.write(layout.tableOffset, table);
}

async function clearMarks(file: HostFile): Promise<void> {
  const field = Buffer.alloc(8);
  await file.read(FIELD.incompatible, field);
  field.writeBigUInt64BE(field.readBigUInt64BE(0) & ~(INCOMPATIBLE.dirty | INCOMPATIBLE.corrupt), 0);
  await file.write(FIELD.incompatible, field);
  await file.datasync();
}
