import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UsageTable } from '../../src/main/db/usage-table.ts';
import { Metering, type MeteringDeps } from '../../src/main/usage/metering.ts';
import { MACHINES_SUBJECT, TIER_MS } from '../../src/main/usage/usage-record.ts';
import { addUsage, NO_USAGE } from '../../src/shared/model/usage-quantities.ts';
import { DATABASE, guestUsage, machineReading, reading, WEB } from './a-reading.ts';
import { openUsageTable } from './a-usage-table.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const POOL = '00000000-0000-4000-8000-0000000000aa';

/** A host with one machine, whose clock a test moves, and a meter that can be cut off at any moment. */
function makeWorld(table: UsageTable) {
  const world = {
    ms: 0,
    poolId: '',
    session: 'a' as string | null,
    report: undefined as Awaited<ReturnType<MeteringDeps['readFinalReport']>>,
  };
  const start = () =>
    new Metering({
      table,
      machines: () => [{ id: WEB, name: 'web', poolId: world.poolId, session: world.session }],
      pools: () => [{ id: POOL, name: 'lab' }],
      readFinalReport: async () => world.report,
      nowMs: () => START_MS + world.ms,
    });
  /** Half a processor, and a byte each millisecond. */
  const usage = () => guestUsage({ processorSeconds: world.ms / 2000, networkInBytes: world.ms });
  const read = (changes: Parameters<typeof machineReading>[0] = {}) =>
    reading(world.ms, 0, [machineReading({ usage: usage(), startedAtMs: START_MS, ...changes })]);
  const total = (tier: 'hour' | 'day' | 'minute' = 'hour') =>
    table
      .totals(tier, { subjectId: WEB }, 0, START_MS * 2)
      .map((each) => each.usage)
      .reduce(addUsage, NO_USAGE);
  return { world, start, read, total, usage };
}

