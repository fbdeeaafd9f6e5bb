import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import { GroupOutcome } from '../../src/shared/group-contract.ts';
import type { StartOrder } from '../../src/shared/model/resources.ts';
import { USUAL_RESOURCES, USUAL_START_ORDER } from '../../src/shared/model/resources.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';
import { refusalOf } from '../support/refusal.ts';

const add = (core: FakeCore, name: string, startOrder: Partial<StartOrder>, group = '/Lab') =>
  core.add(name, {
    ...{ group, memoryMiB: 128 },
    resources: { ...USUAL_RESOURCES, startOrder: { ...USUAL_START_ORDER, ...startOrder } },
  });

/** A group of three in three steps, and a machine of another group. The engine's starts and saves are written down. */
async function openLab(middle: Partial<StartOrder> = {}) {
  const core = await openFakeCore();
  await add(core, 'web', { order: 30 }, '/Lab/Front');
  await add(core, 'db', { order: 10 });
  await add(core, 'cache', { order: 20, ...middle });
  await add(core, 'other', {}, '/Labour');
  const seen: string[] = [];
  const { before } = core.engine.script;
  before.start = ({ spec }) => void seen.push(`start ${spec.config.name}`);
  before.saveState = ({ spec }) => void seen.push(`save ${spec.config.name}`);
  return { core, seen };
}

const groupTask = async ({ client }: FakeCore) =>
  (await client.task.list({})).find(({ title }) => title.includes("the group '/Lab'"));

