import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../src/main/db/database.ts';
import { createUsageTable, type UsageBatch } from '../../src/main/db/usage-table.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

export const EMPTY_BATCH: UsageBatch = {
  ...{ minutes: [], hours: [], sessions: [], storage: [], endedSessions: [], goneStorage: [], subjects: [] },
};

/** A table on a database of its own. */
export function openUsageTable() {
  const db = openDatabase(join(makeTempFolder(), 'innkeeper.db'));
  onTestFinished(() => db.close());
  return { db, table: createUsageTable(db) };
}
