import BetterSqlite from 'better-sqlite3';
import { InnError } from '../../shared/errors.ts';
import { type Pool, PoolSettings, USUAL_POOL } from '../../shared/model/pool.ts';
import type { PoolId } from '../../shared/model/resources.ts';
import type { Database } from './database.ts';
import { nameKey, parseStored } from './machine-row.ts';

export type PoolPatch = Partial<Omit<Pool, 'id'>>;

export interface PoolTable {
  /** All pools, siblings by position. Settings that cannot be read are the usual ones: a pool never bars the way. */
  list(): Pool[];
  get(id: PoolId): Pool | undefined;
  /** Names are compared without regard to case. */
  byName(name: string): Pool | undefined;
  /** @throws InnError `NAME_IN_USE` */
  insert(pool: Pool): void;
  /** @throws InnError `NAME_IN_USE`, `POOL_NOT_FOUND` */
  update(id: PoolId, patch: PoolPatch): Pool;
  /** Its children must have another parent by the end of the transaction. */
  delete(id: PoolId): void;
}

interface PoolRow {
  id: PoolId;
  parent_id: PoolId | null;
  position: number;
  name: string;
  name_key: string;
  config: string;
}

const StoredSettings = PoolSettings.omit({ name: true });

/** The table of resource pools. */
export function createPoolTable(db: Database): PoolTable {
  const { sql } = db;
  const selectAll = sql.prepare<[], PoolRow>('SELECT * FROM pool ORDER BY position, name_key');
  const selectById = sql.prepare<[string], PoolRow>('SELECT * FROM pool WHERE id = ?');
  const selectByKey = sql.prepare<[string], PoolRow>('SELECT * FROM pool WHERE name_key = ?');
  const putOne = sql.prepare<[PoolRow]>(
    `INSERT INTO pool (id, parent_id, position, name, name_key, config)
       VALUES (@id, @parent_id, @position, @name, @name_key, @config)
     ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, position = excluded.position,
       name = excluded.name, name_key = excluded.name_key, config = excluded.config`,
  );
  const deleteById = sql.prepare<[string]>('DELETE FROM pool WHERE id = ?');

  const read = (row: PoolRow | undefined) => row && toPool(row);
  const put = (pool: Pool) => refusing(pool.name, () => putOne.run(toRow(pool)));
  return {
    list: () => selectAll.all().map(toPool),
    get: (id) => read(selectById.get(id)),
    byName: (name) => read(selectByKey.get(nameKey(name))),
    insert: put,
    update: (id, patch) => {
      const before = read(selectById.get(id));
      if (!before) throw poolNotFound(id);
      const after = { ...before, ...patch };
      put(after);
      return after;
    },
    delete: (id) => {
      deleteById.run(id);
    },
  };
}

function toPool(row: PoolRow): Pool {
  const settings = parseStored(StoredSettings, row.config) ?? USUAL_POOL;
  return { id: row.id, parentId: row.parent_id, position: row.position, name: row.name, ...settings };
}

function toRow({ id, parentId, position, name, ...settings }: Pool): PoolRow {
  return { id, parent_id: parentId, position, name, name_key: nameKey(name), config: JSON.stringify(settings) };
}

function refusing(name: string, write: () => unknown): void {
  try {
    write();
  } catch (cause) {
    if (!(cause instanceof BetterSqlite.SqliteError) || cause.code !== 'SQLITE_CONSTRAINT_UNIQUE') throw cause;
    throw new InnError('NAME_IN_USE', `There is a pool named '${name}' already.`, {
      hint: 'Choose another name; upper and lower case count as the same.',
      details: { name },
      cause,
    });
  }
}

/** The refusal of a name or id that no pool has. */
export function poolNotFound(ref: string): InnError {
  return new InnError('POOL_NOT_FOUND', `There is no pool '${ref}'.`, {
    hint: 'It may have been removed; `inn pool list` shows those that are there.',
    details: { pool: ref },
  });
}
