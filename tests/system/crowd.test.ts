import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QmpClient } from '../../src/main/engines/qmp/client.ts';
import { makePaths } from '../../src/main/paths.ts';
import { homeEnv, makeHome, pidOf, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

const MACHINES = 10;
const RESETS = 20;

describe('many machines, and many resets', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  const serialOf = async (machine: string) => new SerialConsole(await core.connection.openChannel(machine, 'serial'));

  /** Files and connections that the core has open; on Linux only. */
  const openFiles = (): number =>
    process.platform === 'linux' ? readdirSync(`/proc/${core.process.pid}/fd`).length : 0;

  it('is reset twenty times in a row, with somebody on its second monitor', async () => {
    const { client } = core;
    const { id } = await client.machine.create({ name: 'reset', isDemo: true, engine: 'embedded' });
    await client.machine.start({ machine: 'reset' });
    const folder = makePaths(homeEnv(core.home)).machineRuntimeFolder(id);
    const monitor = await QmpClient.connect(path.join(folder, 'monitor.sock'), { timeoutMs: 60_000 });
    let resets = 0;
    monitor.onEvent(({ event }) => {
      if (event === 'RESET') resets += 1;
    });
    for (let times = 0; times < RESETS; times += 1) {
      expect(await client.machine.reset({ machine: 'reset' })).toMatchObject({ state: 'Running', reason: 'reset' });
    }
    expect(await monitor.execute('query-status')).toMatchObject({ status: 'running' });
    expect(resets).toBe(RESETS);
    monitor.close();
    await using serial = await serialOf('reset');
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    expect(await serial.run('echo up')).toBe('up');
    await client.machine.powerOff({ machine: 'reset' });
  }, 300_000);

  it('starts ten at once, and knows at once that all were killed', async () => {
    const { client } = core;
    const names = Array.from({ length: MACHINES }, (_, index) => `crowd-${index}`);
    for (const name of names) await client.machine.create({ name, isDemo: true, engine: 'embedded' });
    const filesBefore = openFiles();
    const started = await Promise.all(names.map((machine) => client.machine.start({ machine })));
    const shells = names.map(async (name) => {
      await using serial = await serialOf(name);
      await serial.expect(GUEST_READY, 300_000);
    });
    await Promise.all(shells);
    for (const machine of started) process.kill(pidOf(machine), 'SIGKILL');
    const aborted = await Promise.all(
      names.map((machine) => client.events.waitFor({ machine, states: ['Aborted'], timeoutMs: 120_000 })),
    );
    expect(aborted.map(({ reason, pid }) => `${reason} ${pid}`)).toEqual(names.map(() => 'engineKilled null'));
    await expect.poll(openFiles, { timeout: 60_000 }).toBeLessThanOrEqual(filesBefore);
    for (const machine of names) await client.machine.remove({ machine, deletesFiles: true });
    const { runtime } = makePaths(homeEnv(core.home));
    const folders = readdirSync(runtime, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const ofMachines = folders.filter(({ name }) => /^[0-9a-f]/.test(name)); // one of a network begins with another letter
    expect(ofMachines.map(({ name }) => name)).toHaveLength(1); // of the machine that was reset
  }, 600_000);
});