describe('starting a group', () => {
  it('starts its machines by order, each when the one before is ready, as one task', async () => {
    const { core, seen } = await openLab({ waitsFor: 'guestAgent' });
    const started = await core.client.group.start({ group: '/Lab' });
    expect(started.map(({ config, state }) => `${config.name} ${state}`)).toEqual([
      'db Running',
      'cache Running',
      'web Running',
    ]);
    expect(seen).toEqual(['start db', 'start cache', 'start web']);
    expect(await core.state('other')).toBe('PoweredOff');
    expect(await groupTask(core)).toMatchObject({ status: 'done', progress: 1, title: "Starting the group '/Lab'" });
  });

  it('stops at the machine whose start fails, names it, and lets run what runs', async () => {
    const { core } = await openLab();
    core.engine.script.before.start = (machine) =>
      machine.spec.config.name === 'cache' ? fails()(machine) : undefined;
    const refusal = await refusalOf(() => core.client.group.start({ group: '/Lab' }));
    expect(refusal).toMatchObject({ code: 'ENGINE_FAILED', details: { machine: 'cache' } });
    expect(refusal.message).toContain("'cache'");
    expect(await Promise.all(['db', 'cache', 'web'].map(core.state))).toEqual(['Running', 'PoweredOff', 'PoweredOff']);
    expect(await groupTask(core)).toMatchObject({ status: 'failed', failure: { code: 'ENGINE_FAILED' } });
  });

  it('tells every failure of the step, lets its others start, and says who was left', async () => {
    const { core } = await openLab();
    await add(core, 'mail', { order: 10 });
    await add(core, 'queue', { order: 10 });
    core.engine.script.before.start = (machine) => (machine.spec.config.name === 'mail' ? undefined : fails()(machine));
    const refusal = await refusalOf(() => core.client.group.start({ group: '/Lab' }));
    expect(refusal).toMatchObject({ code: 'ENGINE_FAILED', details: { machine: 'db' } });
    expect(refusal.message).toMatch(/'db'.* 'queue' failed, too\.$/);
    expect(GroupOutcome.parse(refusal.details?.group)).toMatchObject({
      failures: [
        { name: 'db', code: 'ENGINE_FAILED' },
        { name: 'queue', code: 'ENGINE_FAILED' },
      ],
      left: ['cache', 'web'],
      warned: [],
    });
    expect(await Promise.all(['db', 'mail', 'queue', 'cache'].map(core.state))).toEqual([
      ...['PoweredOff', 'Running', 'PoweredOff', 'PoweredOff'],
    ]);
  });

  it('hands out what admission warned of when it let a machine in, also when a later one fails', async () => {
    const { core } = await openLab({ waitsFor: 'running' });
    const { id, revision, config } = await core.client.machine.get({ machine: 'cache' });
    const processors = { ...config.processors, count: 4 };
    await core.client.machine.configure({ machine: id, revision, config: { ...config, processors } });
    core.engine.script.before.start = ({ spec }) => {
      if (spec.config.name === 'web') throw new Error('no web');
    };
    const { details } = await refusalOf(() => core.client.group.start({ group: '/Lab' }));
    const warnings = [{ kind: 'processorOvercommit', message: expect.stringContaining('5 virtual processors') }];
    expect(GroupOutcome.parse(details?.group).warned).toEqual([{ machineId: id, name: 'cache', warnings }]);
    await core.client.machine.powerOff({ machine: 'cache' });
    core.engine.script.before.start = () => undefined;
    const started = await core.client.group.start({ group: '/Lab' });
    expect(started.map(({ config: { name }, warnings: { length } }) => `${name} ${length}`)).toEqual([
      ...['db 0', 'cache 1', 'web 1'],
    ]);
  });

  it('starts nothing when a port that is waited for cannot be reached', async () => {
    const { core, seen } = await openLab({ waitsFor: 'port', port: 80 });
    const refusal = await refusalOf(() => core.client.group.start({ group: '/Lab' }));
    expect(refusal).toMatchObject({ code: 'INVALID_CONFIG', details: { machine: 'cache', port: 80 } });
    expect(seen).toEqual([]);
  });

  it('goes on from machines that run, and resumes those that are paused', async () => {
    const { core, seen } = await openLab();
    await core.client.machine.start({ machine: 'db' });
    await core.client.machine.start({ machine: 'cache' });
    await core.client.machine.pause({ machine: 'cache' });
    await core.client.group.start({ group: '/Lab' });
    expect(seen).toEqual(['start db', 'start cache', 'start web']);
    expect(await core.state('cache')).toBe('Running');
  });

  it('does not wait for one that nobody waits for, but tells when it fails', async () => {
    const { core, seen } = await openLab({ waitsFor: 'nothing' });
    const webStarted = Promise.withResolvers<void>();
    core.engine.script.before.start = async (machine) => {
      const { name } = machine.spec.config;
      seen.push(name);
      if (name === 'web') webStarted.resolve();
      if (name !== 'cache') return;
      await webStarted.promise; // would wait for ever if the order held
      await fails()(machine);
    };
    const refusal = await refusalOf(() => core.client.group.start({ group: '/Lab' }));
    expect(refusal.details).toMatchObject({ machine: 'cache' });
    expect(seen).toEqual(['db', 'cache', 'web']);
    expect(await core.state('web')).toBe('Running');
  });

  it('lets run what runs when it is cancelled in a delay, and starts no more', async () => {
    const { core, seen } = await openLab({ delaySeconds: 3600 });
    const attempt = refusalOf(() => core.client.group.start({ group: '/Lab' }));
    await expect.poll(async () => (await groupTask(core))?.detail).toContain("'cache' starts in 3600 s");
    const task = await groupTask(core);
    if (!task) throw new Error('there is no task');
    await core.client.task.cancel({ id: task.id });
    expect(await attempt).toMatchObject({ code: 'CANCELLED', details: { group: { failures: [], left: ['web'] } } });
    expect(seen).toEqual(['start db']);
    expect(await core.state('db')).toBe('Running');
  });

  it('says that a group is empty', async () => {
    const { core } = await openLab();
    expect((await refusalOf(() => core.client.group.start({ group: '/La' }))).code).toBe('MACHINE_NOT_FOUND');
  });
});

describe('stopping a group', () => {
  it('saves its machines the other way round', async () => {
    const { core, seen } = await openLab();
    await core.client.group.start({ group: '/Lab' });
    seen.length = 0;
    const stopped = await core.client.group.stop({ group: '/Lab' });
    expect(seen).toEqual(['save web', 'save cache', 'save db']);
    expect(stopped.map(({ state }) => state)).toEqual(['Saved', 'Saved', 'Saved']);
  });

  it('waits for guests to shut down, and names one that does not', async () => {
    const { core } = await openLab();
    await core.client.group.start({ group: '/Lab' });
    core.engine.script.before.powerButton = ({ spec }) => {
      core.engine.script.ignoresPowerButton = spec.config.name === 'cache';
    };
    const attempt = refusalOf(() => core.client.group.stop({ group: '/Lab', how: 'powerButton', timeoutSeconds: 5 }));
    const refusal = await attempt;
    expect(refusal).toMatchObject({ code: 'TIMEOUT', details: { machine: 'cache' } });
    expect(await Promise.all(['web', 'cache', 'db'].map(core.state))).toEqual(['PoweredOff', 'Running', 'Running']);
  });
});
