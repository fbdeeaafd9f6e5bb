import { describe, expect, it } from 'vitest';
import { createSettingTable } from '../../src/main/db/setting-table.ts';
import { createBudgets } from '../../src/main/usage/budgets.ts';
import { createNames } from '../../src/main/usage/names.ts';
import { createPriceBook } from '../../src/main/usage/price-book.ts';
import { FREE_OF_CHARGE } from '../../src/shared/model/price.ts';
import { NO_USAGE } from '../../src/shared/model/usage-quantities.ts';
import { refusalOf } from '../support/refusal.ts';
import { WEB } from './a-reading.ts';
import { EMPTY_BATCH, openUsageTable } from './a-usage-table.ts';

const LAB = '00000000-0000-4000-8000-0000000000aa';
const RACK = '00000000-0000-4000-8000-0000000000bb';
/** Not at the edge of a month in any zone. */
const NOW_MS = Date.parse('2026-03-15T12:30:00Z');

/** A machine in a pool within a pool, and one micro-unit for each second of processor time. */
function openHouse() {
  const { db, table } = openUsageTable();
  const settings = createSettingTable(db);
  const machines = () => [{ id: WEB, name: 'web', poolId: RACK, session: 'run 1' as string | null }];
  const pools = () => [
    { id: LAB, name: 'lab', parentId: null },
    { id: RACK, name: 'rack', parentId: LAB },
  ];
  const told: string[] = [];
  const saved: string[] = [];
  const prices = createPriceBook(settings, () => NOW_MS);
  prices.set({ ...FREE_OF_CHARGE, processorHourMicros: 3600 });
  const open = () =>
    createBudgets({
      ...{ settings, table, machines, names: createNames({ machines, pools, table }), nowMs: () => NOW_MS },
      prices: () => prices.list(),
      notify: (message) => told.push(message),
      saveState: async (id, why) => saved.push(`${id}: ${why}`),
    });
  const spend = (seconds: number, startMs = NOW_MS) => {
    const usage = { ...NO_USAGE, processorMicros: seconds * 1e6 };
    const peaks = { processorMilli: 0, memoryBytes: 0, guestBytes: 0 };
    const subjects = [{ id: WEB, kind: 'machine', name: 'web' } as const];
    table.write({ ...EMPTY_BATCH, minutes: [{ subjectId: WEB, poolId: RACK, startMs, usage, peaks }], subjects });
  };
  return { open, spend, told, saved, prices };
}

const budget = { subject: 'machine', of: 'web', amountMicros: 100, warnAtPercent: 80, savesAtLimit: true } as const;

describe('a budget', () => {
  it('counts what this month has cost, and no other', () => {
    const { open, spend } = openHouse();
    spend(40);
    spend(1000, NOW_MS - 40 * 86_400_000);
    expect(open().set(budget)).toMatchObject({ spentMicros: 40, percent: 40, level: 'ok', name: 'web' });
  });

  it('gives notice once when it is nearly used, and again when it is, also to the next program', async () => {
    const { open, spend, told, saved } = openHouse();
    open().set(budget);
    spend(85);
    await open().watch();
    await open().watch();
    expect(told).toEqual(["'web' has used 85 % of its budget of this month (0.000085 EUR of 0.000100 EUR)"]);
    expect(saved).toEqual([]);
    spend(20);
    await open().watch();
    await open().watch();
    expect(told).toHaveLength(2);
    expect(saved).toEqual([`${WEB}: the budget of 'web' for this month is used up`]);
  });

  it('of a pool covers the pools in it', async () => {
    const { open, spend, saved } = openHouse();
    spend(100);
    expect(open().set({ ...budget, subject: 'pool', of: 'lab' })).toMatchObject({ level: 'over', name: 'lab' });
    await open().watch();
    expect(saved).toHaveLength(1);
  });

  it('is one for each machine: a second one replaces the first', () => {
    const { open } = openHouse();
    const { budget: first } = open().set(budget);
    open().set({ ...budget, amountMicros: 200 });
    expect(
      open()
        .list()
        .map((status) => [status.budget.id, status.budget.amountMicros]),
    ).toEqual([[first.id, 200]]);
    open().remove(first.id);
    expect(open().list()).toEqual([]);
  });

  it('refuses what is not there', async () => {
    const { open } = openHouse();
    expect(await refusalOf(() => open().set({ ...budget, of: 'nobody' }))).toMatchObject({
      code: 'MACHINE_NOT_FOUND',
    });
  });
});

describe('the price list', () => {
  it('keeps one currency, unless it is set for all time', async () => {
    const { prices } = openHouse();
    const dollars = { ...FREE_OF_CHARGE, currency: 'USD', processorHourMicros: 1 };
    expect(await refusalOf(() => prices.set(dollars))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(prices.set(dollars, null).periods).toHaveLength(1);
  });

  it('lets new prices hold from this hour on', () => {
    const { prices } = openHouse();
    const { periods } = prices.set({ ...FREE_OF_CHARGE, processorHourMicros: 9 });
    expect(periods.map(({ from }) => from)).toEqual([null, '2026-03-15T12:00:00.000Z']);
  });
});
