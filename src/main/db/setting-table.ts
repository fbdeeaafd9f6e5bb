import type * as z from 'zod';
import type { Database } from './database.ts';
import { parseStored } from './machine-row.ts';

/** One document of the program's own: its key, its form, and what holds until somebody says otherwise. */
export interface SettingKind<T> {
  key: string;
  schema: z.ZodType<T>;
  usual: T;
}

export interface SettingTable {
  /** The stored document; the usual one when there is none, or when it cannot be read. */
  get<T>(kind: SettingKind<T>): T;
  set<T>(kind: SettingKind<T>, value: T): void;
}

/** Settings of the whole program, each a JSON document under its key. */
export function createSettingTable(db: Database): SettingTable {
  const selectOne = db.sql.prepare<[string], { value: string }>('SELECT value FROM setting WHERE key = ?');
  const putOne = db.sql.prepare<[string, string]>('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)');
  return {
    get: ({ key, schema, usual }) => parseStored(schema, selectOne.get(key)?.value ?? null) ?? usual,
    set: ({ key }, value) => {
      putOne.run(key, JSON.stringify(value));
    },
  };
}
