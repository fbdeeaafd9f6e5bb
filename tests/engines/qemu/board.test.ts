import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import type { StartSpec } from '../../../src/main/engines/start-spec.ts';
import type { MachineConfig } from '../../../src/shared/model/machine.ts';
import { GUEST_READY } from '../../support/serial-console.ts';
import { MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { makeEfiDisk } from './efi-disk.ts';
import { driveOn, mediumAt } from './machine-plan.ts';
import { diskAt, qemuUnderTest } from './qemu-bench.ts';

const SHELL = /Shell> /;

/** A spec with this much of the hardware changed, and a folder for what the board remembers. */
async function specWith(bench: MachineBench, config: Partial<MachineConfig>, more: Partial<StartSpec> = {}) {
  const spec = await bench.spec(more);
  const boardFolder = path.join(spec.folders.machine, 'board');
  mkdirSync(boardFolder, { recursive: true });
  mkdirSync(spec.folders.logs, { recursive: true });
  return { ...spec, boardFolder, config: { ...spec.config, ...config } };
}

const board = (changes: Partial<MachineConfig['motherboard']>): MachineConfig['motherboard'] => ({
  ...{ chipset: 'i440fx', firmware: 'bios', isSecureBoot: false, hasTpm: false, watchdog: 'none' },
  ...changes,
});

/** Pids of the processes that work in this folder's TPM. */
function chipsOf({ boardFolder }: StartSpec): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const isChip = (pid: string): boolean => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return args.some((arg) => arg.startsWith(`dir=${boardFolder}/`));
    } catch {
      return false; // it has ended
    }
  };
  return pids.filter(isChip).map(Number);
}

async function untilNoChip(spec: StartSpec): Promise<void> {
  while (chipsOf(spec).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the motherboard of a machine in QEMU', () => {
  it('can be a Q35 that has a TPM, a watchdog, sound and every controller, and goes on from a saved state', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const spec = await specWith(bench, {
      motherboard: board({ chipset: 'q35', hasTpm: true, watchdog: 'pause' }),
      audio: { card: 'hda', hasOutput: true, hasInput: true },
    });
    mkdirSync(spec.folders.machine, { recursive: true });
    const disk = (name: string) => ({ medium: diskAt(path.join(spec.folders.machine, name), 4) });
    const drives = [
      driveOn('ide', disk('a')),
      driveOn('sata', disk('b')),
      driveOn('scsi', disk('c')),
      driveOn('virtio', disk('d')),
      driveOn('usb', disk('e')),
      driveOn('floppy'),
    ];
    const start = (restoreFrom: string | null) => bench.start({ ...spec, drives, restoreFrom });
    const session = await start(null);
    await using serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    const tables = await serial.run('ls /sys/firmware/acpi/tables; grep . /sys/bus/pci/devices/*/class');
    expect(tables).toContain('TPM2');
    expect(tables).toMatch(/0x040300/); // High Definition Audio
    expect(tables).toMatch(/0x088000/); // the watchdog
    expect(tables).toMatch(/0x0101[0-9a-f]{2}/); // IDE, which Q35 itself has not
    expect(await serial.run('ls /sys/block')).toMatch(/sda/);
    const [chip] = chipsOf(spec);
    expect(chip).toBeGreaterThan(0);
    expect(statSync(path.join(spec.folders.runtime, 'tpm.sock')).mode & 0o077).toBe(0);
    expect(statSync(path.join(spec.boardFolder, 'tpm')).mode & 0o077).toBe(0);

    const file = path.join(spec.folders.machine, 'saved.state');
    await session.saveState(file, { signal: new AbortController().signal });
    await session.powerOff();
    await untilNoChip(spec);
    const again = await start(file);
    await using restored = await openSerial(again);
    expect(await restored.run('ls /sys/firmware/acpi/tables')).toContain('TPM2');
    process.kill(again.runtime.pid, 'SIGKILL');
    await untilNoChip(spec);
  });

  it('refuses by Secure Boot what nobody trusted has signed, and starts it without', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const boot = async (isSecureBoot: boolean): Promise<Session> => {
      const image = path.join(bench.folder, `unsigned-${isSecureBoot}.img`);
      makeEfiDisk(image, 'UNSIGNED PROGRAM RUNS');
      const spec = await specWith(bench, {
        memoryMiB: 256,
        motherboard: board({ chipset: 'q35', firmware: 'uefi', isSecureBoot }),
        kernelBoot: null,
      });
      return bench.start({ ...spec, kernel: null, drives: [driveOn('sata', { medium: mediumAt(image) })] });
    };
    const [open, secure] = await Promise.all([boot(false), boot(true)]);
    await using openPort = await openSerial(open);
    await using securePort = await openSerial(secure);
    await openPort.expect('UNSIGNED PROGRAM RUNS');
    await securePort.expect(/failed to load Boot\d+ .*: Access Denied/);
  });

  it('has UEFI variables of its own, which nobody else can read', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const config = { memoryMiB: 256, motherboard: board({ firmware: 'uefi' as const }), kernelBoot: null };
    const spec = await specWith(bench, config, { kernel: null });
    const session = await bench.start(spec);
    {
      await using serial = await openSerial(session);
      await serial.expect('in 5 seconds');
      serial.send('');
      await serial.expect(SHELL);
    }
    await session.powerOff();
    const file = path.join(spec.boardFolder, 'uefi-variables.fd');
    expect(existsSync(`${file}.new`)).toBe(false);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file).includes(Buffer.from('BootOrder', 'utf16le'))).toBe(true);
  });

  it.each([
    ['pause', 'Paused'],
    ['powerOff', 'powerOff'],
  ] as const)('has a watchdog that bites a guest which does not feed it: %s', async (watchdog, expected) => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const session = await bench.start(await specWith(bench, { motherboard: board({ watchdog }) }));
    await using serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    const changed = new Promise((resolve) => session.onStatus(({ state }) => resolve(state)));
    // Intel 6300ESB datasheet, chapter 16: count in microseconds, then enable; both of its stages take a second.
    await serial.run('cd "$(dirname "$(grep -l 0x25ab /sys/bus/pci/devices/*/device)")"');
    await serial.run("printf '\\004\\000' | dd of=config bs=2 seek=48 conv=notrunc 2>/dev/null");
    await serial.run("printf '\\002' | dd of=config bs=1 seek=104 conv=notrunc 2>/dev/null");
    expect(watchdog === 'pause' ? await changed : (await session.exit).kind).toBe(expected);
  });
});
