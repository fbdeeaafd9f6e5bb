import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUEST_READY } from '../../support/serial-console.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { BOOT_SECTORS, writeBootDisk } from './boot-sector.ts';
import { ideDrive, machineSpec, TestMachine } from './machine-harness.ts';

const count = async (machine: TestMachine): Promise<number> => Number(await machine.serial.run('counter show'));

/** Waits until the guest's counter, which grows by one each second, has passed a number. */
async function waitForCount(machine: TestMachine, number: number): Promise<number> {
  await machine.serial.run(`until [ "$(counter show)" -gt ${number} ]; do sleep 0.2; done`);
  return count(machine);
}

async function diskMachine(): Promise<{ spec: ReturnType<typeof machineSpec>; folder: string; disk: string }> {
  const folder = makeTempFolder();
  const disk = path.join(folder, 'disk.img');
  await writeFile(disk, Buffer.alloc(1024 ** 2));
  return { folder, disk, spec: machineSpec({ drives: [ideDrive(0, 'disk', disk)] }) };
}

describe('states of the machine process', () => {
  it('are saved and restored in the middle of what the guest does', async () => {
    const { spec, folder, disk } = await diskMachine();
    const file = path.join(folder, 'saved.state');
    let saved: number;
    {
      await using machine = await TestMachine.boot(spec);
      await machine.serial.run('counter start; dd if=/dev/urandom of=/dev/sda bs=64k count=4 2>/dev/null');
      await machine.serial.run('md5sum /dev/sda >/tmp/sum');
      saved = await waitForCount(machine, 1);
      await machine.qmp.execute('__org.innkeeper_save-state', { file });
      expect(await machine.status()).toBe('paused');
      await machine.qmp.execute('quit');
      await machine.ended;
    }
    {
      await using machine = await TestMachine.start({ ...spec, restoreFrom: file });
      await machine.qmp.execute('cont');
      expect(await machine.status()).toBe('running');
      const restored = await count(machine);
      expect(restored).toBeGreaterThanOrEqual(saved);
      expect(restored).toBeLessThan(saved + 30);
      await waitForCount(machine, restored);
      expect(await machine.serial.run('md5sum -c /tmp/sum')).toBe('/dev/sda: OK');
      // The guest stood still in between, and is told the time.
      await machine.serial.run(`until [ "$(date +%s)" -ge ${Math.floor(Date.now() / 1000)} ]; do sleep 0.1; done`);
    }
    await utimes(disk, new Date(), new Date());
    await using other = await TestMachine.start({ ...spec, memoryMiB: 256, restoreFrom: file });
    await expect(other.qmp.execute('cont')).rejects.toThrow('memory was 134217728 bytes, is 268435456 bytes');
    expect(await other.status()).toBe('internal-error');
  });

  it('are kept while the guest goes on, and start it again at once', async () => {
    const { spec, folder, disk } = await diskMachine();
    const file = path.join(folder, 'warm.state');
    {
      await using machine = await TestMachine.boot(spec);
      await machine.serial.run('counter start');
      await machine.qmp.execute('__org.innkeeper_keep-state', { file });
      expect(await machine.status()).toBe('running');
      expect(machine.events.map(({ event }) => event)).not.toContain('STOP');
      await waitForCount(machine, 0);
    }
    {
      await using machine = await TestMachine.start({ ...spec, restoreFrom: file, isWarmStart: true });
      await machine.qmp.execute('cont');
      expect(machine.log).not.toContain('could not be restored');
      expect(await count(machine)).toBeLessThan(30);
    }
    // A disk that has changed since belongs to another moment: the machine starts from its disks instead.
    await utimes(disk, new Date(), new Date(Date.now() + 60_000));
    await using machine = await TestMachine.start({ ...spec, restoreFrom: file, isWarmStart: true });
    await machine.qmp.execute('cont');
    await machine.serial.expect(GUEST_READY);
    expect(machine.log).toContain("the content of drive 'ide0-0'");
  });

  it('given up leave nothing behind, and the guest runs on', async () => {
    const { spec, folder } = await diskMachine();
    await using machine = await TestMachine.boot(spec);
    const file = path.join(folder, 'given-up.state');
    const save = machine.qmp.execute('__org.innkeeper_save-state', { file });
    await machine.qmp.execute('__org.innkeeper_save-cancel');
    await expect(save).rejects.toThrow('cancelled');
    expect(await machine.status()).toBe('running');
    expect(await readdir(folder)).toEqual(['disk.img']);
    await expect(machine.qmp.execute('__org.innkeeper_save-state', { file: '/none/x' })).rejects.toThrow('ENOENT');
    expect(await machine.status()).toBe('running');
    await machine.qmp.execute('__org.innkeeper_save-state', { file });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('are kept of a guest that has set no device up, which is told no time', async () => {
    const folder = makeTempFolder();
    const drives = [ideDrive(0, 'disk', await writeBootDisk(folder, BOOT_SECTORS.ringAtZero))];
    await using machine = await TestMachine.start(machineSpec({ kernel: null, bootOrder: ['disk'], drives }));
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    await machine.qmp.execute('__org.innkeeper_keep-state', { file: path.join(folder, 'kept.state') });
    await machine.qmp.execute('stop');
    await machine.qmp.execute('cont');
    expect(await machine.status()).toBe('running');
    const before = await machine.processorSeconds();
    await expect.poll(() => machine.processorSeconds()).toBeGreaterThan(before + 0.2);
    expect(machine.log).not.toContain('out of bounds');
  });
});
