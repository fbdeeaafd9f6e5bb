import type BetterSqlite from 'better-sqlite3';

/** One step of the database's shape. Once released it never changes; a new step is added behind it. */
export interface Migration {
  /** The `user_version` after it: 1, 2, 3, … without gaps. */
  version: number;
  name: string;
  up(sql: BetterSqlite.Database): void;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'machines and media',
    up: (sql) =>
      sql.exec(`
        CREATE TABLE machine (
          id TEXT PRIMARY KEY,
          position INTEGER NOT NULL,
          -- Beside the configuration, so that a machine with a damaged one still has its name.
          name TEXT NOT NULL,
          -- The name as it is compared: Unicode form C in lower case.
          name_key TEXT NOT NULL UNIQUE,
          revision INTEGER NOT NULL,
          config TEXT NOT NULL,
          state TEXT NOT NULL,
          reason TEXT NOT NULL,
          reason_detail TEXT,
          state_since TEXT NOT NULL,
          runtime TEXT,
          saved_state_file TEXT,
          warm_start TEXT,
          created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE medium (
          id TEXT PRIMARY KEY,
          kind TEXT NOT NULL,
          name TEXT NOT NULL,
          location TEXT NOT NULL UNIQUE,
          format TEXT NOT NULL,
          virtual_size_bytes INTEGER NOT NULL,
          is_owned INTEGER NOT NULL,
          created_at TEXT NOT NULL
        ) STRICT;
        -- Written together with the configuration it is read from: a medium that is attached cannot be forgotten.
        CREATE TABLE attachment (
          machine_id TEXT NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
          medium_id TEXT NOT NULL REFERENCES medium (id) ON DELETE RESTRICT,
          PRIMARY KEY (machine_id, medium_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX attachment_by_medium ON attachment (medium_id);
      `),
  },
];
