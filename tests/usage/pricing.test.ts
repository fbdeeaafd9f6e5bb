import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../src/main/usage/export-report.ts';
import { costOf, priceSpans, totalOf, withPrices } from '../../src/main/usage/pricing.ts';
import { makeStatement } from '../../src/main/usage/statement.ts';
import { FREE_OF_CHARGE, formatMoney, type Prices, parseMoney, plainMoney } from '../../src/shared/model/price.ts';
import { addUsage, NO_USAGE } from '../../src/shared/model/usage-quantities.ts';
import { DATABASE, WEB } from './a-reading.ts';
import { EMPTY_BATCH, openUsageTable } from './a-usage-table.ts';

const PRICES: Prices = {
  ...FREE_OF_CHARGE,
  processorHourMicros: 50_000,
  promisedGiBHourMicros: 10_000,
  storageGiBMonthMicros: 100_000,
  networkGiBMicros: 20_000,
  energyKWhMicros: 300_000,
};
const HOUR_MS = 3_600_000;
const NOON_MS = Date.parse('2026-03-10T12:00:00Z');

describe('the price of usage', () => {
  it('is what the list says for a whole unit of each item', () => {
    const usage = {
      ...NO_USAGE,
      processorMicros: 3_600_000_000,
      memoryPromisedMiBSeconds: 1024 * 3600,
      storageMiBSeconds: 1024 * 3600 * 730,
      networkInBytes: 1024 ** 3,
    };
    expect(costOf([{ usage, prices: PRICES }])).toEqual({
      ...{ processor: 50_000, memoryPromised: 10_000, memoryUsed: 0, storage: 100_000, network: 20_000 },
      energyEstimate: 3000, // a processor of ten watts for an hour: a hundredth of a kilowatt-hour
    });
  });

  it('is the same into however many parts the usage comes', () => {
    const micros = fc.array(fc.nat(10 ** 12), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(micros, (parts) => {
        const usages = parts.map((processorMicros) => ({ ...NO_USAGE, processorMicros }));
        const cut = costOf(usages.map((usage) => ({ usage, prices: PRICES })));
        expect(cut).toEqual(costOf([{ usage: usages.reduce(addUsage), prices: PRICES }]));
      }),
    );
  });

  it('of the past stays when prices change', () => {
    const first = withPrices({ periods: [] }, PRICES, 0);
    const dearer = { ...PRICES, processorHourMicros: 70_000 };
    const list = withPrices(first, dearer, NOON_MS);
    expect(priceSpans(list, NOON_MS - HOUR_MS, NOON_MS + HOUR_MS)).toEqual([
      { fromMs: NOON_MS - HOUR_MS, toMs: NOON_MS, prices: PRICES },
      { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS, prices: dearer },
    ]);
    expect(priceSpans(list, 0, 1)).toEqual([{ fromMs: 0, toMs: 1, prices: PRICES }]);
    expect(withPrices(list, dearer, null).periods).toHaveLength(1);
  });

  it('is read and printed without rounding', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 14), (micros) => {
        expect(parseMoney(plainMoney(micros))).toBe(micros);
      }),
    );
    expect(parseMoney('0.0000001')).toBeUndefined();
    expect(parseMoney('-1')).toBeUndefined();
    expect(formatMoney(12_340_000, 'EUR')).toBe('12.34 EUR');
    expect(formatMoney(52, 'EUR')).toBe('0.000052 EUR');
  });
});

function openYear() {
  const { table } = openUsageTable();
  const usage = { ...NO_USAGE, processorMicros: 3_600_000_000 };
  const peaks = { processorMilli: 0, memoryBytes: 0, guestBytes: 0 };
  const hour = (subjectId: string, startMs: number) => ({ subjectId, poolId: '', usage, peaks, startMs });
  const starts = Array.from({ length: 100 }, (_, index) => NOON_MS + index * HOUR_MS);
  table.write({
    ...EMPTY_BATCH,
    hours: starts.flatMap((startMs) => [hour(WEB, startMs), hour(DATABASE, startMs), hour('machines', startMs)]),
    subjects: [
      { id: WEB, kind: 'machine', name: 'web' },
      { id: DATABASE, kind: 'machine', name: '=cmd, "quoted"' },
    ],
  });
  return table;
}

describe('a statement', () => {
  const names = new Map<string, string>([[WEB, 'web']]);
  const nameOf = (_: string, id: string) => ({ name: names.get(id) ?? '=cmd, "quoted"', isGone: !names.has(id) });

  it('adds up days from hours and whole days alike, over any range, with prices that change in it', () => {
    const table = openYear();
    const prices = withPrices(
      { periods: [{ from: null, prices: PRICES }] },
      { ...PRICES, processorHourMicros: 70_000 },
      NOON_MS + 10 * HOUR_MS,
    );
    fc.assert(
      fc.property(fc.nat(120), fc.nat(120), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const range = { fromMs: NOON_MS + from * HOUR_MS, toMs: NOON_MS + to * HOUR_MS, prices, nameOf };
        const hours = Math.max(0, Math.min(100, to) - from);
        const cheap = Math.max(0, Math.min(10, to) - from);
        const cost = 50_000 * cheap + 70_000 * (hours - cheap);
        const { lines, total } = makeStatement(table, { ...range, by: 'machine' });
        expect(total.usage.processorMicros).toBe(2 * hours * 3_600_000_000);
        for (const line of lines) expect(line.cost.processor).toBe(cost);
        const days = makeStatement(table, { ...range, by: 'day' });
        expect(days.total.cost.processor).toBe(cost); // the sum of all machines, as the meter keeps it
        expect(total.costMicros).toBe(totalOf(total.cost));
      }),
      { numRuns: 50 },
    );
  });

  it('is exported by RFC 4180, and no name becomes a formula', () => {
    const range = { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS, prices: { periods: [{ from: null, prices: PRICES }] } };
    const csv = toCsv(makeStatement(openYear(), { ...range, by: 'machine', nameOf }));
    const rows = csv.split('\r\n');
    expect(rows).toHaveLength(4);
    expect(rows.at(-1)).toBe('');
    expect(csv).toContain(`"'=cmd, ""quoted""",yes`);
    expect(csv).toContain('0.05');
  });
});
