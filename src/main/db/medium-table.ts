import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumFormat, MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { MediumRecord } from '../media/medium-record.ts';
import type { Database } from './database.ts';

export type MediumPatch = Partial<Omit<MediumRecord, 'id' | 'kind' | 'createdAt'>>;

export interface MediumTable {
  /** All media by time of creation. */
  list(): MediumRecord[];
  get(id: MediumId): MediumRecord | undefined;
  byLocation(location: string): MediumRecord | undefined;
  insert(record: MediumRecord): void;
  update(id: MediumId, patch: MediumPatch): void;
  /** Fails while it is attached; the service looks first. */
  delete(id: MediumId): void;
  /** The machines that have it attached, by position. */
  attachedTo(id: MediumId): { id: MachineId; name: string }[];
  /** The media that build on it directly. */
  childrenOf(id: MediumId): MediumRecord[];
  /** The snapshots that keep it. */
  snapshotsOf(id: MediumId): { name: string; machine: string }[];
  /** The machines that need it: they, or snapshots of theirs, name it or anything that builds on it. By position. */
  usersOf(id: MediumId): { id: MachineId; name: string }[];
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
  parent_id: MediumId | null;
  is_hidden: 0 | 1;
  description: string;
}

/** The table of media. Which machines have them attached is written by the table of machines. */
export function createMediumTable(db: Database): MediumTable {
  const { sql } = db;
  const selectAll = sql.prepare<[], MediumRow>('SELECT * FROM medium ORDER BY created_at, rowid');
  const selectById = sql.prepare<[string], MediumRow>('SELECT * FROM medium WHERE id = ?');
  const selectByLocation = sql.prepare<[string], MediumRow>('SELECT * FROM medium WHERE location = ?');
  const insertOne = sql.prepare<[MediumRow]>(
    `INSERT INTO medium
       (id, kind, name, location, format, virtual_size_bytes, is_owned, created_at, parent_id, is_hidden, description)
     VALUES (@id, @kind, @name, @location, @format, @virtual_size_bytes, @is_owned, @created_at, @parent_id, @is_hidden,
       @description)`,
  );
  const updateOne = sql.prepare<[MediumRow]>(
    `UPDATE medium SET name = @name, location = @location, format = @format, is_owned = @is_owned,
       virtual_size_bytes = @virtual_size_bytes, parent_id = @parent_id, is_hidden = @is_hidden,
       description = @description WHERE id = @id`,
  );
  const deleteById = sql.prepare<[string]>('DELETE FROM medium WHERE id = ?');
  const selectMachines = sql.prepare<[string], { id: MachineId; name: string }>(
    `SELECT machine.id, machine.name FROM attachment JOIN machine ON machine.id = attachment.machine_id
     WHERE attachment.medium_id = ? ORDER BY machine.position`,
  );
  const selectChildren = sql.prepare<[string], MediumRow>('SELECT * FROM medium WHERE parent_id = ? ORDER BY rowid');
  const selectSnapshots = sql.prepare<[string], { name: string; machine: string }>(
    `SELECT snapshot.name, machine.name AS machine FROM snapshot_medium
       JOIN snapshot ON snapshot.id = snapshot_medium.snapshot_id JOIN machine ON machine.id = snapshot.machine_id
     WHERE snapshot_medium.medium_id = ? ORDER BY snapshot.taken_at`,
  );
  const selectUsers = sql.prepare<[string], { id: MachineId; name: string }>(
    `WITH RECURSIVE built (id) AS (
       VALUES (?) UNION SELECT medium.id FROM medium JOIN built ON medium.parent_id = built.id)
     SELECT id, name FROM machine WHERE id IN (
       SELECT machine_id FROM attachment JOIN built ON built.id = attachment.medium_id
       UNION SELECT snapshot.machine_id FROM snapshot_medium
         JOIN built ON built.id = snapshot_medium.medium_id JOIN snapshot ON snapshot.id = snapshot_medium.snapshot_id)
     ORDER BY position`,
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
    update: (id, patch) => {
      const row = selectById.get(id);
      if (row) updateOne.run(toRow({ ...toRecord(row), ...patch }));
    },
    delete: (id) => {
      deleteById.run(id);
    },
    childrenOf: (id) => selectChildren.all(id).map(toRecord),
    snapshotsOf: (id) => selectSnapshots.all(id),
    usersOf: (id) => selectUsers.all(id),
    attachedTo: (id) => selectMachines.all(id),
    ofMachine: (id) => selectMedia.all(id).map(({ medium_id }) => medium_id),
  };
}

const toOptionalRecord = (row: MediumRow | undefined) => (row ? toRecord(row) : undefined);

function toRecord(row: MediumRow): MediumRecord {
  const { id, kind, name, location, format } = row;
  return {
    ...{ id, kind, name, location, format },
    virtualSizeBytes: row.virtual_size_bytes,
    parentId: row.parent_id,
    isHidden: row.is_hidden === 1,
    description: row.description,
    isOwned: row.is_owned === 1,
    createdAt: row.created_at,
  };
}

function toRow(record: MediumRecord): MediumRow {
  const { id, kind, name, location, format } = record;
  return {
    ...{ id, kind, name, location, format },
    virtual_size_bytes: record.virtualSizeBytes,
    parent_id: record.parentId,
    is_hidden: record.isHidden ? 1 : 0,
    description: record.description,
    is_owned: record.isOwned ? 1 : 0,
    created_at: record.createdAt,
  };
}
