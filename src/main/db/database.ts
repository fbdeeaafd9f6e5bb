import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { InnError } from '../../shared/errors.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** The open store. While it is open no other process can open it. */
export interface Database {
  readonly file: string;
  /** For the tables in this folder only. */
  readonly sql: BetterSqlite.Database;
  /** What the user should know about the opening, such as a damaged file that was set aside; null when all is well. */
  readonly notice: string | null;
  /** Runs the work in a transaction; one inside another joins it. Rolled back when it throws. */
  transaction<T>(work: () => T): T;
  /** Writes everything to the one file and lets go of it. */
  close(): void;
}

/**
 * Opens the store, creates it when it is missing and brings an older one up to date (a copy is kept as
 * `<file>.before-v<version>`). A damaged one is set aside under a new name, never overwritten, and an empty one opened
 * in its place: machines that run must not be lost from sight because a list of them is, and `notice` says so.
 *
 * One writer: SQLite's exclusive locking mode (https://www.sqlite.org/pragma.html#pragma_locking_mode) keeps the
 * operating system's lock on the file from here to `close`; it vanishes with the process, however that ends. No other
 * code may open the file, not even to copy it: closing any descriptor of it drops the process's POSIX locks (fcntl(2)).
 *
 * @throws InnError `CORE_RUNNING` when another process holds it; `DATABASE_TOO_NEW` when a newer program wrote it
 * (it stays as it is); `FILE_NOT_ACCESSIBLE`, `DISK_FULL`.
 */
export function openDatabase(file: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const opened = openOrSetAside(file, migrations);
  const { sql, notice } = opened;
  return {
    file,
    sql,
    notice,
    transaction: (work) => sql.transaction(work).immediate(),
    close: () => {
      sql.close();
    },
  };
}

function openOrSetAside(
  file: string,
  migrations: readonly Migration[],
): { sql: BetterSqlite.Database; notice: string | null } {
  try {
    return { sql: openSound(file, migrations), notice: null };
  } catch (thrown) {
    if (!(thrown instanceof Damage)) throw toInnError(file, thrown);
    const aside = setAside(file);
    const notice =
      `The database was damaged (${thrown.message}) and is kept as '${aside}'; an empty one was opened in its place. ` +
      `The machines' folders in '${dirname(file)}' are untouched.`;
    try {
      return { sql: openSound(file, migrations), notice };
    } catch (again) {
      throw toInnError(file, again);
    }
  }
}

/** The file is no database, or its contents contradict each other. */
class Damage extends Error {}

function openSound(file: string, migrations: readonly Migration[]): BetterSqlite.Database {
  const sql = new BetterSqlite(file, { timeout: 0 });
  try {
    sql.pragma('locking_mode = EXCLUSIVE');
    assertNotNewer(sql, file, migrations);
    sql.pragma('journal_mode = WAL');
    sql.exec('BEGIN EXCLUSIVE; COMMIT'); // The write lock, before anything else: a file that can only be read is refused here.
    assertSound(sql);
    sql.pragma('synchronous = FULL');
    sql.pragma('foreign_keys = ON');
    migrate(sql, file, migrations);
    return sql;
  } catch (thrown) {
    sql.close();
    throw isDamage(thrown) ? new Damage(thrown.message) : thrown;
  }
}

/** Before anything is written: a newer program's file stays as it is. */
function assertNotNewer(sql: BetterSqlite.Database, file: string, migrations: readonly Migration[]): void {
  const found = versionOf(sql);
  const known = migrations.at(-1)?.version ?? 0;
  if (found <= known) return;
  throw new InnError(
    'DATABASE_TOO_NEW',
    `The database '${file}' has version ${found}; this program knows versions up to ${known}.`,
    {
      hint: 'Use the newer Innkeeper that wrote it, or set INNKEEPER_HOME to another data folder.',
      details: { path: file, found, known },
    },
  );
}

function assertSound(sql: BetterSqlite.Database): void {
  const answer = sql.pragma('quick_check(1)', { simple: true });
  if (answer !== 'ok') throw new Damage(String(answer));
}

function migrate(sql: BetterSqlite.Database, file: string, migrations: readonly Migration[]): void {
  const before = versionOf(sql);
  const due = migrations.filter(({ version }) => version > before);
  if (due.length === 0) return;
  if (before > 0) copyAside(sql, `${file}.before-v${due.at(-1)?.version}`);
  sql
    .transaction(() => {
      for (const { version, up } of due) {
        up(sql);
        sql.pragma(`user_version = ${version}`);
      }
    })
    .exclusive();
}

/** Through the open connection; see `openDatabase` for why not through the file system. */
function copyAside(sql: BetterSqlite.Database, copy: string): void {
  const unfinished = `${copy}.unfinished`;
  rmSync(unfinished, { force: true });
  sql.prepare('VACUUM INTO ?').run(unfinished);
  renameSync(unfinished, copy);
}

function versionOf(sql: BetterSqlite.Database): number {
  return Number(sql.pragma('user_version', { simple: true }));
}

/** Renames the file and what belongs to it; returns the new name. */
function setAside(file: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${file}.damaged-${stamp}`;
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(file + part)) renameSync(file + part, aside + part);
  }
  return aside;
}

function isDamage(thrown: unknown): thrown is Error {
  if (thrown instanceof Damage) return true;
  return thrown instanceof BetterSqlite.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(thrown.code);
}

function toInnError(file: string, thrown: unknown): unknown {
  if (!(thrown instanceof BetterSqlite.SqliteError)) return thrown;
  const options = { details: { path: file }, cause: thrown };
  if (/^SQLITE_(BUSY|LOCKED)/.test(thrown.code)) {
    return new InnError('CORE_RUNNING', `Another Innkeeper has the data folder '${dirname(file)}' open.`, {
      ...options,
      hint: 'Use the one that runs, end it first, or set INNKEEPER_HOME to another data folder.',
    });
  }
  if (thrown.code === 'SQLITE_FULL') {
    return new InnError('DISK_FULL', `There is no space left for the database '${basename(file)}'.`, {
      ...options,
      hint: `Free some space on the disk of '${dirname(file)}'.`,
    });
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|IOERR)/.test(thrown.code)) {
    return new InnError('FILE_NOT_ACCESSIBLE', `The database '${file}' could not be opened: ${thrown.message}.`, {
      ...options,
      hint: 'Check that you may read and write the data folder.',
    });
  }
  return thrown;
}
