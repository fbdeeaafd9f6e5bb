import type BetterSqlite from 'better-sqlite3';
import { CAPTURE_SCHEMA } from './schema/capture-schema.ts';
import { NETWORK_SCHEMA } from './schema/network-schema.ts';
import { POOL_SCHEMA } from './schema/pool-schema.ts';
import { USAGE_SCHEMA } from './schema/usage-schema.ts';

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
  {
    version: 2,
    name: 'snapshots',
    up: (sql) =>
      sql.exec(`
        CREATE TABLE snapshot (
          id TEXT PRIMARY KEY,
          machine_id TEXT NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
          parent_id TEXT REFERENCES snapshot (id) DEFERRABLE INITIALLY DEFERRED,
          name TEXT NOT NULL,
          description TEXT NOT NULL,
          taken_at TEXT NOT NULL,
          config TEXT NOT NULL,
          engine TEXT,
          -- Files are relative to the machine's folder, which can be moved.
          state_file TEXT,
          thumbnail_file TEXT,
          paused_ms REAL
        ) STRICT;
        CREATE INDEX snapshot_by_machine ON snapshot (machine_id);
        -- As attachment: a medium that a snapshot keeps cannot be forgotten.
        CREATE TABLE snapshot_medium (
          snapshot_id TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
          medium_id TEXT NOT NULL REFERENCES medium (id) ON DELETE RESTRICT,
          PRIMARY KEY (snapshot_id, medium_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX snapshot_medium_by_medium ON snapshot_medium (medium_id);
        ALTER TABLE medium ADD COLUMN parent_id TEXT REFERENCES medium (id) DEFERRABLE INITIALLY DEFERRED;
        -- No machine and no snapshot names it any more, but other media build on it.
        ALTER TABLE medium ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX medium_by_parent ON medium (parent_id);
        ALTER TABLE machine ADD COLUMN current_snapshot_id TEXT REFERENCES snapshot (id) ON DELETE SET NULL;
        ALTER TABLE machine ADD COLUMN is_disposable INTEGER NOT NULL DEFAULT 0;
        -- What is under way, so that the next program can finish it or take it back.
        CREATE TABLE operation (
          machine_id TEXT PRIMARY KEY REFERENCES machine (id) ON DELETE CASCADE,
          steps TEXT NOT NULL
        ) STRICT;
      `),
  },
  {
    version: 3,
    name: 'notes about media',
    up: (sql) => sql.exec(`ALTER TABLE medium ADD COLUMN description TEXT NOT NULL DEFAULT ''`),
  },
  { version: 4, name: 'pools and settings', up: (sql) => sql.exec(POOL_SCHEMA) },
  { version: 5, name: 'usage history', up: (sql) => sql.exec(USAGE_SCHEMA) },
  { version: 6, name: 'networks', up: (sql) => sql.exec(NETWORK_SCHEMA) },
  {
    version: 7,
    name: 'memory of the motherboard',
    // UEFI variables and the state of a TPM; the folder is relative to the machine's.
    up: (sql) => sql.exec(`ALTER TABLE machine ADD COLUMN board_folder TEXT`),
  },
  { version: 8, name: 'captures', up: (sql) => sql.exec(CAPTURE_SCHEMA) },
];
