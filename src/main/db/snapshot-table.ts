import { EngineId } from '../../shared/model/engine.ts';
import { MachineConfig, type MachineId } from '../../shared/model/machine.ts';
import type { SnapshotId } from '../../shared/model/snapshot.ts';
import type { SnapshotRecord } from '../machines/snapshots/snapshot-record.ts';
import type { Database } from './database.ts';
import { parseStored, placeholder } from './machine-row.ts';

export type SnapshotPatch = Partial<Pick<SnapshotRecord, 'parentId' | 'name' | 'description'>>;

export interface SnapshotTable {
  /** All snapshots, oldest first. One that cannot be read is among them, with `isDamaged`. */
  list(): SnapshotRecord[];
  /** Those of one machine, oldest first. */
  ofMachine(id: MachineId): SnapshotRecord[];
  get(id: SnapshotId): SnapshotRecord | undefined;
  /** Also writes down which media it keeps. */
  insert(record: SnapshotRecord): void;
  update(id: SnapshotId, patch: SnapshotPatch): void;
  /** Its children must have another parent by the end of the transaction. */
  delete(id: SnapshotId): void;
}

interface SnapshotRow {
  id: SnapshotId;
  machine_id: MachineId;
  parent_id: SnapshotId | null;
  name: string;
  description: string;
  taken_at: string;
  config: string;
  engine: string | null;
  state_file: string | null;
  thumbnail_file: string | null;
  paused_ms: number | null;
}

/** The table of snapshots. */
export function createSnapshotTable(db: Database): SnapshotTable {
  const { sql } = db;
  const selectAll = sql.prepare<[], SnapshotRow>('SELECT * FROM snapshot ORDER BY taken_at, rowid');
  const selectOfMachine = sql.prepare<[string], SnapshotRow>(
    'SELECT * FROM snapshot WHERE machine_id = ? ORDER BY taken_at, rowid',
  );
  const selectById = sql.prepare<[string], SnapshotRow>('SELECT * FROM snapshot WHERE id = ?');
  const insertOne = sql.prepare<[SnapshotRow]>(
    `INSERT INTO snapshot
       (id, machine_id, parent_id, name, description, taken_at, config, engine, state_file, thumbnail_file, paused_ms)
     VALUES (@id, @machine_id, @parent_id, @name, @description, @taken_at, @config, @engine, @state_file,
       @thumbnail_file, @paused_ms)`,
  );
  const keepMedium = sql.prepare<[string, string]>('INSERT INTO snapshot_medium VALUES (?, ?)');
  const updateOne = sql.prepare<[Pick<SnapshotRow, 'id' | 'parent_id' | 'name' | 'description'>]>(
    'UPDATE snapshot SET parent_id = @parent_id, name = @name, description = @description WHERE id = @id',
  );
  const deleteById = sql.prepare<[string]>('DELETE FROM snapshot WHERE id = ?');
  return {
    list: () => selectAll.all().map(toRecord),
    ofMachine: (id) => selectOfMachine.all(id).map(toRecord),
    get: (id) => {
      const row = selectById.get(id);
      return row ? toRecord(row) : undefined;
    },
    insert: (record) =>
      db.transaction(() => {
        insertOne.run(toRow(record));
        const drives = record.config.storage.flatMap(({ attachments }) => attachments);
        for (const id of new Set(drives.flatMap(({ mediumId }) => mediumId ?? []))) keepMedium.run(record.id, id);
      }),
    update: (id, patch) => {
      const row = selectById.get(id);
      if (!row) return;
      const { parentId = row.parent_id, name = row.name, description = row.description } = patch;
      updateOne.run({ id, parent_id: parentId, name, description });
    },
    delete: (id) => {
      deleteById.run(id);
    },
  };
}

function toRecord(row: SnapshotRow): SnapshotRecord {
  const config = parseStored(MachineConfig, row.config);
  return {
    id: row.id,
    machineId: row.machine_id,
    parentId: row.parent_id,
    name: row.name,
    description: row.description,
    takenAt: row.taken_at,
    config: config ?? placeholder(row.name),
    engine: EngineId.nullable().catch(null).parse(row.engine),
    stateFile: row.state_file,
    thumbnailFile: row.thumbnail_file,
    pausedMs: row.paused_ms,
    isDamaged: config === undefined,
  };
}

function toRow(record: SnapshotRecord): SnapshotRow {
  return {
    id: record.id,
    machine_id: record.machineId,
    parent_id: record.parentId,
    name: record.name,
    description: record.description,
    taken_at: record.takenAt,
    config: JSON.stringify(record.config),
    engine: record.engine,
    state_file: record.stateFile,
    thumbnail_file: record.thumbnailFile,
    paused_ms: record.pausedMs,
  };
}
