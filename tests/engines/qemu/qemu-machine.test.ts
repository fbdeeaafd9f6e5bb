import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { DEMO_GUEST, isThere, MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { driveOn, mediumAt } from './machine-plan.ts';
import { diskAt, qemuUnderTest, qemuWithFullDisk } from './qemu-bench.ts';

const MIB = 1024 ** 2;

async function ready(session: Session): Promise<SerialConsole> {
  const serial = await openSerial(session);
  await serial.expect(GUEST_READY);
  return serial;
}

/** The bytes at a place of the host's file. */
const bytesAt = (file: string, offset: number, length: number): string =>
  readFileSync(file).toString('latin1', offset, offset + length);

describe('drives of a machine in QEMU', () => {
  it('are written to the files that are named, whatever their names', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const disks = ['a,file=b.img', 'json:{"driver":"null"}', '" \' $x'].map((name) => path.join(bench.folder, name));
    const drives = [
      driveOn('ide', { medium: diskAt(disks[0] ?? '', 8) }),
      driveOn('virtio', { medium: diskAt(disks[1] ?? '', 8) }),
      driveOn('scsi', { medium: diskAt(disks[2] ?? '', 8) }),
    ];
    const session = await bench.start({ drives });
    const serial = await ready(session);
    const found = await serial.run('ls /dev/sd? /dev/vd?');
    expect(found.split(/\s+/).sort()).toEqual(['/dev/sda', '/dev/sdb', '/dev/vda']);
    for (const disk of found.split(/\s+/))
      await serial.run(`printf 'on ${disk}' | dd of=${disk} bs=512 seek=2048; sync`);
    const { diskWriteBytes } = await session.sample();
    expect(diskWriteBytes).toBeGreaterThanOrEqual(3 * 512);
    await session.powerOff();
    const contents = disks.map((file) => bytesAt(file, MIB, 11));
    expect(contents.sort()).toEqual(['on /dev/sda', 'on /dev/sdb', 'on /dev/vda']);
  });

  it('take discs in and out while the guest runs, and keep the old one when the new one cannot be opened', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const drive = driveOn('ide', { port: 1, kind: 'optical' });
    const disc = { ...drive, medium: mediumAt(path.join(DEMO_GUEST, 'demo.iso'), 'raw', { isReadOnly: true }) };
    const session = await bench.start({ drives: [drive] });
    const serial = await ready(session);
    const list = 'mkdir -p /cd; mount -t iso9660 /dev/sr0 /cd && ls /cd; umount /cd 2> /dev/null; true';
    expect(await serial.run(list)).not.toContain('isolinux');
    await session.changeMedium(disc);
    await expect.poll(() => serial.run(list), { timeout: 20_000 }).toContain('isolinux');
    const missing = { ...drive, medium: mediumAt('/no/such/disc.iso') };
    await expect(session.changeMedium(missing)).rejects.toMatchObject({
      ...{ code: 'ENGINE_FAILED', message: expect.stringContaining('/no/such/disc.iso') },
    });
    expect(await serial.run(list)).toContain('isolinux');
    await session.changeMedium(drive);
    expect(await serial.run(list)).not.toContain('isolinux');
    await session.changeMedium(disc);
    await expect.poll(() => serial.run(list), { timeout: 20_000 }).toContain('isolinux');
  });

  it('boot from a disc, past an empty disk', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const iso = mediumAt(path.join(DEMO_GUEST, 'demo.iso'), 'raw', { isReadOnly: true });
    const spec = await bench.spec({
      kernel: null,
      drives: [
        driveOn('ide', { medium: diskAt(path.join(bench.folder, 'disk.img'), 8) }),
        driveOn('ide', { port: 1, kind: 'optical', medium: iso }),
      ],
    });
    const config = { ...spec.config, kernelBoot: null, bootOrder: ['optical' as const] };
    const session = await bench.start({ ...spec, config });
    await ready(session);
  });

  it('stop the guest when the disk of the host is full, also when nobody watches, and go on where there is room', async () => {
    const folder = makeTempFolder();
    const subject = qemuUnderTest({ INNKEEPER_QEMU: qemuWithFullDisk(folder, 8) });
    const bench = await MachineBench.forTest(subject);
    const session = await bench.start({ drives: [driveOn('virtio', { medium: diskAt(path.join(folder, 'd'), 64) })] });
    const serial = await ready(session);
    const heard = new Promise((resolve) => session.onStatus(resolve));
    serial.send('dd if=/dev/zero of=/dev/vda bs=1M seek=32 count=1; sync');
    const stopped = { state: 'Paused', reason: 'ioError', detail: expect.stringContaining("drive 'virtio0-0' failed") };
    expect(await heard).toMatchObject(stopped);
    await session[Symbol.asyncDispose]();
    const again = await subject.makeEngine().attach(session.runtime);
    if (again === undefined) throw new Error('The machine was not found.');
    bench.keep(again);
    expect(await again.status()).toMatchObject(stopped);
  });
});

describe('the network of a machine in QEMU', () => {
  it('speaks in frames behind their length to whoever connects, with the cable plugged in', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const macAddress = '52:54:00:aa:bb:cc';
    const adapter = { index: 0, model: 'virtio', macAddress, isCableConnected: false } as const;
    const session = await bench.start({ adapters: [adapter] });
    const serial = await ready(session);
    const carrier = () => serial.run('cat /sys/class/net/eth0/carrier 2> /dev/null; true');
    expect(await carrier()).not.toBe('1');
    await session.setLink(0, true);
    await expect.poll(carrier, { timeout: 20_000 }).toBe('1');
    for (const _ of ['the first switch', 'the next one, when that has gone']) {
      const socket = connect(path.join(session.runtime.runtimeFolder, 'net0.sock'));
      serial.send('arping -c 3 -w 3 -I eth0 10.9.9.9');
      const [first] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      expect(first.readUInt32BE(0)).toBeGreaterThanOrEqual(42);
      expect(first.subarray(4 + 6, 4 + 12).toString('hex')).toBe(macAddress.replaceAll(':', ''));
      await serial.run('arping -c 2 -w 2 -I eth0 10.9.9.9; true'); // frames that nobody takes are lost, that is all
    }
  });
});

describe('a QEMU that is in trouble', () => {
  it('is quoted when it refuses a device, and leaves nothing', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const adapter = { index: 0, model: 'virtio', macAddress: 'no address', isCableConnected: true } as const;
    const spec = await bench.spec({ adapters: [adapter] });
    const starting = qemuUnderTest().makeEngine().start(spec, { signal: new AbortController().signal });
    await expect(starting).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(
        /QEMU ended before the machine was set up \(exit code 1\)\. It said: .*no address/,
      ),
    });
    expect(await isThere(spec.folders.runtime)).toBe(false);
  });

  it('is called hanging when it does not answer, and can be powered off all the same', async () => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const session = await bench.start();
    process.kill(session.runtime.pid, 'SIGSTOP');
    expect(await session.status()).toMatchObject({ state: 'Stuck', reason: 'engineHangs' });
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'powerOff' });
  });

  it('is taken back although a stranger holds its monitor', async () => {
    const subject = qemuUnderTest();
    const bench = await MachineBench.forTest(subject);
    const session = await bench.start();
    await session[Symbol.asyncDispose]();
    const stranger = connect(path.join(session.runtime.runtimeFolder, 'qmp.sock'));
    await once(stranger, 'data');
    const again = await subject.makeEngine().attach(session.runtime);
    if (again === undefined) throw new Error('The machine was not found.');
    bench.keep(again);
    expect(await again.status()).toEqual({ state: 'Running' });
    stranger.destroy();
  });
});
