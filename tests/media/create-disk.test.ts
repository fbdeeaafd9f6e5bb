import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MediumFormat } from '../../src/shared/model/medium.ts';
import { rawBytes, writeImage } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';
import { aDisk, MIB, titles } from './managed-disks.ts';

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
