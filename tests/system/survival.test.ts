import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, pidOf, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

/** A new core waits a second at most for its machines before it answers; what it hears later, it writes later. */
const PATIENCE = { timeout: 60_000 };

describe('machines outlive what goes wrong around them', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  const serialOf = async (machine: string) => new SerialConsole(await core.connection.openChannel(machine, 'serial'));

  const startDemo = async (name: string) => {
    await core.client.machine.create({ name, isDemo: true, engine: 'embedded' });
    return core.client.machine.start({ machine: name });
  };

  it('keeps one machine running when another is killed', async () => {
    const [victim] = await Promise.all([startDemo('victim'), startDemo('survivor')]);
    await using serial = await serialOf('survivor');
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    process.kill(pidOf(victim), 'SIGKILL');
    const aborted = await core.client.events.waitFor({ machine: 'victim', states: ['Aborted'], timeoutMs: 60_000 });
    expect(aborted).toMatchObject({ state: 'Aborted', reason: 'engineKilled', pid: null });
    expect(await serial.run('echo still here')).toBe('still here');
    expect((await core.client.machine.get({ machine: 'survivor' })).state).toBe('Running');
    expect(await core.client.machine.start({ machine: 'victim' })).toMatchObject({ state: 'Running' });
    await core.client.machine.powerOff({ machine: 'victim' });
  });

  it('is taken back by a new core after the first was killed', async () => {
    const before = await core.client.machine.get({ machine: 'survivor' });
    await core.end('SIGKILL');
    core = await startRealCore(core.home);
    const takenBack = { state: 'Running', reason: 'takenBack', pid: before.pid };
    await expect.poll(() => core.client.machine.get({ machine: 'survivor' }), PATIENCE).toMatchObject(takenBack);
    expect((await core.client.machine.pause({ machine: 'survivor' })).state).toBe('Paused');
    expect((await core.client.machine.screenshot({ machine: 'survivor' })).width).toBe(720);
    expect((await core.client.machine.resume({ machine: 'survivor' })).state).toBe('Running');
    await using serial = await serialOf('survivor');
    expect(await serial.run('echo taken back')).toBe('taken back');
  });

  it('learns what became of a machine that ended while no core ran', async () => {
    await using serial = await serialOf('survivor');
    const pid = pidOf(await core.client.machine.pause({ machine: 'survivor' }));
    serial.send('(sleep 1; poweroff) &');
    await core.client.machine.resume({ machine: 'survivor' });
    await core.end('SIGKILL');
    await gone(pid);
    core = await startRealCore(core.home);
    const ended = { state: 'PoweredOff', reason: 'guestShutdown', pid: null };
    await expect.poll(() => core.client.machine.get({ machine: 'survivor' }), PATIENCE).toMatchObject(ended);
  });
});

/** Resolves when no process has this id any more; the test's own time limit ends the waiting. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
