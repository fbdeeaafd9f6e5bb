import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import { withDisksParked } from '../../../src/main/engines/qemu/parked-disks.ts';
import { QmpSession } from '../../../src/main/engines/qmp-session.ts';
import { RUNTIME_FILES } from '../../../src/main/engines/runtime-files.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { isThere, MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { driveOn, mediumAt } from './machine-plan.ts';
import { diskAt, qemuUnderTest } from './qemu-bench.ts';

const never = new AbortController().signal;

describe('the saved state of a machine in QEMU', () => {
  let bench: MachineBench;
  let session: Session;
  let serial: SerialConsole;
  let file: string;

  beforeAll(async () => {
    bench = await MachineBench.make(qemuUnderTest());
    session = await bench.start();
    serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    file = path.join(bench.folder, 'kept.state');
    await session.keepState(file);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  async function expectRefused(restoreFrom: string, message: RegExp): Promise<void> {
    const spec = await bench.spec({ restoreFrom });
    const starting = qemuUnderTest().makeEngine().start(spec, { signal: never });
    await expect(starting).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(message) });
    expect(await isThere(spec.folders.runtime)).toBe(false);
  }

  it('is refused when its end is missing', async () => {
    const cut = path.join(bench.folder, 'cut.state');
    const bytes = readFileSync(file);
    writeFileSync(cut, bytes.subarray(0, bytes.length >> 1));
    await expectRefused(cut, /cannot read the saved state '.*cut\.state'/);
  });

  it.each([
    ['64 bytes in the middle', (bytes: Buffer) => bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64)],
    ['one bit in the middle', (bytes: Buffer) => flipBit(bytes, bytes.length >> 1, 0)],
    ['one bit near its end', (bytes: Buffer) => flipBit(bytes, bytes.length - 40, 5)],
    ['the last byte', (bytes: Buffer) => flipBit(bytes, bytes.length - 1, 7)],
    ['the word that says that it has a checksum', (bytes: Buffer) => flipBit(bytes, bytes.indexOf('\n') + 1 + 4, 2)],
    ['the last byte is missing', (bytes: Buffer) => bytes.subarray(0, -1)],
  ])('is refused when it was changed: %s', async (_, damage) => {
    const changed = path.join(bench.folder, 'changed.state');
    writeFileSync(changed, damage(readFileSync(file)));
    await expectRefused(changed, /cannot read the saved state '.*changed\.state'/);
  });

  it('is refused by other hardware, in the words of QEMU', async () => {
    const spec = await bench.spec({ restoreFrom: file });
    const config = { ...spec.config, memoryMiB: spec.config.memoryMiB * 2 };
    const starting = qemuUnderTest()
      .makeEngine()
      .start({ ...spec, config }, { signal: never });
    await expect(starting).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/It said: \S/),
    });
  });

  it('says which machine type and accelerator it needs, and is refused where that is gone', async () => {
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    const header = JSON.parse(bytes.toString('utf8', bytes.indexOf('{'), end));
    expect(header).toMatchObject({ format: 1, machineType: expect.stringMatching(/^pc-i440fx-\d/) });
    const other = path.join(bench.folder, 'other.state');
    const accelerator = header.accelerator === 'hvf' ? 'kvm' : 'hvf';
    const line = `INNKEEPER QEMU STATE ${JSON.stringify({ ...header, accelerator })}`;
    writeFileSync(other, Buffer.concat([Buffer.from(line), bytes.subarray(end)]));
    await expectRefused(other, /made with (HVF|KVM), which does not work here now/);
  });

  it('can be kept again and again, also while the machine stands paused', async () => {
    await session.pause();
    const files = ['one', 'two'].map((name) => path.join(bench.folder, name));
    for (const each of files) await session.keepState(each);
    expect(await session.status()).toMatchObject({ state: 'Paused', reason: 'user' });
    await session.resume();
    expect(await serial.run('echo on')).toBe('on');
    const again = await openSerial(await bench.start({ restoreFrom: files[1] ?? '' }));
    expect(await again.run('echo back')).toBe('back');
  });

  it('is not written for disks that QEMU cannot save, with a way out, and the guest goes on', async () => {
    const folder = bench.folder;
    const drives = [
      driveOn('nvme', { medium: diskAt(path.join(folder, 'nvme.img'), 8) }),
      driveOn('ide', { port: 1, kind: 'optical', medium: mediumAt(file, 'raw', { isReadOnly: true }) }),
    ];
    const other = await bench.start({ drives });
    const saving = other.saveState(path.join(folder, 'never.state'), { signal: never });
    await expect(saving).rejects.toMatchObject({ code: 'NOT_SUPPORTED', hint: expect.stringContaining('NVMe') });
    expect(await isThere(path.join(folder, 'never.state'))).toBe(false);
    expect(await other.status()).toEqual({ state: 'Running' });
  });
});

