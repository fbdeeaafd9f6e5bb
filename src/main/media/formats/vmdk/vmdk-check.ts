import { SECTOR } from '../../image-file.ts';
import { Findings } from '../findings.ts';
import type { HostFile } from '../host-file.ts';
import type { CheckReport } from '../image-format.ts';
import { GrainTables } from './grain-tables.ts';
import { TABLE_BYTES, type VmdkHeader } from './vmdk-header.ts';

export interface SparseCheck extends CheckReport {
  /** The tables that count are in order; only their copies may not be. */
  isSound: boolean;
}

/** Reads all grain tables of a sparse or compressed image. */
export async function checkSparse(file: HostFile, header: VmdkHeader): Promise<SparseCheck> {
  const findings = new Findings();
  const tables = await GrainTables.open(file, header);
  const copies = header.copyOffset === null ? undefined : await GrainTables.open(file, header, header.copyOffset);
  if (!areApart(tables.directory, TABLE_BYTES / SECTOR)) findings.add('its grain tables overlap each other');
  const grains = findings.count === 0 ? await collectGrains(file, header, tables, findings) : new Uint32Array();
  // A grain that is packed takes at least a sector.
  const grainSectors = header.isCompressed ? 1 : header.grainBytes / SECTOR;
  if (!areApart(grains, grainSectors)) findings.add('some of its grains overlap each other');
  const isSound = findings.count === 0;
  if (isSound && copies) await compareCopies(tables, copies, findings);
  // A table that was made later takes room among the grains.
  const lateTables = tables.directory.filter((sector) => sector * SECTOR >= header.dataOffset);
  const used = Math.ceil(header.dataOffset / header.grainBytes) + grains.length + lateTables.length;
  const leaked = header.isCompressed || !isSound ? 0 : leakedBytes(file, header, used);
  return { ...findings.report(leaked, isSound && leaked === 0), isSound };
}

/** New grains stand at the end, so what is not used stays so. */
function leakedBytes(file: HostFile, { grainBytes }: VmdkHeader, usedGrains: number): number {
  return Math.max(0, Math.floor(file.sizeBytes / grainBytes) - usedGrains) * grainBytes;
}

async function collectGrains(
  file: HostFile,
  header: VmdkHeader,
  tables: GrainTables,
  findings: Findings,
): Promise<Uint32Array> {
  const lastSector = file.sizeBytes / SECTOR - (header.isCompressed ? 1 : header.grainBytes / SECTOR);
  const parts: Uint32Array[] = [];
  for (let index = 0; index < header.tables; index += 1) {
    const table = await tables
      .table(index)
      .catch((error: Error) => void findings.add(`grain table ${index}: ${error.message}`));
    if (!table) continue;
    const grains = table.filter((sector) => sector > 1 || (sector === 1 && !header.hasZeroGrains));
    for (const sector of grains) {
      if (sector * SECTOR < header.dataOffset) findings.add(`a grain of table ${index} lies in its header or tables`);
      else if (sector > lastSector) findings.add(`it ends before a grain of table ${index}`);
    }
    if (grains.length > 0) parts.push(grains);
  }
  return joined(parts);
}

function joined(parts: Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  return all;
}

/** Whether no two places, each of the length, overlap; zeros are no places. All numbers are in sectors. */
function areApart(places: Uint32Array, lengthSectors: number): boolean {
  let end = 1;
  for (const sector of places.slice().sort()) {
    if (sector === 0) continue;
    if (sector < end) return false;
    end = sector + lengthSectors;
  }
  return true;
}

/** What only the copy knows was about to be written when a program was killed, and is no error: it does not count. */
async function compareCopies(tables: GrainTables, copies: GrainTables, findings: Findings): Promise<void> {
  for (let index = 0; index < tables.directory.length; index += 1) {
    const table = await tables.table(index);
    const copy = await copies.table(index).catch(() => undefined);
    if (table && !table.every((sector, each) => sector === 0 || sector === copy?.[each])) {
      findings.add(`the copy of grain table ${index} is not like the table`);
    }
  }
}
