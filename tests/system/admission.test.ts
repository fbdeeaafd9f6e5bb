import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connectInProcess } from '../../src/main/api/client.ts';
import { createApi } from '../../src/main/api/serve-core.ts';
import { type App, createApp } from '../../src/main/app.ts';
import type { HostCapacity } from '../../src/main/hypervisor/host-capacity.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import type { EngineId } from '../../src/shared/model/engine.ts';
import { ENGINE_OVERHEAD_BYTES } from '../../src/shared/process-memory.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { homeEnv, makeHome } from '../support/real-core.ts';
import { refusalOf } from '../support/refusal.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

/** A host on which one machine of each engine just does not fit, of which a tenth is kept for itself. */
const HOST_BYTES = 1100 * MIB;
const MEMORY_MIB = { first: 512, second: 256 };
const PATIENCE = { timeout: 40_000, interval: 250 };

let home: string;
let app: App;
let inn: Connection;

beforeAll(async () => {
  home = await makeHome();
  const env = homeEnv(home);
  const log = createLog(makePaths(env), 'silent');
  const read = async (): Promise<HostCapacity> => {
    // What the machines really hold is no longer available, as on a host of this size.
    const samples = app ? await app.services.runner.sample() : [];
    const held = samples.reduce((sum, { usage }) => sum + usage.residentBytes, 0);
    return {
      ...{ processors: 2, memoryTotalBytes: HOST_BYTES, memoryAvailableBytes: Math.max(0, HOST_BYTES - held) },
      ...{ storageTotalBytes: 100 * GIB, storageFreeBytes: 50 * GIB },
    };
  };
  app = await createApp({ env, log, capacity: { read } });
  inn = connectInProcess(createApi(app, '0.0.0', log));
}, 60_000);

afterAll(async () => {
  for (const { id } of await inn.client.machine.list({})) {
    await inn.client.machine.powerOff({ machine: id }).catch(() => undefined); // It is off already.
  }
  await app.close();
  await rm(home, { recursive: true, force: true });
});

async function addGuest(name: 'first' | 'second', engine: EngineId) {
  await inn.client.machine.create({ name, engine, isDemo: true, memoryMiB: MEMORY_MIB[name] });
}

async function openSerial(name: string): Promise<SerialConsole> {
  return new SerialConsole(await inn.openChannel(name, 'serial'));
}

/** What the guest itself calls free: what its balloon holds is not. */
async function freeMiB(serial: SerialConsole): Promise<number> {
  const [, kiB] = /MemFree: +(\d+) kB/.exec(await serial.run('cat /proc/meminfo')) ?? [];
  return Math.round(Number(kiB) / 1024);
}

async function residentMiB(name: string): Promise<number> {
  const { id } = await inn.client.machine.get({ machine: name });
  return (await app.services.runner.usageOf(id)).residentBytes / MIB;
}

describe('a small host', () => {
  it('refuses the machine that does not fit, and starts it with what a balloon takes from the other', async () => {
    await addGuest('first', 'qemu');
    await addGuest('second', 'embedded');
    await inn.client.machine.start({ machine: 'first' });
    await using first = await openSerial('first');
    await first.expect(GUEST_READY);
    const before = await freeMiB(first);
    // What the process holds beyond what the guest uses is less than what is counted for QEMU.
    expect(await residentMiB('first')).toBeLessThan(MEMORY_MIB.first - before + ENGINE_OVERHEAD_BYTES.qemu / MIB);

    const refusal = await refusalOf(() => inn.client.machine.start({ machine: 'second' }));
    expect(refusal).toMatchObject({ code: 'HOST_MEMORY_SHORT', details: { verdict: 'refused' } });
    const plan = async () => (await inn.client.admission.check({ machine: 'second' })).plan.map(({ kind }) => kind);
    // The guest tells what it can spare a few seconds after it was first asked.
    await expect.poll(plan, PATIENCE).toContain('balloon');

    const second = await inn.client.admission.startWith({ machine: 'second', choice: 'balloon' });
    expect(second.state).toBe('Running');
    const after = await freeMiB(first);
    expect(after).toBeLessThan(before - 80);

    await inn.client.machine.powerOff({ machine: 'second' });
    await expect.poll(() => freeMiB(first), PATIENCE).toBeGreaterThan(before - 20);
  }, 120_000);

  it('saves a machine that nobody uses, and wakes it where it was', async () => {
    const [machine] = await Promise.all([inn.client.machine.get({ machine: 'first' })]);
    const idle = { balloonAfterMinutes: null, pauseAfterMinutes: null, saveAfterMinutes: 0.05 };
    {
      await using first = await openSerial('first');
      await first.run('echo kept > /tmp/note');
      const config = { ...machine.config, resources: { ...machine.config.resources, idle } };
      await inn.client.machine.configure({ machine: 'first', revision: machine.revision, config });
    }
    const reason = async () => {
      const { state, reason: why } = await inn.client.machine.get({ machine: 'first' });
      return `${state} ${why}`;
    };
    await expect.poll(reason, PATIENCE).toBe('Saved idle');
    // To open its console is to wake it.
    await using woken = await openSerial('first');
    expect(await woken.run('cat /tmp/note')).toBe('kept');
    expect(await reason()).toBe('Running restored');
  }, 120_000);
});
