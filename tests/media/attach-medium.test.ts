import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isoBytes, writeImage } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';
import { aDisk, MIB } from './managed-disks.ts';

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
