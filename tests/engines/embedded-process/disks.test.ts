import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUEST_READY } from '../../support/serial-console.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { demoIso, ideDrive, machineSpec, TestMachine } from './machine-harness.ts';

const MIB = 1024 ** 2;

async function makeDisk(sizeBytes: number): Promise<string> {
  const file = path.join(makeTempFolder(), 'disk.img');
  await writeFile(file, '');
  await truncate(file, sizeBytes);
  return file;
}

interface BlockStatistics {
  device: string;
  stats: { flush_operations: number; wr_bytes: number };
}

describe('disks of the machine process', () => {
  it('keep what a guest from the CD wrote, over a power off', async () => {
    const disk = await makeDisk(20 * 1024 * MIB);
    const drives = [ideDrive(0, 'disk', disk), ideDrive(2, 'optical', demoIso())];
    {
      await using machine = await TestMachine.boot(machineSpec({ kernel: null, bootOrder: ['optical'], drives }));
      expect(await machine.serial.run('cat /sys/block/sda/queue/write_cache')).toBe('write back');
      await machine.serial.run(
        'mke2fs -F /dev/sda 65536 >/dev/null 2>&1 && mount /dev/sda /mnt && echo kept >/mnt/word && sync',
      );
      const blocks = (await machine.qmp.execute('query-blockstats')) as BlockStatistics[];
      expect(blocks.find(({ device }) => device === 'ide0-0')?.stats.flush_operations).toBeGreaterThan(0);
      await machine.serial.run('umount /mnt');
      await machine.qmp.execute('quit');
      await machine.ended;
    }
    // The second time as the slave of the second channel, beside a CD on the first: all four places are real.
    const moved = [ideDrive(3, 'disk', disk), ideDrive(0, 'optical', null)];
    await using machine = await TestMachine.boot(machineSpec({ drives: moved }));
    expect(await machine.serial.run('mount /dev/sda /mnt && cat /mnt/word && umount /mnt')).toBe('kept');
    await machine.qmp.execute('blockdev-change-medium', { id: 'ide0-0', filename: demoIso() });
    expect(await machine.serial.run('mount -t iso9660 /dev/sr0 /mnt && ls /mnt/boot && umount /mnt')).toContain(
      'bzImage',
    );
    await machine.qmp.execute('eject', { id: 'ide0-0' });
    expect(await machine.serial.run('mount -t iso9660 /dev/sr0 /mnt 2>&1 || true')).toContain('No medium found');
    await expect(machine.qmp.execute('eject', { id: 'ide1-1' })).rejects.toThrow('not removable');
  });

  it('refuse writes when they are read-only, and pause the machine when they fail', async () => {
    const [disk, constant] = [await makeDisk(8 * MIB), await makeDisk(8 * MIB)];
    const drives = [ideDrive(0, 'disk', disk), ideDrive(1, 'disk', constant, true)];
    await using machine = await TestMachine.boot(machineSpec({ drives }));
    await expectReadOnly(machine);
    await truncate(disk, MIB);
    const reading = machine.serial.run('dd if=/dev/sda bs=1M skip=4 count=1 2>/dev/null | md5sum');
    expect(await machine.event('BLOCK_IO_ERROR')).toMatchObject({
      device: 'ide0-0',
      operation: 'read',
      action: 'stop',
      reason: expect.stringContaining('truncated'),
    });
    expect(await machine.status()).toBe('io-error');
    await expect(machine.qmp.execute('__org.innkeeper_save-state', { file: '/none' })).rejects.toThrow('io-error');
    await truncate(disk, 8 * MIB);
    await machine.qmp.execute('cont');
    expect(await reading).toContain('b6d81b360a5672d80c27430f39153e2c'); // 1 MiB of zeros
    expect(await machine.status()).toBe('running');
  });

  it('boot: a hard disk, when the order says so', async () => {
    // The CD image is a hybrid: a master boot record makes it a hard disk, too.
    const drives = [ideDrive(1, 'disk', demoIso(), true), ideDrive(2, 'optical', null)];
    await using machine = await TestMachine.start(machineSpec({ kernel: null, bootOrder: ['disk'], drives }));
    await machine.qmp.execute('cont');
    await machine.serial.expect(GUEST_READY);
    expect(await machine.serial.run('cat /proc/partitions')).toContain('sda1');
  });
});

async function expectReadOnly(machine: TestMachine): Promise<void> {
  const output = await machine.serial.run('dd if=/dev/urandom of=/dev/sdb bs=512 count=1 conv=fsync 2>&1 || true');
  expect(output).toMatch(/I\/O error|Input\/output/i);
  const blocks = (await machine.qmp.execute('query-blockstats')) as BlockStatistics[];
  expect(blocks.find(({ device }) => device === 'ide0-1')?.stats.wr_bytes).toBe(0);
  expect(await machine.status()).toBe('running');
}
