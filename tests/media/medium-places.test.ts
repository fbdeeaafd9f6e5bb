import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isoBytes, rawBytes, writeImage } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';
import { aDisk, MIB } from './managed-disks.ts';

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
