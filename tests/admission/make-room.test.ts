import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';
import { refusalOf } from '../support/refusal.ts';

/** A running machine that holds most of what was left, and one of the same size that does not fit beside it. */
async function openFullCore() {
  const core = await openFakeCore();
  await core.add('first', { memoryMiB: 2048 });
  await core.add('second', { memoryMiB: 2048, osType: 'demo' });
  await core.client.machine.start({ machine: 'first' });
  return core;
}

const tasksOf = async ({ client }: FakeCore, title: RegExp) =>
  (await client.task.list({})).filter((task) => title.test(task.title));

describe('a start that does not fit', () => {
  it('is refused with its numbers and a plan, which a check tells beforehand', async () => {
    const core = await openFullCore();
    const report = await core.client.admission.check({ machine: 'second' });
    expect(report).toMatchObject({ verdict: 'refused', reasons: [{ kind: 'hostMemory' }] });
    expect(report.plan.map(({ kind }) => kind)).toEqual(['balloon', 'save', 'lessMemory', 'wait']);
    expect(await core.client.admission.check({ machine: 'second', memoryMiB: 512 })).toMatchObject({
      verdict: 'admitted',
    });
    const refusal = await refusalOf(() => core.client.machine.start({ machine: 'second' }));
    expect(refusal).toMatchObject({ code: 'HOST_MEMORY_SHORT', details: { ...report } });
    expect(await core.state('second')).toBe('PoweredOff');
  });

  it('fits when a balloon gives memory, which is given back when the machine ends', async () => {
    const core = await openFullCore();
    const started = await core.client.admission.startWith({ machine: 'second', choice: 'balloon' });
    expect(started.state).toBe('Running');
    const { balloonMiB } = core.process('first');
    expect(balloonMiB).toBeLessThan(2048);
    await core.client.machine.powerOff({ machine: 'second' });
    await expect.poll(() => core.process('first').balloonMiB).toBe(2048);
    expect(await tasksOf(core, /^Making room/)).toMatchObject([{ status: 'done' }]);
  });

  it('fits when another machine is saved', async () => {
    const core = await openFullCore();
    await core.client.admission.startWith({ machine: 'second', choice: 'save' });
    expect(await core.state('first')).toBe('Saved');
    expect(await core.state('second')).toBe('Running');
  });

  it('fits with less memory', async () => {
    const core = await openFullCore();
    const { config, state } = await core.client.admission.startWith({ machine: 'second', choice: 'lessMemory' });
    expect(state).toBe('Running');
    expect(config.memoryMiB).toBeGreaterThan(1000);
    expect(config.memoryMiB).toBeLessThan(2048);
  });

  it.each(['balloon', 'save', 'lessMemory'] as const)(
    'takes everything back when the start fails after "%s"',
    async (choice) => {
      const core = await openFullCore();
      core.engine.script.before.start = (machine) => {
        if (machine.spec.config.name === 'second') return fails()(machine);
        return undefined;
      };
      const refusal = await refusalOf(() => core.client.admission.startWith({ machine: 'second', choice }));
      expect(refusal.code).toBe('ENGINE_FAILED');
      expect(await core.state('first')).toBe('Running');
      expect(core.process('first').balloonMiB).toBe(2048);
      expect((await core.client.machine.get({ machine: 'second' })).config.memoryMiB).toBe(2048);
    },
  );

  it('takes everything back when it is cancelled on the way', async () => {
    const core = await openFullCore();
    const starting = Promise.withResolvers<void>();
    core.engine.script.before.start = async (machine) => {
      if (machine.spec.config.name !== 'second') return;
      starting.resolve();
      await machine.exit;
    };
    const attempt = refusalOf(() => core.client.admission.startWith({ machine: 'second', choice: 'save' }));
    await starting.promise;
    const [task] = await tasksOf(core, /^Making room/);
    if (!task) throw new Error('there is no task');
    await core.client.task.cancel({ id: task.id });
    core.process('second').end({ kind: 'powerOff' });
    expect((await attempt).code).toBe('CANCELLED');
    expect(await core.state('first')).toBe('Running');
    expect(await core.state('second')).toBe('PoweredOff');
  });

  it('offers no choice that the plan has not', async () => {
    const core = await openFullCore();
    await core.client.machine.pause({ machine: 'first' });
    const refusal = await refusalOf(() => core.client.admission.startWith({ machine: 'second', choice: 'balloon' }));
    expect(refusal.code).toBe('HOST_MEMORY_SHORT');
  });
});

describe('the queue for room', () => {
  it('starts a machine as soon as another has made room', async () => {
    const core = await openFullCore();
    const waiting = await core.client.admission.startWith({ machine: 'second', choice: 'wait' });
    expect(waiting.state).toBe('PoweredOff');
    expect(await tasksOf(core, /^Waiting/)).toMatchObject([{ status: 'running', machineId: waiting.id }]);
    await core.client.machine.powerOff({ machine: 'first' });
    expect((await core.reaches('second', 'Running')).state).toBe('Running');
    await expect.poll(() => tasksOf(core, /^Waiting/)).toMatchObject([{ status: 'done' }]);
  });

  it('is kept when the core is started anew', async () => {
    const core = await openFullCore();
    await core.client.admission.startWith({ machine: 'second', choice: 'wait' });
    await core.close();
    const next = await openFakeCore({ folder: core.folder, world: core.world });
    expect(await tasksOf(next, /^Waiting/)).toMatchObject([{ status: 'running' }]);
    await next.client.machine.powerOff({ machine: 'first' });
    expect((await next.reaches('second', 'Running')).state).toBe('Running');
  });

  it('lets go of a machine whose task is cancelled, for good', async () => {
    const core = await openFullCore();
    await core.client.admission.startWith({ machine: 'second', choice: 'wait' });
    const [task] = await tasksOf(core, /^Waiting/);
    if (!task) throw new Error('there is no task');
    await core.client.task.cancel({ id: task.id });
    await core.close();
    const next = await openFakeCore({ folder: core.folder, world: core.world });
    expect(await tasksOf(next, /^Waiting/)).toEqual([]);
  });
});
