import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/main/db/database.ts';
import { createMachineTable } from '../../src/main/db/machine-table.ts';
import type { MachineRecord } from '../../src/main/machines/machine-record.ts';
import { MediumId } from '../../src/shared/model/medium.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const record = makeTestRecord();
const running: Partial<MachineRecord> = {
  state: 'Running',
  reason: 'booted',
  reasonDetail: 'Up.',
  stateSince: '2026-03-01T13:00:00.000Z',
  savedStateFile: 'state.sav',
  warmStart: { file: 'warm.sav', fingerprint: 'abc' },
  runtime: {
    engine: 'embedded',
    machineId: record.id,
    pid: 42,
    pidStartTime: '77',
    runtimeFolder: '/run/x',
    startedAt: '2026-03-01T13:00:00.000Z',
  },
};

describe('a stored machine', () => {
  it('is read as it was written, also by the next program', () => {
    const file = join(makeTempFolder(), 'innkeeper.db');
    const first = openDatabase(file);
    createMachineTable(first).insert({ ...record, ...running });
    first.close();
    const second = openDatabase(file);
    expect(createMachineTable(second).list()).toEqual([{ ...record, ...running }]);
    second.close();
  });

  it('changes in the fields of the patch alone', () => {
    const { table } = openStore();
    table.insert(record);
    expect(table.update(record.id, running)).toEqual({ ...record, ...running });
    const cleared = { runtime: null, warmStart: null, savedStateFile: null, reasonDetail: null };
    expect(table.update(record.id, cleared)).toEqual({ ...record, ...running, ...cleared });
  });

  it('is found by its name in any case, composed or not', () => {
    const { table } = openStore();
    table.insert({ ...record, config: makeTestConfig({ name: 'Büro' }) });
    expect(table.byName(' BU\u0308RO ')?.id).toBe(record.id);
    expect(table.byName('Buro')).toBeUndefined();
  });

  it('keeps its name to itself', async () => {
    const { table } = openStore();
    table.insert(record);
    const other = makeTestRecord({ config: makeTestConfig({ name: 'db' }) });
    table.insert(other);
    const namesake = makeTestRecord({ config: makeTestConfig({ name: 'WEB' }) });
    expect(await refusalOf(() => table.insert(namesake))).toMatchObject({ code: 'NAME_IN_USE' });
    const renamed = makeTestConfig({ name: 'Web' });
    expect(await refusalOf(() => table.update(other.id, { config: renamed }))).toMatchObject({ code: 'NAME_IN_USE' });
    expect(table.update(record.id, { config: renamed }).config.name).toBe('Web');
  });

  it('cannot refer to a medium that does not exist', async () => {
    const { table } = openStore();
    const mediumId = MediumId.parse('00000000-0000-4000-8000-000000000001');
    const attachments = [{ port: 0, device: 0, kind: 'disk' as const, mediumId }];
    const config = makeTestConfig({ storage: [{ name: 'IDE', type: 'ide', attachments }] });
    expect(await refusalOf(() => table.insert({ ...record, config }))).toMatchObject({ code: 'MEDIUM_NOT_FOUND' });
    expect(table.list()).toEqual([]);
  });

  it('is refused by name when it is gone', async () => {
    const { table } = openStore();
    const update = () => table.update(record.id, { state: 'Running' });
    expect(await refusalOf(update)).toMatchObject({ code: 'MACHINE_NOT_FOUND' });
  });

  it('comes in the order of its position', () => {
    const { table } = openStore();
    for (const [name, position] of [['c', 3] as const, ['a', 1] as const, ['b', 2] as const]) {
      table.insert(makeTestRecord({ position, config: makeTestConfig({ name }) }));
    }
    expect(table.list().map(({ config }) => config.name)).toEqual(['a', 'b', 'c']);
  });
});

describe('a damaged record', () => {
  const damages = {
    'a configuration that is no JSON': "UPDATE machine SET config = '{'",
    'a configuration that breaks the schema': `UPDATE machine SET config = '{"name":"web","memoryMiB":"much"}'`,
    'a state that is none': "UPDATE machine SET state = 'Levitating'",
  };

  it.each(Object.entries(damages))('(%s) is shown under its name, and stays as it is stored', (_, damage) => {
    const { table, db } = openStore();
    table.insert(record);
    db.sql.exec(damage);
    const stored = () => db.sql.prepare('SELECT config FROM machine').get();
    const before = stored();
    expect(table.list()).toMatchObject([{ id: record.id, isDamaged: true, config: { name: 'web' } }]);
    expect(table.byName('web')?.isDamaged).toBe(true);
    expect(table.update(record.id, { reason: 'takenBack' }).isDamaged).toBe(true);
    expect(stored()).toEqual(before);
  });

  it('is sound again with a new configuration', () => {
    const { table, db } = openStore();
    table.insert(record);
    db.sql.exec(damages['a configuration that is no JSON']);
    expect(table.get(record.id)?.isDamaged).toBe(true);
    expect(table.update(record.id, { config: makeTestConfig() })).toEqual(record);
  });

  it('is judged anew after each change, though configurations are remembered', () => {
    const { table, db } = openStore();
    table.insert(record);
    expect(table.get(record.id)?.isDamaged).toBe(false);
    db.sql.exec(damages['a configuration that is no JSON']);
    expect(table.get(record.id)?.isDamaged).toBe(true);
    expect(table.get(record.id)?.isDamaged).toBe(true);
  });

  it('with an unreadable process record is a machine without one', () => {
    const { table, db } = openStore();
    table.insert({ ...record, ...running });
    db.sql.exec(`UPDATE machine SET runtime = '{"pid":"many"}'`);
    expect(table.get(record.id)).toMatchObject({ runtime: null, isDamaged: false });
  });
});
