import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { RUNTIME_FILES } from '../../../src/main/engines/embedded/process-spec.ts';
import { GUEST_READY, SerialConsole } from '../../support/serial-console.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { BOOT_SECTORS, writeBootDisk } from './boot-sector.ts';
import { ideDrive, machineSpec, openSocket, TestMachine } from './machine-harness.ts';

async function sectorMachine(code: number[]): Promise<TestMachine> {
  const disk = await writeBootDisk(makeTempFolder(), code);
  return TestMachine.start(machineSpec({ kernel: null, memoryMiB: 16, drives: [ideDrive(0, 'disk', disk)] }));
}

describe('a machine process', () => {
  it('boots a kernel, is reset from outside and from inside, and ends with its guest', async () => {
    await using machine = await TestMachine.boot(machineSpec());
    await machine.qmp.execute('system_reset');
    await machine.serial.expect(GUEST_READY);
    machine.serial.send('reboot -f');
    await machine.serial.expect(GUEST_READY);
    await machine.qmp.execute('system_powerdown');
    expect(await machine.event('SHUTDOWN')).toEqual({ guest: true, reason: 'guest-shutdown' });
    expect(await machine.ended).toBe(0);
    expect(await machine.exitRecord()).toMatchObject({ kind: 'guestShutdown' });
    expect(machine.events.map(({ event, data }) => [event, data?.guest])).toEqual([
      ['RESUME', undefined],
      ['RESET', false],
      ['RESET', true],
      ['POWERDOWN', undefined],
      ['SHUTDOWN', true],
    ]);
  });

  it('waits until it is told to go, stands still when told to stop, and flushes when told to quit', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.spinning);
    expect(await machine.status()).toBe('prelaunch');
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    await machine.qmp.execute('stop');
    expect(await machine.status()).toBe('paused');
    const before = await machine.processorSeconds();
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the time over which it must not work
    expect((await machine.processorSeconds()) - before).toBeLessThan(0.2);
    await machine.qmp.execute('cont');
    expect(await machine.status()).toBe('running');
    await machine.qmp.execute('quit');
    expect(await machine.ended).toBe(0);
    expect(await machine.exitRecord()).toMatchObject({ kind: 'powerOff' });
  });

  it('is stuck and answers when the guest breaks the emulator, and can still be switched off', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.crashing);
    await machine.qmp.execute('cont');
    const { detail } = await machine.event('__org.innkeeper_INTERNAL_ERROR');
    expect(detail).toBe('The emulator failed: Unimplemented: #GP handler.');
    expect(await machine.qmp.execute('query-status')).toMatchObject({ status: 'internal-error', running: false });
    await expect(machine.qmp.execute('cont')).rejects.toThrow('can only be switched off');
    await expect(machine.qmp.execute('system_reset')).rejects.toThrow('can only be switched off');
    await expect(machine.qmp.execute('__org.innkeeper_save-state', { file: '/none' })).rejects.toThrow(
      'internal-error',
    );
    expect(await machine.qmp.execute('__org.innkeeper_screenshot')).toMatchObject({ width: expect.any(Number) });
    await machine.qmp.execute('quit');
    expect(await machine.ended).toBe(0);
  });

  it('stands still when the kernel of the guest panics, and goes on after a reset', async () => {
    await using machine = await TestMachine.boot(machineSpec());
    machine.serial.send('echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger');
    expect(await machine.event('GUEST_PANICKED')).toEqual({ action: 'pause' });
    expect(await machine.status()).toBe('guest-panicked');
    await machine.qmp.execute('system_reset');
    await machine.qmp.execute('cont');
    await machine.serial.expect(GUEST_READY);
    expect(await machine.status()).toBe('running');
  });

  it('survives what is meant for the program, and ends in order when the system asks', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.halting);
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    machine.process.kill('SIGINT');
    machine.process.kill('SIGHUP');
    expect(await machine.status()).toBe('running');
    machine.process.kill('SIGTERM');
    expect(await machine.ended).toBe(0);
    expect(await machine.exitRecord()).toMatchObject({ kind: 'powerOff' });
  });

  it('lets two machines run, of which one is killed', async () => {
    await using first = await sectorMachine(BOOT_SECTORS.halting);
    await using second = await sectorMachine(BOOT_SECTORS.halting);
    for (const machine of [first, second]) {
      await machine.qmp.execute('cont');
      await machine.serial.expect('BOOTED');
    }
    first.process.kill('SIGKILL');
    await first.ended;
    await expect(first.exitRecord()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await second.status()).toBe('running');
  });

  it('closes a connection that brings garbage, and that one only', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.halting);
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    for (const name of [RUNTIME_FILES.monitor, RUNTIME_FILES.screen]) {
      const socket = await openSocket(machine.path(name));
      const closed = once(socket.resume(), 'close');
      socket.on('error', () => {});
      for (let index = 0; index < 20; index += 1) socket.write('GET / HTTP/1.1\r\n\0\xff\n');
      await closed;
    }
    expect(await machine.status()).toBe('running');
  });

  it('shows a serial client that comes late what was said before', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.halting);
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    await using late = new SerialConsole(await openSocket(machine.path(RUNTIME_FILES.serial)));
    await late.expect('BOOTED');
  });

  it('opens its sockets for its user only', async () => {
    await using machine = await sectorMachine(BOOT_SECTORS.halting);
    for (const name of [RUNTIME_FILES.qmp, RUNTIME_FILES.monitor, RUNTIME_FILES.screen, RUNTIME_FILES.serial]) {
      expect((await stat(machine.path(name))).mode & 0o077).toBe(0);
    }
  });

  it.each([
    ['a disk', machineSpec({ kernel: null, drives: [ideDrive(0, 'disk', '/none/disk.img')] }), 'FILE_NOT_FOUND'],
    ['firmware', machineSpec({ biosPath: '/none/bios' }), 'FILE_NOT_FOUND'],
    ['memory for its kernel', machineSpec({ memoryMiB: 64 }), 'INVALID_CONFIG'],
  ])('that lacks %s says so to who started it, and ends', async (_what, spec, code) => {
    await using machine = await TestMachine.start(spec);
    expect(JSON.parse(await machine.report)).toMatchObject({ code });
    expect(await machine.ended).toBe(1);
  });
});
