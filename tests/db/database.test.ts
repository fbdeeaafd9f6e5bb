import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/main/db/database.ts';
import { MIGRATIONS, type Migration } from '../../src/main/db/migrations.ts';
import { INSERT_PLAIN_MEDIUM } from '../support/plain-medium.ts';
import { refusalOf } from '../support/refusal.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const makeFile = () => join(makeTempFolder(), 'innkeeper.db');

function open(file: string, migrations?: readonly Migration[]): Database {
  const db = openDatabase(file, migrations);
  onTestFinished(() => db.close());
  return db;
}

const noteTable: Migration = { version: 1, name: 'notes', up: (sql) => sql.exec('CREATE TABLE note (text TEXT)') };
const colour: Migration = { version: 2, name: 'colour', up: (sql) => sql.exec('ALTER TABLE note ADD colour TEXT') };
const broken: Migration = {
  version: 3,
  name: 'broken',
  up: (sql) => {
    sql.exec('DELETE FROM note');
    throw new Error('no');
  },
};

describe('opening', () => {
  it('makes a new store with foreign keys, WAL and full syncs', () => {
    const { sql, notice } = open(makeFile());
    expect(notice).toBeNull();
    const pragma = (name: string) => sql.pragma(name, { simple: true });
    expect([pragma('journal_mode'), pragma('foreign_keys'), pragma('synchronous')]).toEqual(['wal', 1, 2]);
    expect(pragma('user_version')).toBe(MIGRATIONS.at(-1)?.version);
  });

  it('leaves one file behind when it is closed', () => {
    const file = makeFile();
    openDatabase(file).close();
    expect(readdirSync(join(file, '..'))).toEqual(['innkeeper.db']);
  });

  it('of a folder in place of the file is refused', async () => {
    const file = join(makeTempFolder(), 'innkeeper.db');
    openDatabase(join(file, 'is-a-folder', 'other.db')).close();
    expect(await refusalOf(() => openDatabase(file))).toMatchObject({ code: 'FILE_NOT_ACCESSIBLE' });
  });
});

describe('migrations', () => {
  it('count 1, 2, 3, … without gaps', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it('bring an older file up to date, keep its data, and keep a copy of it as it was', () => {
    const file = makeFile();
    const old = openDatabase(file, [noteTable]);
    old.sql.exec("INSERT INTO note VALUES ('hello')");
    old.close();
    const { sql } = open(file, [noteTable, colour]);
    expect(sql.prepare('SELECT * FROM note').all()).toEqual([{ text: 'hello', colour: null }]);
    const copy = new BetterSqlite(`${file}.before-v2`, { readonly: true });
    expect(copy.prepare('SELECT * FROM note').all()).toEqual([{ text: 'hello' }]);
    copy.close();
  });

  it('happen wholly or not at all', () => {
    const file = makeFile();
    const old = openDatabase(file, [noteTable]);
    old.sql.exec("INSERT INTO note VALUES ('hello')");
    old.close();
    expect(() => openDatabase(file, [noteTable, colour, broken])).toThrow('no');
    const { sql } = open(file, [noteTable]);
    expect(sql.pragma('user_version', { simple: true })).toBe(1);
    expect(sql.prepare('SELECT * FROM note').all()).toEqual([{ text: 'hello' }]);
  });

  it('make no copy of an empty file', () => {
    const file = makeFile();
    open(file);
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('before'))).toEqual([]);
  });
});

describe('a database of a newer program', () => {
  it('is refused with both versions named, and stays as it is', async () => {
    const file = makeFile();
    openDatabase(file, [noteTable, colour]).close();
    const before = readFileSync(file);
    const refusal = await refusalOf(() => openDatabase(file, [noteTable]));
    expect(refusal).toMatchObject({ code: 'DATABASE_TOO_NEW', details: { found: 2, known: 1 } });
    expect(refusal.message).toMatch(/version 2.*up to 1/);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(join(file, '..'))).toEqual(['innkeeper.db']);
  });
});

describe('a damaged database', () => {
  const damaged: Record<string, (file: string) => void> = {
    'a file that is no database': (file) => writeFileSync(file, 'this was a list of machines, once'.repeat(200)),
    'a file that was cut': (file) => {
      fill(file);
      truncateSync(file, 5000);
    },
    'a file with a page overwritten': (file) => {
      fill(file);
      const bytes = readFileSync(file);
      bytes.fill(7, 4096, 8192);
      writeFileSync(file, bytes);
    },
  };

  function fill(file: string): void {
    const db = openDatabase(file, [noteTable]);
    const insert = db.sql.prepare('INSERT INTO note VALUES (?)');
    db.transaction(() => {
      for (let count = 0; count < 500; count += 1) insert.run('x'.repeat(100));
    });
    db.close();
  }

  it.each(Object.entries(damaged))(
    '(%s) is set aside unchanged, and the program goes on with a notice',
    (_, damage) => {
      const file = makeFile();
      damage(file);
      const before = readFileSync(file);
      const { notice, sql } = open(file);
      const aside = readdirSync(join(file, '..')).filter(
        (name) => name.includes('.damaged-') && !/-(wal|shm)$/.test(name),
      );
      expect(aside).toHaveLength(1);
      expect(readFileSync(join(file, '..', aside[0] ?? '')).equals(before)).toBe(true);
      expect(notice).toContain(aside[0]);
      expect(sql.prepare('SELECT count(*) AS count FROM machine').get()).toEqual({ count: 0 });
    },
  );
});

describe('one writer', () => {
  /** Another process that holds the store open, as a running core does. */
  async function holdElsewhere(file: string): Promise<ChildProcess> {
    const source = `
      import { openDatabase } from ${JSON.stringify(new URL('../../src/main/db/database.ts', import.meta.url).href)};
      globalThis.db = openDatabase(process.argv[1]);
      db.sql.exec(${JSON.stringify(INSERT_PLAIN_MEDIUM)});
      console.log('open');
      setInterval(() => {}, 60_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(child.stdout, 'data');
    return child;
  }

  it('a second core is refused while the first lives', async () => {
    const file = makeFile();
    await holdElsewhere(file);
    const refusal = await refusalOf(() => openDatabase(file));
    expect(refusal.code).toBe('CORE_RUNNING');
    expect(refusal.message).toContain(join(file, '..'));
  });

  it('a core that was killed leaves the store free, with all that it had committed', async () => {
    const file = makeFile();
    const holder = await holdElsewhere(file);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(existsSync(`${file}-wal`)).toBe(true);
    const { sql, notice } = open(file);
    expect(notice).toBeNull();
    expect(sql.prepare('SELECT id FROM medium').all()).toEqual([{ id: 'm' }]);
  });

  it('keeps its lock while it migrates and copies the old file aside', async () => {
    const file = makeFile();
    openDatabase(file, [noteTable]).close();
    open(file, [noteTable, colour]);
    const probe = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { openDatabase } from ${JSON.stringify(new URL('../../src/main/db/database.ts', import.meta.url).href)};
       try { openDatabase(process.argv[1]); } catch (error) { process.exitCode = error.code === 'CORE_RUNNING' ? 9 : 1; }`,
      file,
    ]);
    expect(await once(probe, 'exit')).toEqual([9, null]);
  });
});
