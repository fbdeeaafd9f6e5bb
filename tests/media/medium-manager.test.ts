import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/main/events.ts';
import { imageFormat, openImage, READABLE_FORMATS } from '../../src/main/media/formats/formats.ts';
import { createMediumManager } from '../../src/main/media/medium-manager.ts';
import { createTasks } from '../../src/main/tasks/task-service.ts';
import type { InnError } from '../../src/shared/errors.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import type { CreateDiskInput } from '../../src/shared/medium-contract.ts';
import { GROWABLE_FORMATS, type Medium, type MediumFormat, type MediumId } from '../../src/shared/model/medium.ts';
import type { Task } from '../../src/shared/model/task.ts';
import { isoBytes, rawBytes, writeImage } from '../support/images.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore, type Store } from '../support/store.ts';

const MIB = 1024 * 1024;

const aDisk = (path: string, changes: Partial<CreateDiskInput> = {}): CreateDiskInput => ({
  path,
  sizeBytes: 8 * MIB,
  format: 'qcow2',
  ...changes,
});

/** A machine in a state, with the medium in its first drive. */
function attach({ table }: Store, name: string, { id, kind }: Medium, state: MachineState = 'PoweredOff') {
  const attachments = [{ port: 0, device: 0, kind, mediumId: id }];
  const config = makeTestConfig({ name, storage: [{ name: 'IDE', type: 'ide', attachments }] });
  table.insert(makeTestRecord({ config, state }));
}

/** Writes through the format, as a guest would. */
async function writeInto({ location, format }: Medium, offset: number, data: Buffer): Promise<void> {
  const device = await openImage(location, format, { isReadOnly: false });
  await device.write(offset, data);
  await device.flush();
  await device.close();
}

async function readFrom({ location, format }: Medium, offset: number, length: number): Promise<Buffer> {
  const device = await openImage(location, format, { isReadOnly: true });
  const data = Buffer.alloc(length);
  await device.read(offset, data);
  await device.close();
  return data;
}

/** The same manager, whose tasks are seen the moment they begin. */
function watched({ media, machines, commit, deps, folder }: Store, onBegin: (task: Task) => void) {
  const seen = new Set<string>();
  const publish = (event: ChangeEvent) => {
    if (event.kind !== 'taskChanged' || seen.has(event.task.id)) return;
    seen.add(event.task.id);
    onBegin(event.task);
  };
  const tasks = createTasks({ events: { publish }, now: deps.now });
  const paths = { machines: deps.paths.machines, disks: folder };
  return { tasks, manager: createMediumManager({ media, machines, commit, tasks, paths }) };
}

const titles = ({ tasks }: Store) => tasks.list().map(({ title, status }) => [title, status]);