function flipBit(bytes: Buffer, index: number, bit: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
  return bytes;
}

describe.each(['vdi', 'vhd', 'vmdk', 'vhdx'] as const)('a machine in QEMU with a disk in %s', (format) => {
  it('is saved and goes on, and is restored, with the disk as it was', async () => {
    await using bench = await MachineBench.make(qemuUnderTest());
    const image = path.join(bench.folder, `disk.${format}`);
    const driver = format === 'vhd' ? 'vpc' : format;
    execFileSync('qemu-img', ['create', '-q', '-f', driver, image, '16M']);
    const overlay = path.join(bench.folder, 'over.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-u', '-f', 'qcow2', '-b', image, '-F', driver, overlay, '16M']);
    const sizeBytes = 16 * 1024 ** 2;
    const below = path.join(bench.folder, `below.${format}`);
    execFileSync('cp', [image, below]);
    const over = mediumAt(overlay, 'qcow2', { sizeBytes, backing: [{ path: below, format }] });
    const drives = [
      driveOn('ide', { medium: mediumAt(image, format, { sizeBytes }) }),
      driveOn('virtio', { medium: over }),
    ];
    const session = await bench.start({ drives });
    const serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    for (const disk of ['sda', 'vda']) {
      await serial.run(`echo first ${disk} | dd of=/dev/${disk} bs=512 conv=sync,fsync 2>/dev/null`);
    }
    const kept = path.join(bench.folder, 'kept.state');
    await session.keepState(kept);
    expect(await session.status()).toEqual({ state: 'Running' });
    const read = (from: SerialConsole, disk: string) =>
      from.run(`echo 3 > /proc/sys/vm/drop_caches; head -n 1 /dev/${disk}`);
    for (const disk of ['sda', 'vda']) expect(await read(serial, disk)).toBe(`first ${disk}`);
    const saved = path.join(bench.folder, 'saved.state');
    await session.saveState(saved, { signal: never });
    await session.powerOff();
    const again = await openSerial(await bench.start({ drives, restoreFrom: saved }));
    for (const disk of ['sda', 'vda']) {
      expect(await read(again, disk)).toBe(`first ${disk}`);
      await again.run(`echo second ${disk} | dd of=/dev/${disk} bs=512 conv=sync,fsync 2>/dev/null`);
      expect(await read(again, disk)).toBe(`second ${disk}`);
    }
  }, 60_000);
});

it('gives a machine its disks back that a program took out to save its state, and was killed', async () => {
  await using bench = await MachineBench.make(qemuUnderTest());
  const image = path.join(bench.folder, 'disk.vdi');
  execFileSync('qemu-img', ['create', '-q', '-f', 'vdi', image, '16M']);
  const drives = [driveOn('ide', { medium: mediumAt(image, 'vdi', { sizeBytes: 16 * 1024 ** 2 }) })];
  const session = await bench.start({ drives });
  const serial = await openSerial(session);
  await serial.expect(GUEST_READY);
  await serial.run('echo kept | dd of=/dev/sda bs=512 conv=sync,fsync 2>/dev/null');
  await session.pause();
  assert(session instanceof QmpSession);
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const parkedFile = path.join(session.runtime.runtimeFolder, RUNTIME_FILES.parkedDisks);
  void withDisksParked(session.caller, parkedFile, () => {
    resolve();
    return new Promise<never>(() => undefined); // killed here
  });
  await reached;
  const parked = JSON.stringify(await session.caller.execute('query-block'));
  expect(parked).not.toContain(image);
  await session[Symbol.asyncDispose]();
  const again = await qemuUnderTest().makeEngine().attach(session.runtime);
  assert(again);
  bench.keep(again);
  expect(await isThere(parkedFile)).toBe(false);
  await again.resume();
  const read = 'echo 3 > /proc/sys/vm/drop_caches; head -n 1 /dev/sda';
  expect(await (await openSerial(again)).run(read)).toBe('kept');
}, 60_000);
