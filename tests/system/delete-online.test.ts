import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeEnv, makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

const DISK_BYTES = 64 * 1024 ** 2;
/** Numbers at random and sums over the whole disk are hard work for a guest whose host has much else to do. */
const HARD_WORK_MS = 300_000;
/** Where the guest writes, in blocks of 4 KiB: small words far apart, and a stretch that takes a while to copy. */
const LOOK = 'sync; echo 3 > /proc/sys/vm/drop_caches';

const STEPS = ['noted', 'merged down', 'stored', 'finished'];

/** A core that deletes the snapshot and is killed at the step. */
async function deleteUntil(home: string, step: string, snapshot: string): Promise<void> {
  const script = path.join(import.meta.dirname, '../support/core-cut-off-at.ts');
  const child = spawn(process.execPath, [script, step, snapshot], { env: homeEnv(home), stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  expect({ step, signal }).toEqual({ step, signal: 'SIGKILL' });
}

describe.each(['embedded', 'qemu'] as const)('a snapshot that is deleted while the guest runs (%s)', (engine) => {
  let core: RealCore;
  let serial: SerialConsole;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
    const diskPath = path.join(core.home, 'words.img');
    writeFileSync(diskPath, '');
    truncateSync(diskPath, DISK_BYTES);
    await core.client.machine.create({ name: 'web', isDemo: true, engine, memoryMiB: 128, diskPath });
    await core.client.machine.start({ machine: 'web' });
    serial = await openSerial();
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
  });
  afterAll(() => tearDown(core));

  const openSerial = async () => new SerialConsole(await core.connection.openChannel('web', 'serial'));
  const get = () => core.client.machine.get({ machine: 'web' });
  const take = (name: string) => core.client.snapshot.take({ machine: 'web', name });
  const remove = (snapshot: string) => core.client.snapshot.delete({ machine: 'web', snapshot });
  const say = (block: number, word: string) =>
    serial.run(`echo ${word} | dd of=/dev/sda bs=4096 seek=${block} conv=sync,notrunc,fsync 2>/dev/null`);
  const read = async (block: number) => {
    const text = await serial.run(`${LOOK}; dd if=/dev/sda bs=4096 skip=${block} count=1 2>/dev/null | head -n 1`);
    return text.split('\n').at(-1);
  };
  const readAll = async () => {
    const words: (string | undefined)[] = [];
    for (const block of [0, 1, 2, 3, 4]) words.push(await read(block));
    return words;
  };
  /** What a kill cut off goes on by itself; it is not to be in the way of what comes next. */
  const atRest = async () => {
    const isAtRest = async () =>
      (await get()).state === 'Running' &&
      (await core.client.task.list({})).every(({ status }) => status !== 'running');
    await expect.poll(isAtRest, { timeout: 120_000 }).toBe(true);
  };
  const images = async () => {
    const { folder } = await get();
    return (await readdir(path.join(folder, 'snapshots'))).filter((file) => file.endsWith('.qcow2'));
  };

  it('gives its disk to what builds on it, be it in the middle, at the end or at the root, and the guest goes on', async () => {
    for (const [block, word] of ['root', 'one', 'two', 'three', 'four'].entries()) {
      await say(block, word);
      await take(word);
    }
    const words = ['root', 'one', 'two', 'three', 'four'];
    const before = (await images()).length;
    for (const word of ['one', 'three', 'four', 'root', 'two']) {
      await remove(word);
      expect(await get()).toMatchObject({ state: 'Running' });
      expect(await readAll()).toEqual(words);
      words[2] = `two after ${word}`;
      await say(2, words[2]);
      expect(await readAll()).toEqual(words);
    }
    expect(await core.client.snapshot.list({ machine: 'web' })).toEqual([]);
    expect((await images()).length).toBeLessThan(before - 3);
    await core.client.machine.powerOff({ machine: 'web' });
    await core.client.machine.start({ machine: 'web' });
    serial = await openSerial();
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    expect(await readAll()).toEqual(words);
  }, 900_000);

  it('loses nothing that the guest writes meanwhile, nor what other snapshots keep', async () => {
    await take('kept');
    await serial.run(
      'dd if=/dev/urandom of=/dev/sda bs=1M seek=8 count=24 conv=notrunc,fsync 2>/dev/null',
      HARD_WORK_MS,
    );
    await take('doomed');
    const old = (await serial.run('md5sum < /dev/sda', HARD_WORK_MS)).split('\n').at(-1);
    // The guest writes all the time, from behind the copying to before it.
    serial.send(
      'i=0; while [ $i -lt 60 ]; do echo $i | dd of=/dev/sda bs=64k seek=$((900 - i * 13)) conv=sync,notrunc,fsync 2>/dev/null; i=$((i+1)); done; echo all done',
    );
    await remove('doomed');
    await serial.expect('all done', HARD_WORK_MS);
    const sum = (await serial.run(`${LOOK}; md5sum < /dev/sda`, HARD_WORK_MS)).split('\n').at(-1);
    expect(sum).not.toBe(old);
    await core.client.machine.powerOff({ machine: 'web' });
    await core.client.machine.start({ machine: 'web' });
    serial = await openSerial();
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    expect((await serial.run('md5sum < /dev/sda', HARD_WORK_MS)).split('\n').at(-1)).toBe(sum);
  }, 900_000);

  it('leaves a machine that can do everything, at whichever step the core is killed', async () => {
    for (const step of STEPS) {
      await take(step);
      await say(0, `before ${step}`);
      await core.end();
      await deleteUntil(core.home, `merge online: ${step}`, step);
      core = await startRealCore(core.home);
      await atRest();
      serial = await openSerial();
      serial.send('');
      expect(await read(0)).toBe(`before ${step}`);
      await say(1, `after ${step}`);
      await take(`after ${step}`);
      await say(2, `after ${step}`);
      await remove(`after ${step}`);
      expect([await read(0), await read(1), await read(2)]).toEqual([
        `before ${step}`,
        `after ${step}`,
        `after ${step}`,
      ]);
    }
  }, 900_000);

  it('is gone or half gone when the core is killed meanwhile, and nothing is lost', async () => {
    for (const [round, delayMs] of [0, 10, 30, 60, 120, 250, 500].entries()) {
      await serial.run(
        'dd if=/dev/urandom of=/dev/sda bs=1M seek=8 count=12 conv=notrunc,fsync 2>/dev/null',
        HARD_WORK_MS,
      );
      await atRest();
      await take(`round ${round}`);
      await say(0, `round ${round}`);
      const removing = remove(`round ${round}`).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delayMs)); // a moment, whichever it is
      await core.end('SIGKILL');
      await removing;
      core = await startRealCore(core.home);
      await atRest();
      serial = await openSerial();
      serial.send('');
      expect(await read(0)).toBe(`round ${round}`);
      await say(1, `after ${round}`);
    }
    // What was cut off goes on by itself: one image for each snapshot that is left, and one that is written.
    const { length: left } = await core.client.snapshot.list({ machine: 'web' });
    await expect.poll(async () => (await images()).length, { timeout: 120_000 }).toBeLessThanOrEqual(left + 1);
    await atRest();
    const sum = (await serial.run(`${LOOK}; md5sum < /dev/sda`, HARD_WORK_MS)).split('\n').at(-1);
    await core.client.machine.powerOff({ machine: 'web' });
    await core.client.machine.start({ machine: 'web' });
    serial = await openSerial();
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    expect((await serial.run('md5sum < /dev/sda', HARD_WORK_MS)).split('\n').at(-1)).toBe(sum);
    expect(statSync(path.join(core.home, 'words.img')).size).toBe(DISK_BYTES);
  }, 900_000);
});
