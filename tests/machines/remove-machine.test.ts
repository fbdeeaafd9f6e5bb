import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_STATES, isRest } from '../../src/shared/machine-state.ts';
import { isoBytes, writeImage } from '../support/images.ts';
import { makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';

const MIB = 1024 * 1024;

/** A machine with a disk of its own and a disc of the user's. */
async function openWithMachine() {
  const store = openStore();
  const isoPath = writeImage(store.folder, 'a.iso', isoBytes());
  const machine = await store.machines.create({ name: 'web', diskSizeBytes: 4 * MIB, isoPath });
  mkdirSync(join(machine.folder, 'logs'));
  writeFileSync(join(machine.folder, 'logs', 'machine.log'), 'hello');
  store.published.length = 0;
  const [disk] = store.media.ownedIn(machine.folder);
  return { ...store, machine, isoPath, disk: disk?.location ?? '' };
}

describe('removing a machine', () => {
  it('with its files deletes its folder and forgets its disk; the disc of the user stays', async () => {
    const { machines, machine, media, machinesFolder, isoPath, disk, published } = await openWithMachine();
    const { id, deletedFiles } = await machines.remove('web', true);
    expect(id).toBe(machine.id);
    expect(deletedFiles).toEqual([disk, join(machine.folder, 'logs', 'machine.log')]);
    expect(readdirSync(machinesFolder)).toEqual([]);
    expect(existsSync(isoPath)).toBe(true);
    expect(machines.list()).toEqual([]);
    expect(media.known()).toMatchObject([{ location: isoPath, attachedTo: [] }]);
    expect(published).toMatchObject([
      { kind: 'machineRemoved', id },
      { kind: 'mediumRemoved' },
      { kind: 'mediumChanged', medium: { location: isoPath, attachedTo: [] } },
    ]);
  });

  it('without its files keeps them all, and keeps the disk known, so that another machine can have it', async () => {
    const { machines, media, disk } = await openWithMachine();
    expect((await machines.remove('WEB', false)).deletedFiles).toEqual([]);
    expect(existsSync(disk)).toBe(true);
    expect(media.known().map(({ location, attachedTo }) => [location, attachedTo])).toContainEqual([disk, []]);
    const heir = await machines.create({ name: 'heir', diskPath: disk });
    expect(media.known().find(({ location }) => location === disk)?.attachedTo).toEqual([heir.config.name]);
  });

  it.each(ALL_STATES)('in the state %s is legal only at rest', async (state) => {
    const { machines, table } = openStore();
    table.insert(makeTestRecord({ state }));
    if (isRest(state)) return expect(await machines.remove('web', true)).toMatchObject({ deletedFiles: [] });
    expect(await refusalOf(() => machines.remove('web', true))).toMatchObject({ code: 'INVALID_STATE' });
    expect(table.list()).toHaveLength(1);
  });

  it('that is damaged works, and frees its media', async () => {
    const { machines, db, media, published } = await openWithMachine();
    db.sql.exec("UPDATE machine SET config = '{'");
    expect(media.known().map(({ attachedTo }) => attachedTo)).toEqual([['web'], ['web']]);
    await machines.remove('web', false);
    expect(media.known().map(({ attachedTo }) => attachedTo)).toEqual([[], []]);
    expect(published.filter(({ kind }) => kind === 'mediumChanged')).toHaveLength(2);
  });

  it('is refused while another machine uses a disk in its folder, and nothing is lost', async () => {
    const { machines, disk, machine } = await openWithMachine();
    await machines.configure('web', 1, { ...machine.config, storage: [] });
    await machines.create({ name: 'guest', diskPath: disk });
    const refusal = await refusalOf(() => machines.remove('web', true));
    expect(refusal).toMatchObject({ code: 'MEDIUM_IN_USE' });
    expect(refusal.message).toContain("'guest'");
    expect(existsSync(disk)).toBe(true);
    expect(machines.list()).toHaveLength(2);
  });

  it('that the database refuses puts its folder back', async () => {
    const { machines, db, disk, machinesFolder } = await openWithMachine();
    db.sql.exec("CREATE TRIGGER full BEFORE DELETE ON machine BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
    await expect(machines.remove('web', true)).rejects.toThrow('disk is full');
    expect(existsSync(disk)).toBe(true);
    expect(readdirSync(machinesFolder)).toHaveLength(1);
    expect(machines.list()).toHaveLength(1);
  });

  it('twice at once finds nothing the second time', async () => {
    const { machines } = await openWithMachine();
    const outcomes = await Promise.allSettled([machines.remove('web', true), machines.remove('web', true)]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'MACHINE_NOT_FOUND' } }]);
  });
});
