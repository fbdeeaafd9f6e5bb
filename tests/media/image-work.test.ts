import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageFormat, READABLE_FORMATS } from '../../src/main/media/formats/formats.ts';
import { GROWABLE_FORMATS, type MediumFormat } from '../../src/shared/model/medium.ts';
import { isoBytes, writeImage } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';
import { aDisk, MIB, readFrom, watched, writeInto } from './managed-disks.ts';

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
