import type BetterSqlite from 'better-sqlite3';

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
