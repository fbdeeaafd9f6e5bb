import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { qemuCheck } from '../../support/qemu-img.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { ideDrive, machineSpec, TestMachine } from '../embedded-process/machine-harness.ts';

const GIB = 1024 ** 3;

/** A first disk of 20 GiB, and a child of it that is the one in the drive. */
async function makeDisks() {
  const folder = makeTempFolder();
  const base = join(folder, 'base.qcow2');
  const child = join(folder, 'child.qcow2');
  const backing = { reference: base, format: 'qcow2', sizeBytes: 20 * GIB } as const;
  await qcow2Format.create(base, { sizeBytes: 20 * GIB });
  await qcow2Format.create(child, { sizeBytes: 20 * GIB, backing });
  return { base, child };
}

/** The drive with a qcow2 image in it, and what that builds on. */
function qcow2Drive(path: string, backing: { path: string; format: 'qcow2' }[]) {
  const drive = ideDrive(0, 'disk', path);
  return { ...drive, medium: drive.medium && { ...drive.medium, format: 'qcow2' as const, backing } };
}

describe('a guest of the embedded engine on a qcow2 disk', () => {
  it('writes to a child and not to its base, and what it has synced outlives a killed process', async () => {
    const { base, child } = await makeDisks();
    {
      await using machine = await TestMachine.boot(machineSpec({ drives: [qcow2Drive(base, [])] }));
      await machine.serial.run('mke2fs -F /dev/sda 262144 >/dev/null 2>&1 && mount /dev/sda /mnt');
      await machine.serial.run('dd if=/dev/urandom of=/mnt/data bs=64k count=200 2>/dev/null; echo base >/mnt/word');
      await machine.serial.run('umount /mnt');
      await machine.qmp.execute('quit');
      await machine.ended;
    }
    expect(await qemuCheck(base, 'qcow2')).toEqual({ errors: 0, leaks: 0 });
    const drives = [qcow2Drive(child, [{ path: base, format: 'qcow2' }])];
    let sum = '';
    {
      await using machine = await TestMachine.boot(machineSpec({ drives }));
      await machine.serial.run('mount /dev/sda /mnt && cat /mnt/word');
      await machine.serial.run('dd if=/dev/urandom of=/mnt/data bs=4k seek=100 count=900 conv=notrunc 2>/dev/null');
      sum = await machine.serial.run('echo child >/mnt/word; sync; md5sum /mnt/data');
      machine.process.kill('SIGKILL');
      await once(machine.process, 'exit');
    }
    expect((await qemuCheck(child, 'qcow2')).errors).toBe(0);
    await using machine = await TestMachine.boot(machineSpec({ drives }));
    expect(await machine.serial.run('mount /dev/sda /mnt 2>/dev/null; cat /mnt/word')).toBe('child');
    expect(await machine.serial.run('md5sum /mnt/data')).toBe(sum);
    await machine.serial.run('umount /mnt');
    await machine.qmp.execute('quit');
    await machine.ended;
    expect((await qemuCheck(child, 'qcow2')).errors).toBe(0);
    expect(await qemuCheck(base, 'qcow2')).toEqual({ errors: 0, leaks: 0 });
  });
});