describe('creating a disk', () => {
  it.each<MediumFormat>(['raw', 'qcow2', 'vdi', 'vhd'])(
    'makes a %s image of the size, readable by nobody else',
    async (format) => {
      const store = openStore();
      const path = join(store.folder, `big.${format}`);
      const medium = await store.mediumManager.create(aDisk(path, { sizeBytes: 16 * 1024 * MIB, format }));
      expect(medium).toMatchObject({ kind: 'disk', location: path, format, isOwned: false, attachedTo: [] });
      expect(medium.virtualSizeBytes).toBeGreaterThanOrEqual(16 * 1024 * MIB);
      expect(medium.actualSizeBytes).toBeLessThan(8 * MIB);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(store.media.known()).toEqual([medium]);
      expect(titles(store)).toEqual([[`Creating 'big.${format}'`, 'done']]);
    },
  );

  it('without a path takes a free name among the disks of the program', async () => {
    const { mediumManager, folder } = openStore();
    const create = () => mediumManager.create({ name: 'data', sizeBytes: 8 * MIB, format: 'qcow2' });
    expect([(await create()).location, (await create()).location]).toEqual([
      join(folder, 'own-disks', 'data.qcow2'),
      join(folder, 'own-disks', 'data 2.qcow2'),
    ]);
  });

  it('for a machine goes into its folder, and with it when it is removed', async () => {
    const { mediumManager, machines, media } = openStore();
    const { folder, id } = await machines.create({ name: 'web', diskSizeBytes: null });
    const disk = await mediumManager.create({ machine: 'web', name: 'data', sizeBytes: 8 * MIB, format: 'raw' });
    expect(disk).toMatchObject({ location: join(folder, 'disks', 'data.img'), isOwned: true });
    await machines.remove(id, true);
    expect([media.known(), existsSync(disk.location)]).toEqual([[], false]);
  });

  it('never overwrites, and leaves nothing aside', async () => {
    const { mediumManager, media, folder } = openStore();
    const path = writeImage(folder, 'precious.img', rawBytes());
    expect(await refusalOf(() => mediumManager.create(aDisk(path)))).toMatchObject({ code: 'FILE_EXISTS' });
    expect(statSync(path).size).toBe(rawBytes().length);
    expect(readdirSync(folder).filter((name) => name.includes('.new'))).toEqual([]);
    expect(media.known()).toEqual([]);
  });

  it.each([
    ['smaller than 4 MiB', 4 * MIB - 512],
    ['larger than 2 TiB', 2048 * 1024 * MIB + 512],
    ['that is no whole number of sectors', 4 * MIB + 1],
  ])('of a size %s is refused', async (_, sizeBytes) => {
    const { mediumManager, folder } = openStore();
    const create = () => mediumManager.create(aDisk(join(folder, 'a.img'), { sizeBytes }));
    expect(await refusalOf(create)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(existsSync(join(folder, 'a.img'))).toBe(false);
  });

  it('in a folder that is not there, or by a relative path, is refused', async () => {
    const { mediumManager, folder } = openStore();
    const create = (path: string) => refusalOf(() => mediumManager.create(aDisk(path)));
    expect(await create(join(folder, 'nowhere', 'a.img'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await create('a.img')).toMatchObject({ code: 'INVALID_INPUT' });
    const file = writeImage(folder, 'file', rawBytes());
    expect(await create(join(file, 'a.img'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('resizing', () => {
  it.each<MediumFormat>(['raw', 'qcow2'])('grows a %s disk and keeps what is on it', async (format) => {
    const { mediumManager, media, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.img'), { format }));
    await writeInto(disk, 4096, Buffer.from('kept'));
    const grown = await mediumManager.resize(disk.id, 32 * MIB);
    expect(grown.virtualSizeBytes).toBe(32 * MIB);
    expect(media.record(disk.id).virtualSizeBytes).toBe(32 * MIB);
    expect((await readFrom(grown, 4096, 4)).toString()).toBe('kept');
    expect(await readFrom(grown, 32 * MIB - 4, 4)).toEqual(Buffer.alloc(4));
  });

  it('is known to clients by format as the formats can', () => {
    const growing = READABLE_FORMATS.filter((format) => imageFormat(format).grow !== undefined);
    expect([...growing].sort()).toEqual([...GROWABLE_FORMATS].sort());
  });

  it('never shrinks, and says why', async () => {
    const { mediumManager, media, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const refusal = await refusalOf(() => mediumManager.resize(disk.id, 4 * MIB));
    expect(refusal).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('8 MiB') });
    expect(refusal.hint).toContain('smaller disk');
    expect(media.view(disk.id).virtualSizeBytes).toBe(8 * MIB);
  });
});

describe('copying', () => {
  const formats: MediumFormat[] = ['raw', 'qcow2', 'vdi', 'vhd'];
  it.each(formats)('to %s keeps every byte, and makes the copy known', async (format) => {
    const { mediumManager, media, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    await writeInto(disk, 3 * MIB + 5, Buffer.from('the same'));
    const copy = await mediumManager.copy(disk.id, { path: join(folder, `b.${format}`), format });
    expect(copy).toMatchObject({ kind: 'disk', format, attachedTo: [], inaccessibleBecause: null });
    expect((await readFrom(copy, 3 * MIB + 5, 8)).toString()).toBe('the same');
    expect(media.known()).toHaveLength(2);
  });

  it('of a disc gives the same disc', async () => {
    const { mediumManager, media, folder } = openStore();
    const disc = await media.register(writeImage(folder, 'a.iso', isoBytes()), 'optical');
    const copy = await mediumManager.copy(disc.id, { path: join(folder, 'b.iso') });
    expect(copy.kind).toBe('optical');
    expect(readFileSync(copy.location)).toEqual(isoBytes());
    const toDisk = () => mediumManager.copy(disc.id, { path: join(folder, 'c.qcow2'), format: 'qcow2' });
    expect(await refusalOf(toDisk)).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('that is cancelled leaves nothing', async () => {
    const store = openStore();
    const { mediumManager, media, folder } = store;
    const disk = await mediumManager.create(aDisk(join(folder, 'a.img'), { format: 'raw', sizeBytes: 64 * MIB }));
    const { manager, tasks } = watched(store, (task) => tasks.cancel(task.id));
    const copy = () => manager.copy(disk.id, { path: join(folder, 'b.qcow2'), format: 'qcow2' });
    expect(await refusalOf(copy)).toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(folder).filter((name) => name.includes('b.qcow2'))).toEqual([]);
    expect(media.known()).toHaveLength(1);
    expect(tasks.list()).toMatchObject([{ title: "Copying 'a.img' to 'b.qcow2'", status: 'cancelled' }]);
  });
});

describe('compacting', () => {
  it('gives back what reads as zeros, and changes nothing that the guest sees', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2'), { sizeBytes: 32 * MIB }));
    await writeInto(disk, 0, Buffer.alloc(16 * MIB, 7));
    await writeInto(disk, MIB, Buffer.alloc(15 * MIB));
    const { medium, savedBytes } = await mediumManager.compact(disk.id);
    expect(savedBytes).toBeGreaterThan(14 * MIB);
    expect(medium.actualSizeBytes).toBeLessThan(3 * MIB);
    expect(await readFrom(medium, MIB - 1, 2)).toEqual(Buffer.from([7, 0]));
  });
});

describe('checking', () => {
  it('finds a sound image sound, and a cut one not', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    await writeInto(disk, 0, Buffer.alloc(MIB, 1));
    expect(await mediumManager.check(disk.id, false)).toMatchObject({ isConsistent: true, errors: [] });
    truncateSync(disk.location, statSync(disk.location).size - 512 * 1024);
    const report = await mediumManager.check(disk.id, false);
    expect(report.isConsistent).toBe(false);
    expect(report.errors.length).toBeGreaterThan(0);
  });
});

describe('while a machine stands in the way', () => {
  const writing: [string, (store: Store, id: MediumId) => Promise<unknown>][] = [
    ['resize', ({ mediumManager }, id) => mediumManager.resize(id, 16 * MIB)],
    ['compact', ({ mediumManager }, id) => mediumManager.compact(id)],
    ['repair', ({ mediumManager }, id) => mediumManager.check(id, true)],
    ['copy', ({ mediumManager, folder }, id) => mediumManager.copy(id, { path: join(folder, 'copy.qcow2') })],
    ['check', ({ mediumManager }, id) => mediumManager.check(id, false)],
    ['move', ({ mediumManager, folder }, id) => mediumManager.move(id, join(folder, 'moved.qcow2'))],
  ];

  it.each(writing)('%s is refused: the machine and its state are named', async (_, work) => {
    const store = openStore();
    const disk = await store.mediumManager.create(aDisk(join(store.folder, 'a.qcow2')));
    attach(store, 'web', disk, 'Running');
    const before = readFileSync(disk.location);
    const refusal = await refusalOf(() => work(store, disk.id));
    expect(refusal.code).toBe('MEDIUM_IN_USE');
    expect(refusal.message).toMatch(/'web' is using it \(machine state: Running\)/);
    expect(readFileSync(disk.location)).toEqual(before);
    expect(titles(store)).toHaveLength(1); // That of its creation: a refusal is no task.
  });

  it.each(writing.slice(0, 3))(
    '%s is refused beside a saved state, which belongs to the disk as it is',
    async (_, work) => {
      const store = openStore();
      const disk = await store.mediumManager.create(aDisk(join(store.folder, 'a.qcow2')));
      attach(store, 'web', disk, 'Saved');
      expect(await refusalOf(() => work(store, disk.id))).toMatchObject({
        code: 'MEDIUM_IN_USE',
        hint: expect.stringContaining('discard its saved state'),
      });
    },
  );

  it('a machine cannot have the disk while it is being copied, and can after', async () => {
    const store = openStore();
    const { mediumManager, media, folder } = store;
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const refusals: Promise<InnError>[] = [];
    const { manager } = watched(store, () => {
      refusals.push(refusalOf(() => media.resolve(disk.id)));
      refusals.push(refusalOf(() => media.remove(disk.id, true)));
    });
    await manager.copy(disk.id, { path: join(folder, 'b.qcow2') });
    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toMatchObject({ code: 'MEDIUM_IN_USE', message: expect.stringContaining('being copied') });
    }
    expect(refusals).toHaveLength(2);
    expect(await media.resolve(disk.id)).toMatchObject({ id: disk.id });
  });
});

describe('a file that was moved by hand', () => {
  it('is taken back from where it is now', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const elsewhere = join(folder, 'elsewhere.qcow2');
    renameSync(disk.location, elsewhere);
    expect((await mediumManager.details(disk.id)).medium.inaccessibleBecause).toContain('does not exist');
    const back = await mediumManager.relocate(disk.id, elsewhere);
    expect(back).toMatchObject({ id: disk.id, location: elsewhere, inaccessibleBecause: null });
  });

  it('is not mistaken for another image', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    rmSync(disk.location);
    const larger = await mediumManager.create(aDisk(join(folder, 'larger.qcow2'), { sizeBytes: 16 * MIB }));
    const taken = () => mediumManager.relocate(disk.id, larger.location);
    expect(await refusalOf(taken)).toMatchObject({ code: 'FILE_EXISTS' });
    writeFileSync(join(folder, 'unknown.qcow2'), readFileSync(larger.location));
    const other = () => mediumManager.relocate(disk.id, join(folder, 'unknown.qcow2'));
    expect(await refusalOf(other)).toMatchObject({ code: 'IMAGE_INVALID', message: expect.stringContaining('16 MiB') });
    const raw = writeImage(folder, 'raw.img', Buffer.alloc(8 * MIB));
    expect(await refusalOf(() => mediumManager.relocate(disk.id, raw))).toMatchObject({ code: 'IMAGE_INVALID' });
  });
});

describe('moving', () => {
  it('takes the file along, and its place is known', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const moved = await mediumManager.move(disk.id, join(folder, 'b.qcow2'));
    expect(moved).toMatchObject({ id: disk.id, location: join(folder, 'b.qcow2'), inaccessibleBecause: null });
    expect(existsSync(disk.location)).toBe(false);
  });

  it('never overwrites', async () => {
    const { mediumManager, folder } = openStore();
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const taken = writeImage(folder, 'taken.img', rawBytes());
    expect(await refusalOf(() => mediumManager.move(disk.id, taken))).toMatchObject({ code: 'FILE_EXISTS' });
    expect([existsSync(disk.location), statSync(taken).size]).toEqual([true, rawBytes().length]);
  });
});

describe('attaching', () => {
  it('finds the first free slot, and detaching frees it again', async () => {
    const { mediumManager, machines, folder } = openStore();
    await machines.create({ name: 'web', osType: 'linux-32', diskSizeBytes: 8 * MIB });
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const { config } = await mediumManager.attach(disk.id, 'web', {});
    expect(config.storage[0]?.attachments[1]).toEqual({ port: 0, device: 1, kind: 'disk', mediumId: disk.id });
    expect(await mediumManager.attach(disk.id, 'web', {})).toMatchObject({ config });
    expect(await mediumManager.detach(disk.id)).toMatchObject({ attachedTo: [] });
    expect(machines.get('web').config.storage[0]?.attachments).toHaveLength(2);
  });

  it('puts a disc into the empty drive, and detaching leaves the drive', async () => {
    const { mediumManager, machines, media, folder } = openStore();
    await machines.create({ name: 'web', diskSizeBytes: null });
    const disc = await media.register(writeImage(folder, 'a.iso', isoBytes()), 'optical');
    const { config } = await mediumManager.attach(disc.id, 'web', {});
    expect(config.storage[0]?.attachments).toEqual([{ port: 1, device: 0, kind: 'optical', mediumId: disc.id }]);
    await mediumManager.detach(disc.id, 'web');
    expect(machines.get('web').config.storage[0]?.attachments).toMatchObject([{ kind: 'optical', mediumId: null }]);
  });

  it('takes the slot that is named, or says that it is not free', async () => {
    const { mediumManager, machines, folder } = openStore();
    await machines.create({ name: 'web', diskSizeBytes: null });
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const taken = () => mediumManager.attach(disk.id, 'web', { controller: 'IDE', port: 1, device: 0 });
    expect(await refusalOf(taken)).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('port 1'),
    });
    const { config } = await mediumManager.attach(disk.id, 'web', { port: 1 });
    expect(config.storage[0]?.attachments[1]).toMatchObject({ port: 1, device: 1, mediumId: disk.id });
  });
});

describe('scanning a folder', () => {
  it('makes known what is an image, and passes over what is not', async () => {
    const { mediumManager, media, folder } = openStore();
    const known = await media.register(writeImage(folder, 'known.img', rawBytes()), 'disk');
    writeImage(folder, 'a.iso', isoBytes());
    writeImage(folder, 'no.iso', Buffer.from('not a disc'));
    writeImage(folder, 'notes.txt', Buffer.from('text'));
    writeImage(folder, 'b.img', rawBytes());
    const found = await mediumManager.scan(folder);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual(
      expect.arrayContaining([
        ['a.iso', 'optical'],
        ['b.img', 'disk'],
      ]),
    );
    expect(found).toHaveLength(2);
    expect(media.known().map(({ id }) => id)).toContain(known.id);
    expect(await mediumManager.scan(folder)).toEqual([]);
  });
});

describe('a name and a note', () => {
  it('are kept, and told', async () => {
    const { mediumManager, media, published, folder } = openStore();
    const { id } = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    published.length = 0;
    const medium = mediumManager.describe(id, { name: 'Archive', description: 'The old mail.' });
    expect(medium).toMatchObject({ name: 'Archive', description: 'The old mail.' });
    expect(media.known()).toEqual([medium]);
    expect(published).toEqual([{ kind: 'mediumChanged', medium }]);
  });
});
