import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

/** Bytes of the disk that the guest writes its words to. */
const DISK_BYTES = 64 * 1024 ** 2;

describe.each(['embedded', 'qemu'] as const)('snapshots of a real guest (%s)', (engine) => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
    const diskPath = path.join(core.home, 'words.img');
    writeFileSync(diskPath, '');
    truncateSync(diskPath, DISK_BYTES);
    await core.client.machine.create({ name: 'web', isDemo: true, engine, memoryMiB: 128, diskPath });
  });
  afterAll(() => tearDown(core));

  const openSerial = async (machine = 'web') => new SerialConsole(await core.connection.openChannel(machine, 'serial'));

  /** Does it as soon as the machine is free: disks of what was cut off before may just be merged. */
  const whenFree = async <T>(work: () => Promise<T>): Promise<T> => {
    const ended = Date.now() + 60_000;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if ((error as { code?: string }).code !== 'INVALID_STATE' || Date.now() > ended) throw error;
        await core.client.events.waitFor({ machine: 'web', states: ['Running', 'PoweredOff', 'Saved'] });
      }
    }
  };
  /** Starts a machine and waits for its shell. */
  const boot = async (machine = 'web', isDisposable = false) => {
    await whenFree(() => core.client.machine.start({ machine, isDisposable }));
    const serial = await openSerial(machine);
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    return serial;
  };
  const say = (serial: SerialConsole, word: string) =>
    serial.run(`echo ${word} | dd of=/dev/sda bs=512 conv=sync,notrunc,fsync 2>/dev/null`);
  /** What stands on the disk, past the guest's cache. Its network may tell of itself before. */
  const read = async (serial: SerialConsole) => {
    const look = 'sync; echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/sda bs=512 count=1 2>/dev/null | head -n 1';
    return (await serial.run(look)).split('\n').at(-1);
  };
  const powerOff = (machine = 'web') => core.client.machine.powerOff({ machine });
  const take = (name: string) => core.client.snapshot.take({ machine: 'web', name });

  it('come back in any order, with what stood in memory and on the disk, and lose nothing when one is deleted', async () => {
    const serial = await boot();
    for (const word of ['one', 'two', 'three']) {
      await say(serial, word);
      await serial.run(`echo ${word} > /tmp/word`);
      const taken = await take(word);
      expect(taken).toMatchObject({ name: word, hasMemory: true, hasThumbnail: true, engine });
      expect(taken.pausedMs).toBeGreaterThan(0);
      expect(await read(serial)).toBe(word);
    }
    await powerOff();
    const comesBack = async (word: string) => {
      const restored = await core.client.snapshot.restore({ machine: 'web', snapshot: word });
      expect(restored.state).toBe('Saved');
      await core.client.machine.start({ machine: 'web' });
      await using again = await openSerial();
      expect(await again.run('cat /tmp/word')).toBe(word);
      expect(await read(again)).toBe(word);
      await say(again, 'spoiled');
      await powerOff();
    };
    for (const word of ['two', 'one', 'three']) await comesBack(word);
    await core.client.snapshot.delete({ machine: 'web', snapshot: 'two' });
    for (const word of ['three', 'one']) await comesBack(word);
    const { pngBase64 } = await core.client.snapshot.thumbnail({ machine: 'web', snapshot: 'one' });
    expect(
      Buffer.from(pngBase64 ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  }, 400_000);

  it('are the base of linked clones, which go their own way and take only what differs', async () => {
    await core.client.snapshot.restore({ machine: 'web', snapshot: 'one' });
    await core.client.machine.discardState({ machine: 'web' });
    const clone = await core.client.machine.clone({ machine: 'web', name: 'twin', kind: 'linked' });
    const [mac] = clone.config.adapters.map(({ macAddress }) => macAddress);
    expect(mac).not.toBe((await core.client.machine.get({ machine: 'web' })).config.adapters[0]?.macAddress);
    const serial = await boot('twin');
    expect(await read(serial)).toBe('one');
    await say(serial, 'twin');
    expect(await read(serial)).toBe('twin');
    await powerOff('twin');
    const images = await readdir(path.join(clone.folder, 'snapshots'));
    const taken = images.map((file) => statSync(path.join(clone.folder, 'snapshots', file)).blocks * 512);
    expect(Math.max(...taken)).toBeLessThan(2 * 1024 ** 2);
    const original = await boot('web');
    expect(await read(original)).toBe('one');
    await powerOff('web');
    const refused = core.client.snapshot.delete({ machine: 'web', snapshot: "Linked base for 'twin'" });
    await expect(refused).rejects.toMatchObject({ code: 'MEDIUM_IN_USE' });
  }, 300_000);

  it('are whole or not there when the core is killed while one is taken, and the guest goes on', async () => {
    let serial = await boot();
    for (const [round, delayMs] of [0, 15, 40, 80, 150, 300].entries()) {
      await say(serial, `round ${round}`);
      const before = await core.client.snapshot.list({ machine: 'web' });
      const taking = whenFree(() => take(`round ${round}`)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delayMs)); // a moment, whichever it is
      await core.end('SIGKILL');
      await taking;
      core = await startRealCore(core.home);
      // A merge that the kill cut off is finished first.
      await core.client.events.waitFor({ machine: 'web', states: ['Running'] });
      const after = await core.client.snapshot.list({ machine: 'web' });
      expect(after.length - before.length).toBeOneOf([0, 1]);
      serial = await openSerial();
      serial.send('');
      expect(await read(serial)).toBe(`round ${round}`);
      await say(serial, `after ${round}`);
      expect(await read(serial)).toBe(`after ${round}`);
    }
    await powerOff();
    const again = await boot();
    expect(await read(again)).toBe('after 5');
    await powerOff();
    await core.client.snapshot.restore({ machine: 'web', snapshot: 'one' });
    await core.client.machine.discardState({ machine: 'web' });
  }, 400_000);

  it('are not needed for a disposable run, which leaves nothing', async () => {
    const serial = await boot('web', true);
    expect((await core.client.machine.get({ machine: 'web' })).isDisposable).toBe(true);
    await say(serial, 'gone');
    expect(await read(serial)).toBe('gone');
    const { folder } = await powerOff();
    expect((await readdir(path.join(folder, 'snapshots'))).filter((file) => file.startsWith('disposable'))).toEqual([]);
    const again = await boot();
    expect(await read(again)).toBe('one');
    await powerOff();
  }, 300_000);
});
