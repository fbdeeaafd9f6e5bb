import { execFileSync, spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, pidOf, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';
import { canMount, mountSmall } from '../support/small-file-system.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MIB = 1024 ** 2;
const isLinux = process.platform === 'linux';
const hasPrlimit = isLinux && spawnSync('prlimit', ['--version']).status === 0;

describe('a machine whose disk has no room left', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  /** Writes 12 MiB to a disk that has room for 6, makes room, and looks whether all of it has arrived. */
  async function expectNothingLost(name: string, disk: string, limit: (pid: number) => void, makeRoom: () => void) {
    const { client } = core;
    writeFileSync(disk, '');
    truncateSync(disk, 16 * MIB);
    await client.machine.create({ name, isDemo: true, engine: 'embedded', diskPath: disk });
    const pid = pidOf(await client.machine.start({ machine: name }));
    await using serial = new SerialConsole(await core.connection.openChannel(name, 'serial'));
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    await serial.run('dd if=/dev/urandom of=/tmp/data bs=64k count=192 2>/dev/null', 300_000);
    const sum = await serial.run('md5sum < /tmp/data');
    limit(pid);
    const writing = serial.run('dd if=/tmp/data of=/dev/sda bs=64k 2>&1 && sync && echo written', 300_000);
    const paused = await client.events.waitFor({ machine: name, states: ['Paused'], timeoutMs: 120_000 });
    expect(paused).toMatchObject({ state: 'Paused', reason: 'ioError' });
    expect(paused.reasonDetail).toBe(`There is no room left for '${disk}'. Make room, then resume the machine.`);
    // Still no room: the request is tried again, and the machine stands again.
    await client.machine.resume({ machine: name });
    await client.events.waitFor({ machine: name, states: ['Paused'], timeoutMs: 120_000 });
    makeRoom();
    await client.machine.resume({ machine: name });
    expect(await writing).toContain('written');
    await serial.run('echo 3 > /proc/sys/vm/drop_caches');
    expect(await serial.run('dd if=/dev/sda bs=64k count=192 2>/dev/null | md5sum')).toBe(sum);
    await client.machine.powerOff({ machine: name });
  }

  it.skipIf(!hasPrlimit)(
    'pauses, names the file, and loses nothing: a file as large as it may be',
    async () => {
      let process = -1;
      const setLimit = (bytes: string) =>
        execFileSync('prlimit', ['--pid', `${process}`, `--fsize=${bytes}:unlimited`]);
      await expectNothingLost(
        'limited',
        path.join(makeTempFolder(), 'disk.img'),
        (pid) => {
          process = pid;
          setLimit(`${6 * MIB}`);
        },
        () => setLimit('unlimited'),
      );
    },
    400_000,
  );

  it.skipIf(!canMount)(
    'pauses, names the file, and loses nothing: a full file system',
    async () => {
      const { folder, resize } = mountSmall(6 * MIB);
      await expectNothingLost(
        'full',
        path.join(folder, 'disk.img'),
        () => undefined,
        () => resize(32 * MIB),
      );
    },
    400_000,
  );
});
