import { fileError } from '../../../file-error.ts';
import { HostFile } from '../host-file.ts';
import type { CheckReport } from '../image-format.ts';
import { ENTRY_BYTES, isEmptyEntry, readBlockEntry } from './entries.ts';
import { readHeader } from './file-header.ts';
import type { Qcow2Header } from './header.ts';
import { eachWrongFlag } from './owned-flags.ts';
import type { ProblemList } from './problem-list.ts';
import { readRefcount } from './refcount-entry.ts';
import { countReferences, type References } from './references.ts';

/**
 * Compares what the tables refer to with the reference counts, and the flags of the entries with both. Changes nothing.
 * @throws InnError `IMAGE_INVALID`, `NOT_SUPPORTED` when the header or the table of snapshots cannot be read.
 */
export async function checkQcow2(path: string): Promise<CheckReport> {
  let file: HostFile | undefined;
  try {
    file = await HostFile.open(path, { isReadOnly: true });
    return await checkFile(file, await readHeader(file));
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await file?.close();
  }
}

async function checkFile(file: HostFile, header: Qcow2Header): Promise<CheckReport> {
  const references = await countReferences(file, header);
  const { problems } = references;
  const canRepair = problems.count === 0;
  if (header.isCorrupt) problems.add('The image is marked as damaged.');
  if (header.isDirty) problems.add('Its last writer did not close it: its reference counts may be out of date.');
  const leaked = await compareCounts(file, header, references);
  await checkFlags(file, header, references);
  return {
    isConsistent: problems.count === 0,
    errors: problems.toSentences(),
    leakedBytes: leaked * header.clusterSize,
    canRepair,
  };
}

/** Notes what is counted too low. @returns how many clusters are counted too high. */
async function compareCounts(file: HostFile, header: Qcow2Header, { counts, problems }: References): Promise<number> {
  const blocks = await readBlockOffsets(file, header, problems);
  const tableEnd = header.refcountTableOffset / header.clusterSize + header.refcountTableClusters;
  for (let cluster = header.refcountTableOffset / header.clusterSize; cluster < tableEnd; cluster++)
    counts.add(cluster, 1);
  for (const offset of blocks.values()) counts.add(offset / header.clusterSize, 1);
  const entries = (header.clusterSize * 8) / (1 << header.refcountOrder);
  const bytes = Buffer.alloc(header.clusterSize);
  let leaked = 0;
  for (const [index, offset] of blocks) {
    await file.readPadded(offset, bytes);
    for (let within = 0; within < entries; within++) {
      const counted = readRefcount(bytes, within, header.refcountOrder);
      const used = counts.get(index * entries + within);
      if (counted > used) leaked += 1;
      if (counted < used) problems.add(lowCount(index * entries + within, used, counted));
    }
  }
  for (const [cluster, used] of counts.entries()) {
    if (!blocks.has(Math.floor(cluster / entries))) problems.add(lowCount(cluster, used, 0));
  }
  return leaked;
}

function lowCount(cluster: number, used: number, counted: number): string {
  return `Cluster ${cluster} is used ${used} times and counted as used ${counted} times.`;
}

/** Offsets of the blocks by their index in the table. */
async function readBlockOffsets(
  file: HostFile,
  header: Qcow2Header,
  problems: ProblemList,
): Promise<Map<number, number>> {
  const table = Buffer.alloc(header.refcountTableClusters * header.clusterSize);
  await file.read(header.refcountTableOffset, table);
  const found = new Map<number, number>();
  for (let index = 0; index < table.length / ENTRY_BYTES; index++) {
    if (isEmptyEntry(table, index)) continue;
    const offset = blockOffset(file, header, table, index);
    if (offset === undefined) problems.add(`Entry ${index} of the table of reference counts leads to no block.`);
    else found.set(index, offset);
  }
  if (new Set(found.values()).size < found.size)
    problems.add('Two entries of the table of reference counts name the same block.');
  return found;
}

function blockOffset(file: HostFile, header: Qcow2Header, table: Buffer, index: number): number | undefined {
  try {
    const offset = readBlockEntry(file.path, header, table, index);
    return offset < file.sizeBytes ? offset : undefined;
  } catch {
    return undefined; // The caller says so.
  }
}

/** An entry that claims a cluster for itself though others use it would let the disk write into a snapshot, and the other way. */
async function checkFlags(file: HostFile, header: Qcow2Header, references: References): Promise<void> {
  const { problems } = references;
  await eachWrongFlag(file, header, references, (table, index) => {
    problems.add(
      `Entry ${index} of the table of clusters at byte ${table.offset} says wrongly whether its cluster is shared.`,
    );
  });
}