describe('the meter', () => {
  it('neither loses nor doubles anything when it is cut off at random moments', async () => {
    const steps = fc.array(
      fc.record({ ms: fc.integer({ min: 1, max: 5_000_000 }), cut: fc.constantFrom('none', 'core', 'flushed') }),
      { minLength: 1, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { table } = openUsageTable();
        const { world, start, read, total } = makeWorld(table);
        let metering = start();
        for (const { ms, cut } of all) {
          world.ms += ms;
          await metering.take(read());
          if (cut === 'flushed') metering.flush();
          if (cut !== 'none') {
            metering = start(); // what was not flushed is gone with the old one
            await metering.open();
          }
        }
        await metering.take(read());
        metering.flush();
        for (const tier of ['hour', 'day'] as const) {
          expect(total(tier).processorMicros).toBe(world.ms * 500);
          expect(total(tier).networkInBytes).toBe(world.ms);
          expect(total(tier).runningMs).toBe(world.ms);
          expect(total(tier).memoryPromisedMiBSeconds).toBe(Math.floor((world.ms * 128) / 1000));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes each hour the sum of its minutes, and each day that of its hours', async () => {
    const { table } = openUsageTable();
    const { world, start, read } = makeWorld(table);
    const metering = start();
    for (const ms of [1, 59_000, 3_700_000, 3_700_001, 7_200_000, 80_000_000, 90_000_000]) {
      world.ms = ms;
      await metering.take(read());
    }
    metering.flush();
    const sums = (tier: 'minute' | 'hour', bucketMs: number) =>
      table.buckets(tier, { subjectId: WEB }, START_MS, START_MS + 2 * TIER_MS.day, bucketMs);
    expect(sums('minute', TIER_MS.hour)).toEqual(sums('hour', TIER_MS.hour));
    expect(sums('hour', TIER_MS.day)).toEqual(
      table.buckets('day', { subjectId: WEB }, START_MS, START_MS + 2 * TIER_MS.day, TIER_MS.day),
    );
  });

  it('charges a machine that ended while no program watched by its final report', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    world.ms = 10_000;
    const before = start();
    await before.take(read());
    world.ms = 50_000;
    world.session = null;
    world.report = { atMs: START_MS + 30_000, usage: guestUsage({ processorSeconds: 17, networkInBytes: 5 }) };
    await start().open();
    expect(total()).toMatchObject({ processorMicros: 17_000_000, runningMs: 30_000 });
    await start().open();
    expect(total().processorMicros).toBe(17_000_000);
  });

  it('charges time and memory to its end, and no more, when only the time of its end is known', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    world.ms = 10_000;
    await start().take(read());
    world.session = null;
    world.report = { atMs: START_MS + 40_000, usage: undefined };
    await start().open();
    expect(total()).toMatchObject({
      processorMicros: 5_000_000,
      runningMs: 40_000,
      memoryPromisedMiBSeconds: 40 * 128,
    });
  });

  it('charges to the last reading when a machine left no word', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    world.ms = 10_000;
    await start().take(read());
    world.session = null;
    world.ms = 99_000;
    await start().open();
    expect(total()).toMatchObject({ processorMicros: 5_000_000, runningMs: 10_000 });
  });

  it('closes the books with the last counters, and does not open them again for a late word', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    const metering = start();
    world.ms = 10_000;
    await metering.take(read());
    world.ms = 11_000;
    await metering.take(read({ endedAtMs: START_MS + 10_500 }));
    await metering.take(read());
    metering.flush();
    expect(total()).toMatchObject({ processorMicros: 5_500_000 });
    expect(table.sessions()).toEqual([]);
  });

  it('waits for a machine that is there and does not answer, and closes one that is gone by what it left', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    const metering = start();
    world.ms = 10_000;
    await metering.take(read());
    for (world.ms = 11_000; world.ms < 20_000; world.ms += 1000) await metering.take(reading(world.ms, 0));
    expect(table.sessions()).toHaveLength(1);
    world.session = null;
    world.report = { atMs: START_MS + 15_000, usage: guestUsage({ processorSeconds: 9 }) };
    for (; world.ms < 25_000; world.ms += 1000) await metering.take(reading(world.ms, 0));
    metering.flush();
    expect(table.sessions()).toEqual([]);
    expect(total()).toMatchObject({ processorMicros: 9_000_000, runningMs: 15_000 });
  });

  it('does not charge a machine for the sleep of the host', async () => {
    const { table } = openUsageTable();
    const { world, start, total } = makeWorld(table);
    const metering = start();
    world.ms = 1000;
    const machine = machineReading({ startedAtMs: START_MS });
    await metering.take(reading(1000, 0, [machine]));
    world.ms = 3_600_000; // the clock on the wall; the other one stood still
    await metering.take(reading(2000, 0, [machine]));
    metering.flush();
    expect(total().runningMs).toBe(2000);
  });

  it('keeps the pool with what was used in it, and the names of what is gone', async () => {
    const { table } = openUsageTable();
    const { world, start, read } = makeWorld(table);
    const metering = start();
    world.ms = 10_000;
    await metering.take(read());
    world.poolId = POOL;
    metering.flush();
    world.ms = 30_000;
    await metering.take(read());
    metering.flush();
    const totals = table.totals('hour', 'machines', 0, START_MS * 2);
    expect(totals.map(({ poolId, usage }) => [poolId, usage.runningMs])).toEqual([
      ['', 10_000],
      [POOL, 20_000],
    ]);
    const inSum = table.totals('hour', { subjectId: MACHINES_SUBJECT }, 0, START_MS * 2);
    expect(inSum.map(({ usage }) => usage)).toEqual([totals.map(({ usage }) => usage).reduce(addUsage)]);
    expect(table.subjects()).toEqual(
      expect.arrayContaining([
        { id: WEB, kind: 'machine', name: 'web' },
        { id: POOL, kind: 'pool', name: 'lab' },
      ]),
    );
  });

  it('charges the room of a folder until its machine is gone', async () => {
    const { table } = openUsageTable();
    const { world, start, total } = makeWorld(table);
    const metering = start();
    metering.noteFolder(WEB, 100 * 1024 ** 2);
    metering.noteFolder(DATABASE, 0); // removed before the next flush
    world.ms = 60_000;
    metering.noteFolder(WEB, 100 * 1024 ** 2);
    metering.flush();
    expect(total().storageMiBSeconds).toBe(6000);
    expect(table.storage().map(({ machineId }) => machineId)).toEqual([WEB]);
  });

  it('forgets minutes after a day and hours after two years, and keeps days', async () => {
    const { table } = openUsageTable();
    const { world, start, read, total } = makeWorld(table);
    const metering = start();
    world.ms = 10_000;
    await metering.take(read({ endedAtMs: START_MS + 10_000 }));
    metering.flush();
    expect(total('minute').runningMs).toBe(10_000);
    table.prune(START_MS + 2 * TIER_MS.day);
    expect(total('minute').runningMs).toBe(0);
    expect(total('hour').runningMs).toBe(10_000);
    table.prune(START_MS + 800 * TIER_MS.day);
    expect(total('hour').runningMs).toBe(0);
    expect(total('day').runningMs).toBe(10_000);
  });
});
