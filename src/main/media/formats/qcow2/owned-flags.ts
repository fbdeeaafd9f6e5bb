import type { HostFile } from '../host-file.ts';
import { ENTRY_BYTES, isEmptyEntry, readClusterEntry, readTableEntry, setOwnedFlag } from './entries.ts';
import type { Qcow2Header } from './header.ts';
import type { References } from './references.ts';

/** A table of the active disk: L1, or one of its L2 tables. */
interface ActiveTable {
  offset: number;
  bytes: Buffer;
  isL1: boolean;
}

/**
 * Finds the entries of the active disk whose flag does not say whether their cluster is used once. An entry that claims a shared
 * cluster for itself would let the disk write into a snapshot. Entries that cannot be are passed over.
 */
export async function eachWrongFlag(
  file: HostFile,
  header: Qcow2Header,
  { counts, activeTables }: References,
  found: (table: ActiveTable, index: number, isOwned: boolean) => void,
): Promise<void> {
  for await (const table of activeTablesOf(file, header, activeTables)) {
    for (let index = 0; index < table.bytes.length / ENTRY_BYTES; index++) {
      if (isEmptyEntry(table.bytes, index)) continue;
      const entry = flagOf(file, header, table, index);
      if (!entry) continue;
      const isOwned = counts.get(entry.offset / header.clusterSize) === 1;
      if (entry.isOwned !== isOwned) found(table, index, isOwned);
    }
  }
}

/** Sets the flags right, in the file. The counts must be right already. */
export async function repairFlags(file: HostFile, header: Qcow2Header, references: References): Promise<void> {
  const changed = new Map<number, Buffer>();
  const write = async (): Promise<void> => {
    for (const [offset, entry] of changed) await file.write(offset, entry);
    changed.clear();
  };
  await eachWrongFlag(file, header, references, (table, index, isOwned) => {
    setOwnedFlag(table.bytes, index, isOwned);
    const position = index * ENTRY_BYTES;
    changed.set(table.offset + position, Buffer.from(table.bytes.subarray(position, position + ENTRY_BYTES)));
  });
  await write();
}

async function* activeTablesOf(
  file: HostFile,
  header: Qcow2Header,
  l2: readonly number[],
): AsyncGenerator<ActiveTable> {
  const l1 = Buffer.alloc(header.l1Entries * ENTRY_BYTES);
  await file.read(header.l1Offset, l1);
  yield { offset: header.l1Offset, bytes: l1, isL1: true };
  const bytes = Buffer.alloc(header.clusterSize);
  for (const offset of l2) {
    await file.readPadded(offset, bytes);
    yield { offset, bytes, isL1: false };
  }
}

function flagOf(file: HostFile, header: Qcow2Header, { bytes, isL1 }: ActiveTable, index: number) {
  try {
    if (isL1) return readTableEntry(file.path, header, bytes, index);
    const { kind, hostOffset, isOwned } = readClusterEntry(file.path, header, bytes, index);
    return kind === 'compressed' || hostOffset === 0 ? undefined : { offset: hostOffset, isOwned };
  } catch {
    return undefined; // `countReferences` has said so.
  }
}
