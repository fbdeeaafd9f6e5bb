import { describe, expect, it } from 'vitest';
import type { PoolId } from '../../src/shared/model/resources.ts';
import { openFakeCore } from '../support/fake-core.ts';
import { refusalOf } from '../support/refusal.ts';

const CLAIM = { reservation: 0, limit: null, shares: 'normal' } as const;
const MEMORY = { reservationMiB: 0, limitMiB: null, shares: 'normal' } as const;
const reserves = (reservation: number) => ({ ...CLAIM, reservation });

/** A host of four processors, of which a tenth is kept. */
const open = async () => {
  const core = await openFakeCore();
  const names = async () => (await core.client.pool.list({})).map(({ name, position }) => `${name} ${position}`);
  return { ...core, pool: core.client.pool, names };
};

describe('resource pools', () => {
  it('are created with the usual claims, and found by name in any case', async () => {
    const { pool } = await open();
    const lab = await pool.create({ name: 'Lab' });
    expect(lab).toMatchObject({ parentId: null, position: 0, processor: CLAIM, memory: MEMORY, idle: null });
    const test = await pool.create({ name: 'Test', parent: 'LAB', processor: { ...CLAIM, shares: 'high' } });
    expect(test).toMatchObject({ parentId: lab.id, processor: { shares: 'high' } });
    expect(await refusalOf(() => pool.create({ name: 'lab' }))).toMatchObject({ code: 'NAME_IN_USE' });
    expect(await refusalOf(() => pool.configure({ pool: 'gone', name: 'x' }))).toMatchObject({
      code: 'POOL_NOT_FOUND',
    });
  });

  it('refuse claims that cannot be kept, and stay as they were', async () => {
    const { pool } = await open();
    await pool.create({ name: 'Lab', processor: reserves(2) });
    await pool.create({ name: 'Test', parent: 'Lab', processor: reserves(1.5) });
    const refused = await refusalOf(() => pool.configure({ pool: 'Lab', processor: reserves(1) }));
    expect(refused).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining("What is in 'Lab'") });
    expect(await refusalOf(() => pool.create({ name: 'Big', processor: reserves(2) }))).toMatchObject({
      message: expect.stringContaining('the host can give only 3.6 processors'),
    });
    expect((await pool.list({})).map(({ name }) => name).sort()).toEqual(['Lab', 'Test']);
  });

  it('move among and into each other, but not into themselves', async () => {
    const { pool, names } = await open();
    for (const name of ['a', 'b', 'c']) await pool.create({ name });
    await pool.move({ pool: 'c', parent: null, position: 0 });
    expect(await names()).toEqual(['c 0', 'a 1', 'b 2']);
    await pool.move({ pool: 'c', parent: 'a' });
    expect(await names()).toEqual(['a 0', 'c 0', 'b 1']);
    expect(await refusalOf(() => pool.move({ pool: 'a', parent: 'c' }))).toMatchObject({
      message: expect.stringContaining('cannot be within itself'),
    });
  });

  it('give their pools and machines to the pool around them when they are removed, in one go', async () => {
    const { pool, client, app, add } = await open();
    const outer = await pool.create({ name: 'outer' });
    const inner = await pool.create({ name: 'inner', parent: 'outer' });
    const leaf = await pool.create({ name: 'leaf', parent: 'inner' });
    const machine = await add('web');
    await client.machine.start({ machine: 'web' });
    await pool.assign({ machine: 'web', pool: 'inner' });
    const told: string[] = [];
    const events = app.services.events.watch();
    expect(await pool.remove({ pool: 'inner' })).toEqual({ id: inner.id });
    expect((await client.machine.get({ machine: 'web' })).config.resources.poolId).toBe(outer.id);
    expect((await pool.list({})).find(({ id }) => id === leaf.id)?.parentId).toBe(outer.id);
    for await (const event of events) {
      if (event.kind === 'snapshot') continue;
      if (event.kind === 'poolRemoved') told.push(`removed ${event.id}`);
      if (event.kind === 'machineChanged' && event.machine.id === machine.id) told.push('web');
      if (event.kind === 'poolChanged') told.push(event.pool.name);
      if (told.length >= 3) break;
    }
    expect(told).toEqual(expect.arrayContaining(['web', `removed ${inner.id}`, 'leaf']));
  });

  it('open the stream of events, and outlive the program', async () => {
    const first = await open();
    await first.pool.create({ name: 'Lab', processor: { ...CLAIM, limit: 1.5 } });
    await first.close();
    const second = await openFakeCore({ folder: first.folder });
    const [snapshot] = await Promise.all([(await second.client.events.subscribe({})).next()]);
    expect(snapshot.value).toMatchObject({ kind: 'snapshot', pools: [{ name: 'Lab', processor: { limit: 1.5 } }] });
  });
});

