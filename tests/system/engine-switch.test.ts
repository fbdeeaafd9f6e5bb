import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

const DISK_BYTES = 64 * 1024 ** 2;

describe.each(['qcow2', 'vdi'] as const)('one machine in both engines, with a disk in %s', (diskFormat) => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
    const disk = { diskSizeBytes: DISK_BYTES, diskFormat };
    await core.client.machine.create({ name: 'web', isDemo: true, engine: 'embedded', memoryMiB: 128, ...disk });
  });
  afterAll(() => tearDown(core));

  /** Boots it in the engine, does the work in its shell, and shuts it down. */
  async function inEngine<T>(engine: 'embedded' | 'qemu', work: (serial: SerialConsole) => Promise<T>): Promise<T> {
    const { client } = core;
    const { revision, config } = await client.machine.get({ machine: 'web' });
    await client.machine.configure({ machine: 'web', revision, config: { ...config, engine } });
    await client.machine.start({ machine: 'web' });
    await using serial = new SerialConsole(await core.connection.openChannel('web', 'serial'));
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    await serial.run('mkdir -p /disk');
    const result = await work(serial);
    await serial.run('umount /disk; sync');
    await client.machine.powerOff({ machine: 'web' });
    return result;
  }

  const lastLine = (text: string): string | undefined => text.split('\n').at(-1);
  const mount = 'mount -t ext4 /dev/sda /disk 2>/dev/null || mount /dev/sda /disk';

  it('has its files wherever it boots', async () => {
    await inEngine('embedded', async (serial) => {
      await serial.run(`mke2fs /dev/sda > /dev/null 2>&1; ${mount}`);
      await serial.run('echo from embedded > /disk/one; cp /bin/busybox /disk/data');
      await serial.run('md5sum < /disk/data > /disk/sum');
    });
    await inEngine('qemu', async (serial) => {
      await serial.run(mount);
      expect(lastLine(await serial.run('cat /disk/one'))).toBe('from embedded');
      expect(lastLine(await serial.run('md5sum < /disk/data | cmp - /disk/sum && echo same'))).toBe('same');
      await serial.run('echo from qemu > /disk/two');
    });
    await inEngine('embedded', async (serial) => {
      await serial.run(mount);
      expect(lastLine(await serial.run('cat /disk/two'))).toBe('from qemu');
      expect(lastLine(await serial.run('md5sum < /disk/data | cmp - /disk/sum && echo same'))).toBe('same');
    });
  }, 400_000);
});
