import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sweepLeftovers } from '../../src/main/machines/machine-folder.ts';
import type { MachineServiceDeps } from '../../src/main/machines/machine-service.ts';
import type { CreateMachineInput } from '../../src/shared/machine-contract.ts';
import { Machine } from '../../src/shared/model/machine.ts';
import { isoBytes, rawBytes, writeImage } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore, type Store } from '../support/store.ts';

const MIB = 1024 * 1024;

/** Everything that a failed create could have left behind. */
function traces({ table, media, machinesFolder, published }: Store) {
  return { machines: table.list(), media: media.known(), files: readdirSync(machinesFolder), events: published };
}
const NOTHING = { machines: [], media: [], files: [], events: [] };

describe('creating a machine', () => {
  it('makes its folder, its disk and its record, and tells them in an order that makes sense', async () => {
    const store = openStore();
    const { machines, media, published } = store;
    const machine = await machines.create({ name: 'web', osType: 'linux-32', diskSizeBytes: 64 * MIB });
    expect(Machine.parse(machine)).toMatchObject({
      state: 'PoweredOff',
      reason: 'created',
      revision: 1,
      engine: 'fake',
    });
    expect(machines.get('WEB')).toEqual(machine);
    const disk = join(machine.folder, 'disks', 'disk.qcow2');
    expect(statSync(disk).size).toBeLessThan(MIB);
    expect(statSync(machine.folder).mode & 0o777).toBe(0o700);
    expect(media.known()).toMatchObject([
      { location: disk, name: 'web disk', isOwned: true, attachedTo: ['web'], actualSizeBytes: expect.any(Number) },
    ]);
    expect(media.known()).toMatchObject([{ format: 'qcow2', virtualSizeBytes: 64 * MIB }]);
    expect(published.slice(0, 2)).toMatchObject([
      { kind: 'mediumChanged', medium: { attachedTo: ['web'] } },
      { kind: 'machineChanged', machine: { id: machine.id } },
    ]);
  });

  it('makes its disk in the format that is named, else in one that its engine can use', async () => {
    const rawOnly = openStore({ diskFormatsOf: () => ['raw'] });
    await rawOnly.machines.create({ name: 'plain', diskSizeBytes: 64 * MIB });
    await rawOnly.machines.create({ name: 'named', diskSizeBytes: 64 * MIB, diskFormat: 'vdi' });
    expect(rawOnly.media.known().map(({ format }) => format)).toEqual(['raw', 'vdi']);
  });

  it('gives it the motherboard that its system asks for, where an engine can, and what the user says in any case', async () => {
    const input = { osType: 'windows-11-64', diskSizeBytes: null } as const;
    const able = openStore();
    const eleven = await able.machines.create({ ...input, name: 'eleven' });
    expect(eleven.config.motherboard).toMatchObject({ firmware: 'uefi', isSecureBoot: true, hasTpm: true });
    const own = await able.machines.create({ ...input, name: 'own', motherboard: { hasTpm: false } });
    expect(own.config.motherboard).toMatchObject({ firmware: 'uefi', isSecureBoot: true, hasTpm: false });
    const unable = openStore({
      checkEngine: ({ motherboard: { firmware } }) =>
        firmware === 'uefi'
          ? { issues: [], engine: null, engineReason: 'No UEFI.' }
          : { issues: [], engine: 'fake', engineReason: '' },
    });
    const plain = await unable.machines.create({ ...input, name: 'plain' });
    expect(plain.config.motherboard).toMatchObject({ firmware: 'bios', isSecureBoot: false, hasTpm: false });
  });

  it('attaches discs and disks that exist, and makes them known', async () => {
    const { machines, media, folder } = openStore();
    const isoPath = writeImage(folder, 'a.iso', isoBytes());
    const diskPath = writeImage(folder, 'a.img', rawBytes());
    const floppyPath = writeImage(folder, 'a.flp', Buffer.alloc(1_474_560));
    await machines.create({ name: 'one', isoPath, diskPath, floppyPath });
    expect(media.known().map(({ location, attachedTo, isOwned }) => ({ location, attachedTo, isOwned }))).toEqual(
      [diskPath, isoPath, floppyPath].map((location) => ({ location, attachedTo: ['one'], isOwned: false })),
    );
    const two = await machines.create({ name: 'two', isoPath, diskSizeBytes: null });
    expect(two.config.storage).toHaveLength(1);
    expect(media.known().find(({ kind }) => kind === 'optical')?.attachedTo).toEqual(['one', 'two']);
  });

  it('puts new machines behind the others', async () => {
    const { machines } = openStore();
    for (const name of ['a', 'b', 'c']) await machines.create({ name, diskSizeBytes: null });
    expect(machines.list().map(({ config, position }) => [config.name, position])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    expect(new Set(machines.list().map(({ config }) => config.adapters[0]?.macAddress)).size).toBe(3);
  });

  it('of the demo guest needs no disk', async () => {
    const { machines, media } = openStore();
    const machine = await machines.create({ name: 'Demo', isDemo: true });
    expect(machine.config).toMatchObject({ osType: 'demo', kernelBoot: { source: 'demo' }, memoryMiB: 128 });
    expect(media.known()).toEqual([]);
  });
});

describe('a create that is refused leaves nothing behind', () => {
  const refused: [string, (store: Store) => CreateMachineInput, string][] = [
    ['a missing ISO', ({ folder }) => ({ name: 'x', isoPath: join(folder, 'gone.iso') }), 'FILE_NOT_FOUND'],
    [
      'an ISO that is none',
      ({ folder }) => ({ name: 'x', isoPath: writeImage(folder, 'a', rawBytes()) }),
      'IMAGE_INVALID',
    ],
    ['a folder as a disk', ({ folder }) => ({ name: 'x', diskPath: folder }), 'FILE_NOT_ACCESSIBLE'],
    ['a relative path', () => ({ name: 'x', isoPath: 'a.iso' }), 'INVALID_INPUT'],
    ['a missing kernel', ({ folder }) => ({ name: 'x', kernelPath: join(folder, 'bzImage') }), 'FILE_NOT_FOUND'],
    ['a disk too small', () => ({ name: 'x', diskSizeBytes: 512 }), 'INVALID_INPUT'],
    ['a disk too large', () => ({ name: 'x', diskSizeBytes: 3 * 1024 ** 4 }), 'INVALID_INPUT'],
    ['memory beyond the host', () => ({ name: 'x', memoryMiB: 8000 }), 'INVALID_CONFIG'],
    ['memory beyond any machine', () => ({ name: 'x', memoryMiB: 3_000_000 }), 'INVALID_CONFIG'],
    ['processors beyond the host', () => ({ name: 'x', processors: 9 }), 'INVALID_CONFIG'],
    ['an unknown OS type', () => ({ name: 'x', osType: 'plan-10' }), 'INVALID_INPUT'],
    ['a bad name', () => ({ name: 'a/b' }), 'INVALID_CONFIG'],
    ['a bad group', () => ({ name: 'x', group: 'Lab' }), 'INVALID_CONFIG'],
    [
      'a good disc and a missing disk',
      ({ folder }) => ({
        name: 'x',
        isoPath: writeImage(folder, 'a.iso', isoBytes()),
        diskPath: join(folder, 'gone'),
      }),
      'FILE_NOT_FOUND',
    ],
  ];

  it.each(refused)('%s', async (_, inputFor, code) => {
    const store = openStore();
    const refusal = await refusalOf(() => store.machines.create(inputFor(store)));
    expect(refusal).toMatchObject({ code });
    expect(refusal.hint).toBeTruthy();
    expect(traces(store)).toEqual(NOTHING);
  });

  it('a name in use, in any case', async () => {
    const store = openStore();
    await store.machines.create({ name: 'web', diskSizeBytes: null });
    store.published.length = 0;
    const refusal = await refusalOf(() => store.machines.create({ name: ' WEB', diskSizeBytes: 4 * MIB }));
    expect(refusal).toMatchObject({ code: 'NAME_IN_USE' });
    expect(readdirSync(store.machinesFolder)).toHaveLength(1);
    expect([store.media.known(), store.published]).toEqual([[], []]);
  });

  it('memory beyond the engine, in the words of the engine', async () => {
    const message = 'The embedded engine gives a machine 2048 MB at most.';
    const issues = [{ severity: 'error' as const, field: 'memoryMiB', message }];
    const store = openStore({ checkEngine: () => ({ issues, engine: null, engineReason: 'None can.' }) });
    const refusal = await refusalOf(() => store.machines.create({ name: 'x', memoryMiB: 4096 }));
    expect(refusal).toMatchObject({ code: 'INVALID_CONFIG', details: { issues } });
    expect(refusal.message).toContain(message);
    expect(traces(store)).toEqual(NOTHING);
  });

  it('a disk that another machine uses', async () => {
    const store = openStore();
    const diskPath = writeImage(store.folder, 'a.img', rawBytes());
    await store.machines.create({ name: 'one', diskPath });
    const refusal = await refusalOf(() => store.machines.create({ name: 'two', diskPath, diskSizeBytes: 4 * MIB }));
    expect(refusal).toMatchObject({ code: 'MEDIUM_IN_USE' });
    expect(store.table.list()).toHaveLength(1);
    expect(store.media.known()).toHaveLength(1);
    expect(readdirSync(store.machinesFolder)).toHaveLength(1);
  });

  it('one of two with the same name that come at once', async () => {
    const store = openStore();
    const create = () => store.machines.create({ name: 'web', diskSizeBytes: 4 * MIB });
    const outcomes = await Promise.allSettled([create(), create()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(store.table.list()).toHaveLength(1);
    expect(store.media.known()).toHaveLength(1);
    expect(readdirSync(store.machinesFolder)).toHaveLength(1);
  });
});

describe('a create that fails at any step leaves nothing behind', () => {
  const input: CreateMachineInput = { name: 'web', diskSizeBytes: 4 * MIB };

  it('the folder cannot be made', async () => {
    const store = openStore();
    const blocked = join(store.folder, 'a-file');
    writeFileSync(blocked, '');
    const paths = { ...store.deps.paths, machines: blocked };
    const broken = openStore({ paths });
    expect(await refusalOf(() => broken.machines.create(input))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(traces(broken)).toEqual(NOTHING);
  });

  it('the folder cannot get its name', async () => {
    const taken = openStore();
    const paths = { ...taken.deps.paths, machineFolder: () => join(taken.folder, 'taken') };
    mkdirSync(join(taken.folder, 'taken', 'not-empty'), { recursive: true });
    const broken = openStore({ paths });
    expect(await refusalOf(() => broken.machines.create(input))).toMatchObject({ code: 'FILE_NOT_ACCESSIBLE' });
    expect(traces(broken)).toEqual(NOTHING);
    expect(readdirSync(taken.machinesFolder)).toEqual([]);
    expect(existsSync(join(taken.folder, 'taken', 'not-empty'))).toBe(true);
  });

  it.each(['medium', 'machine', 'attachment'])('the row of the %s cannot be written', async (table) => {
    const store = openStore();
    store.db.sql.exec(
      `CREATE TRIGGER full BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    );
    await expect(store.machines.create(input)).rejects.toThrow('disk is full');
    expect(traces(store)).toEqual(NOTHING);
  });

  it('the view for the event cannot be made', async () => {
    const view: MachineServiceDeps['view'] = () => {
      throw new Error('no view');
    };
    const store = openStore({ view });
    await expect(store.machines.create(input)).rejects.toThrow('no view');
    expect(traces(store)).toEqual(NOTHING);
  });

  it('the program is killed halfway: the next one sweeps up, and touches nothing else', async () => {
    const store = openStore();
    const { folder } = await store.machines.create(input);
    mkdirSync(join(store.machinesFolder, '.new-1234', 'disks'), { recursive: true });
    mkdirSync(join(store.machinesFolder, '.trash-5678'));
    expect(await sweepLeftovers(store.machinesFolder, () => false)).toHaveLength(2);
    expect(readdirSync(store.machinesFolder).map((name) => join(store.machinesFolder, name))).toEqual([folder]);
    expect(await sweepLeftovers(join(store.folder, 'nowhere'), () => false)).toEqual([]);
  });
});
