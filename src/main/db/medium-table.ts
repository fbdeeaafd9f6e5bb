import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumFormat, MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { MediumRecord } from '../media/medium-record.ts';
import type { Database } from './database.ts';

export interface MediumTable {
  /** All media by time of creation. */
  list(): MediumRecord[];
  get(id: MediumId): MediumRecord | undefined;
  byLocation(location: string): MediumRecord | undefined;
  insert(record: MediumRecord): void;
  /** Fails while it is attached; the service looks first. */
  delete(id: MediumId): void;
  /** The machines that have it attached, by position. */
  attachedTo(id: MediumId): { id: MachineId; name: string }[];
  /** The media that the machine has attached. */
  ofMachine(id: MachineId): MediumId[];
}

interface MediumRow {
  id: MediumId;
  kind: MediumKind;
  name: string;
  location: string;
  format: MediumFormat;
  virtual_size_bytes: number;
  is_owned: 0 | 1;
  created_at: string;
}

/** The table of media. Which machines have them attached is written by the table of machines. */
export function createMediumTable(db: Database): MediumTable {
  const { sql } = db;
  const selectAll = sql.prepare<[], MediumRow>('SELECT * FROM medium ORDER BY created_at, rowid');
  const selectById = sql.prepare<[string], MediumRow>('SELECT * FROM medium WHERE id = ?');
  const selectByLocation = sql.prepare<[string], MediumRow>('SELECT * FROM medium WHERE location = ?');
  const insertOne = sql.prepare<[MediumRow]>(
    `INSERT INTO medium VALUES (@id, @kind, @name, @location, @format, @virtual_size_bytes, @is_owned, @created_at)`,
  );
  const deleteById = sql.prepare<[string]>('DELETE FROM medium WHERE id = ?');
  const selectMachines = sql.prepare<[string], { id: MachineId; name: string }>(
    `SELECT machine.id, machine.name FROM attachment JOIN machine ON machine.id = attachment.machine_id
     WHERE attachment.medium_id = ? ORDER BY machine.position`,
  );
  const selectMedia = sql.prepare<[string], { medium_id: MediumId }>(
    'SELECT medium_id FROM attachment WHERE machine_id = ?',
  );
  return {
    list: () => selectAll.all().map(toRecord),
    get: (id) => toOptionalRecord(selectById.get(id)),
    byLocation: (location) => toOptionalRecord(selectByLocation.get(location)),
    insert: (record) => {
      insertOne.run(toRow(record));
    },
    delete: (id) => {
      deleteById.run(id);
    },
    attachedTo: (id) => selectMachines.all(id),
    ofMachine: (id) => selectMedia.all(id).map(({ medium_id }) => medium_id),
  };
}

const toOptionalRecord = (row: MediumRow | undefined) => (row ? toRecord(row) : undefined);

function toRecord(row: MediumRow): MediumRecord {
  const { virtual_size_bytes: virtualSizeBytes, is_owned, created_at: createdAt, ...rest } = row;
  return { ...rest, virtualSizeBytes, isOwned: is_owned === 1, createdAt };
}

function toRow(record: MediumRecord): MediumRow {
  const { virtualSizeBytes: virtual_size_bytes, isOwned, createdAt: created_at, ...rest } = record;
  return { ...rest, virtual_size_bytes, is_owned: isOwned ? 1 : 0, created_at };
}
