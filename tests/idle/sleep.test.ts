import { describe, expect, it } from 'vitest';
import { ScheduleController } from '../../src/main/idle/schedule-controller.ts';
import type { Machine } from '../../src/shared/model/machine.ts';
import type { IdlePolicy, ScheduleEntry } from '../../src/shared/model/resources.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

/** Three seconds, the shortest that a policy can say. */
const SOON = 0.05;
const NEVER: IdlePolicy = { balloonAfterMinutes: null, pauseAfterMinutes: null, saveAfterMinutes: null };

async function addSleeper(core: FakeCore, idle: Partial<IdlePolicy>, schedule: ScheduleEntry[] = []) {
  await core.add('sleeper', { memoryMiB: 512 });
  return setSleep(core, idle, schedule);
}

async function setSleep({ client }: FakeCore, idle: Partial<IdlePolicy>, schedule: ScheduleEntry[] = []) {
  const { id, revision, config } = await client.machine.get({ machine: 'sleeper' });
  const resources = { ...config.resources, idle: { ...NEVER, ...idle }, schedule };
  return client.machine.configure({ machine: id, revision, config: { ...config, resources } });
}

const becomes = async (core: FakeCore, isSo: (machine: Machine) => boolean) => {
  await expect
    .poll(async () => isSo(await core.client.machine.get({ machine: 'sleeper' })), { timeout: 15_000, interval: 50 })
    .toBe(true);
  return core.client.machine.get({ machine: 'sleeper' });
};

describe('a machine that nobody uses', () => {
  it('is ballooned, then saved in its time, says why, and wakes on start', async () => {
    const core = await openFakeCore();
    await addSleeper(core, { balloonAfterMinutes: SOON });
    await core.client.machine.start({ machine: 'sleeper' });
    await expect.poll(() => core.process('sleeper').balloonMiB, { timeout: 15_000 }).toBeLessThan(512);
    await setSleep(core, { balloonAfterMinutes: SOON, saveAfterMinutes: SOON });
    expect(await becomes(core, ({ state }) => state === 'Saved')).toMatchObject({ reason: 'idle' });
    await setSleep(core, {});
    const woken = await core.client.machine.start({ machine: 'sleeper' });
    expect(woken.state).toBe('Running');
    expect(core.process('sleeper').balloonMiB).toBe(512);
  }, 30_000);

  it('is paused, gets its memory back, and wakes when its console is opened', async () => {
    const core = await openFakeCore();
    await addSleeper(core, { pauseAfterMinutes: SOON });
    const { id } = await core.client.machine.start({ machine: 'sleeper' });
    expect(await becomes(core, ({ state }) => state === 'Paused')).toMatchObject({ reason: 'idle' });
    const serial = await core.app.services.runner.openChannel(id, 'serial');
    expect(await core.state('sleeper')).toBe('Running');
    serial.destroy();
    await becomes(core, ({ state }) => state === 'Paused');
  }, 30_000);

  it('stays awake while somebody looks at it', async () => {
    const core = await openFakeCore();
    await addSleeper(core, { pauseAfterMinutes: SOON });
    const { id } = await core.client.machine.start({ machine: 'sleeper' });
    const screen = await core.app.services.runner.openChannel(id, 'screen');
    const seconds: number[] = [];
    for await (const sample of await core.client.usage.subscribe({})) {
      seconds.push(Date.parse(sample.at));
      if (seconds.length > 5) break;
    }
    expect(await core.state('sleeper')).toBe('Running');
    screen.destroy();
    expect(await becomes(core, ({ state }) => state === 'Paused')).toMatchObject({ reason: 'idle' });
  }, 30_000);

  it('is woken for whoever knocks, once for all of them', async () => {
    const core = await openFakeCore();
    const { id } = await addSleeper(core, {});
    await core.client.machine.start({ machine: 'sleeper' });
    await core.client.machine.saveState({ machine: 'sleeper' });
    const { wake } = core.app.idleness;
    await Promise.all([wake(id), wake(id), wake(id)]);
    expect(await core.state('sleeper')).toBe('Running');
    await core.client.machine.powerOff({ machine: 'sleeper' });
    await expect(wake(id)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});

describe('a calendar', () => {
  const at = (time: string) => new Date(`2026-01-09T${time}`);

  async function openCalendar(schedule: ScheduleEntry[]) {
    const core = await openFakeCore();
    await addSleeper(core, {}, schedule);
    const clock = { now: at('07:00:00') };
    const { machines, runner, admission } = core.app.services;
    const calendar = new ScheduleController({
      machines: () => machines.list(),
      runner,
      waitForRoom: (id) => admission.startWith(id, 'wait', { isDisposable: false }),
      log: { info: () => undefined, warn: () => undefined },
      now: () => clock.now,
    });
    const tickAt = async (time: string) => {
      clock.now = at(time);
      await calendar.tick();
      return core.state('sleeper');
    };
    return { ...core, tickAt };
  }

  it('starts, saves and starts again, each at its time and once', async () => {
    const { tickAt, client } = await openCalendar([
      { days: [], time: '08:00', action: 'start' },
      { days: [], time: '18:00', action: 'save' },
    ]);
    expect(await tickAt('07:59:59')).toBe('PoweredOff');
    expect(await tickAt('08:00:01')).toBe('Running');
    await client.machine.powerOff({ machine: 'sleeper' });
    expect(await tickAt('08:00:02')).toBe('PoweredOff');
    await client.machine.start({ machine: 'sleeper' });
    expect(await tickAt('18:00:00')).toBe('Saved');
  });

  it('does not keep a time again when the clock is put back, nor one that is long over', async () => {
    const { tickAt, client } = await openCalendar([{ days: [], time: '08:00', action: 'start' }]);
    await tickAt('08:00:30');
    await client.machine.powerOff({ machine: 'sleeper' });
    expect(await tickAt('07:59:30')).toBe('PoweredOff');
    expect(await tickAt('08:01:00')).toBe('PoweredOff');
    const late = await openCalendar([{ days: [], time: '08:00', action: 'start' }]);
    expect(await late.tickAt('11:00:00')).toBe('PoweredOff');
  });

  it('lets a machine wait for room when there is none at its time', async () => {
    const { tickAt, host, client } = await openCalendar([{ days: [], time: '08:00', action: 'start' }]);
    host.freeMiB = 900;
    expect(await tickAt('08:00:00')).toBe('PoweredOff');
    expect(await client.task.list({})).toMatchObject([{ title: "Waiting for room to start 'sleeper'" }]);
  });
});
