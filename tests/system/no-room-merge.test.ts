import { truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { refusalOf } from '../support/refusal.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { canMount, mountSmall } from '../support/small-file-system.ts';

const MIB = 1024 ** 2;
/** Numbers at random and sums over the whole disk are hard work for a guest whose host has much else to do. */
const HARD_WORK_MS = 300_000;
const name = { machine: 'web' };

describe.skipIf(!canMount).each(['embedded', 'qemu'] as const)(
  'a disk that runs full while disks are merged (%s)',
  (engine) => {
    let core: RealCore;
    beforeAll(async () => {
      core = await startRealCore(await makeHome());
    });
    afterAll(() => tearDown(core));

    async function images(): Promise<string[]> {
      const { folder } = await core.client.machine.get(name);
      return (await readdir(path.join(folder, 'snapshots'))).filter((file) => file.endsWith('.qcow2'));
    }

    async function boot(): Promise<SerialConsole> {
      await core.client.machine.start(name);
      const serial = new SerialConsole(await core.connection.openChannel('web', 'serial'));
      await serial.expect(GUEST_READY);
      await serial.expect('# ');
      return serial;
    }

    it('loses nothing, and goes on with the merge when there is room', async () => {
      const { machine, snapshot } = core.client;
      const { folder, resize } = mountSmall(4 * MIB);
      const diskPath = path.join(folder, 'disk.img');
      writeFileSync(diskPath, '');
      truncateSync(diskPath, 32 * MIB);
      await machine.create({ name: 'web', isDemo: true, engine, memoryMiB: 128, diskPath });
      const serial = await boot();
      await serial.run('echo kept | dd of=/dev/sda bs=4096 conv=sync,notrunc,fsync 2>/dev/null');
      await snapshot.take({ ...name, name: 'first' });
      await serial.run(
        'dd if=/dev/urandom of=/dev/sda bs=1M seek=4 count=12 conv=notrunc,fsync 2>/dev/null',
        HARD_WORK_MS,
      );
      const sum = (console: SerialConsole) =>
        console
          .run('echo 3 > /proc/sys/vm/drop_caches; md5sum < /dev/sda', HARD_WORK_MS)
          .then((text) => text.split('\n').at(-1));
      const written = await sum(serial);

      expect(await refusalOf(() => snapshot.delete({ ...name, snapshot: 'first' }))).toMatchObject({
        code: 'DISK_FULL',
      });
      expect((await machine.get(name)).state).toBe('Running');
      expect(await sum(serial)).toBe(written);

      resize(64 * MIB);
      await core.end();
      core = await startRealCore(core.home);
      await expect.poll(images, { timeout: 120_000 }).toEqual([]);
      await using again = new SerialConsole(await core.connection.openChannel('web', 'serial'));
      again.send('');
      expect(await sum(again)).toBe(written);
      await expect.poll(async () => (await core.client.machine.get(name)).state, { timeout: 60_000 }).toBe('Running');
      await core.client.machine.powerOff(name);
      expect(await sum(await boot())).toBe(written);
    }, 900_000);
  },
);
