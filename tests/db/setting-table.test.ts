import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { openDatabase } from '../../src/main/db/database.ts';
import { createSettingTable } from '../../src/main/db/setting-table.ts';

const KIND = { key: 'colour', schema: z.object({ name: z.enum(['red', 'blue']) }), usual: { name: 'red' } } as const;

describe('settings of the program', () => {
  const open = () => {
    const db = openDatabase(':memory:');
    onTestFinished(() => db.close());
    return { db, settings: createSettingTable(db) };
  };

  it('are the usual ones until somebody says otherwise', () => {
    const { settings } = open();
    expect(settings.get(KIND)).toEqual({ name: 'red' });
    settings.set(KIND, { name: 'blue' });
    expect(settings.get(KIND)).toEqual({ name: 'blue' });
  });

  it('are the usual ones, too, when what is stored cannot be read', () => {
    const { db, settings } = open();
    for (const value of ['{"name":"green"}', 'no JSON']) {
      db.sql.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)').run('colour', value);
      expect(settings.get(KIND)).toEqual({ name: 'red' });
    }
  });
});