describe('the claims of machines', () => {
  const claiming = (poolId: PoolId | null, reservation: number) => ({ poolId, processor: reserves(reservation) });

  it('must fit into what their pool reserves, beside the machines that are on', async () => {
    const { pool, client, add } = await open();
    const lab = await pool.create({ name: 'Lab', processor: reserves(1) });
    const configure = async (name: string, change: ReturnType<typeof claiming>) => {
      const { revision, config } = await client.machine.get({ machine: name });
      const resources = { ...config.resources, ...change };
      return client.machine.configure({ machine: name, revision, config: { ...config, resources } });
    };
    for (const name of ['a', 'b']) await add(name);
    await configure('a', claiming(lab.id, 0.75));
    await configure('b', claiming(lab.id, 0.75)); // neither is on
    await client.machine.start({ machine: 'a' });
    expect(await refusalOf(() => configure('b', claiming(lab.id, 0.8)))).toMatchObject({
      code: 'INVALID_CONFIG',
      details: { issues: [{ field: 'resources.processor.reservation' }] },
    });
    expect(await refusalOf(() => configure('b', claiming(crypto.randomUUID() as PoolId, 0)))).toMatchObject({
      details: { issues: [{ field: 'resources.poolId' }] },
    });
  });
});

describe('the budget of the host', () => {
  it('keeps a reserve, and tells what is promised', async () => {
    const { pool, client, add } = await open();
    await add('web', { processors: { count: 2, capPercent: 100 }, memoryMiB: 512 });
    await client.machine.start({ machine: 'web' });
    await pool.create({ name: 'Lab', processor: reserves(1), memory: { ...MEMORY, reservationMiB: 1024 } });
    expect(await pool.budget({})).toEqual({
      reserve: { processorPercent: 10, memoryPercent: 10 },
      ...{ processors: 3.6, memoryMiB: 7372, promisedProcessors: 2, promisedMemoryMiB: 512 },
      ...{ reservedProcessors: 1, reservedMemoryMiB: 1024 },
    });
    expect(await pool.setReserve({ processorPercent: 50 })).toMatchObject({ processors: 2, memoryMiB: 7372 });
    expect(await refusalOf(() => pool.setReserve({ processorPercent: 90 }))).toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('the preview', () => {
  it('tells what each would get under full load, and changes nothing', async () => {
    const { pool, client, add } = await open();
    const lab = await pool.create({ name: 'Lab' });
    const [a, b] = [await add('a'), await add('b')];
    const limit = { ...CLAIM, limit: 0.5 };
    const { fullLoad, problems } = await pool.preview({
      pools: [{ id: lab.id, processor: limit }],
      machines: [
        { id: a.id, poolId: lab.id, processor: { ...CLAIM, shares: 3000 } },
        { id: b.id, poolId: lab.id },
      ],
    });
    const grants = Object.fromEntries(fullLoad.machines.map((each) => [each.machineId, each]));
    expect(grants[a.id]).toMatchObject({ processors: 0.375, processorReason: 'poolLimit' });
    expect(grants[b.id]?.processors).toBeCloseTo(0.125);
    expect(fullLoad.pools).toMatchObject([{ poolId: lab.id, processors: 0.5 }]);
    expect(problems).toEqual([]);
    expect((await client.machine.get({ machine: 'a' })).config.resources.poolId).toBeNull();
    const wrong = await pool.preview({
      pools: [{ id: lab.id, processor: { ...limit, reservation: 9 } }],
      machines: [],
    });
    expect(wrong.problems).toHaveLength(2);
  });
});
