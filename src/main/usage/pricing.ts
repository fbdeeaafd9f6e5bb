import { PRICED_ITEMS, type PricedItem, type PriceList, type Prices, TARIFFS } from '../../shared/model/price.ts';
import type { UsageQuantities } from '../../shared/model/usage-quantities.ts';
import { energyKWh } from '../../shared/model/usage-quantities.ts';

/** What was used while one price list held. */
export interface PricedUsage {
  usage: UsageQuantities;
  prices: Prices;
}

export type Cost = Record<PricedItem, number>;

const MILLI = 1000;

/** Price of one unit, times what makes it whole: energy is paid by the watts of a processor, which come in thousandths. */
function unitPrice(item: PricedItem, prices: Prices): bigint {
  const price = BigInt(prices[TARIFFS[item].price]);
  return item === 'energyEstimate' ? price * BigInt(Math.round(prices.wattsPerProcessor * MILLI)) : price;
}

/**
 * What it costs, item by item, in millionths of the currency's unit. Exact: products are summed before the one rounding
 * (halves up), so that it does not matter into how many parts the usage came.
 */
export function costOf(parts: readonly PricedUsage[]): Cost {
  const item = (name: PricedItem): number => {
    const { quantity, per } = TARIFFS[name];
    const sum = parts.reduce(
      (total, { usage, prices }) => total + BigInt(quantity(usage)) * unitPrice(name, prices),
      0n,
    );
    return Number((2n * sum + per) / (2n * per));
  };
  return Object.fromEntries(PRICED_ITEMS.map((name) => [name, item(name)])) as Cost;
}

export const totalOf = (cost: Cost): number => PRICED_ITEMS.reduce((sum, name) => sum + cost[name], 0);

export function addCosts(a: Cost, b: Cost): Cost {
  return Object.fromEntries(PRICED_ITEMS.map((name) => [name, a[name] + b[name]])) as Cost;
}

/** Estimated kilowatt-hours of all parts. */
export const energyOf = (parts: readonly PricedUsage[]): number =>
  parts.reduce((sum, { usage, prices }) => sum + energyKWh(usage, prices.wattsPerProcessor), 0);

export const ENERGY_FORMULA =
  'processor hours × watts of a busy processor ÷ 1000; an estimate: memory, disks and the idle host are not in it';

/** A span of time in which one price list holds. */
export interface PriceSpan {
  fromMs: number;
  toMs: number;
  prices: Prices;
}

const startOf = ({ from }: PriceList['periods'][number]): number =>
  from === null ? Number.NEGATIVE_INFINITY : Date.parse(from);

/** Cuts a range where prices change. What is before the first list is paid by it. */
export function priceSpans({ periods }: PriceList, fromMs: number, toMs: number): PriceSpan[] {
  const spans = periods.map((period, index) => {
    const next = periods[index + 1];
    return {
      fromMs: Math.max(fromMs, index === 0 ? fromMs : startOf(period)),
      toMs: Math.min(toMs, next ? startOf(next) : toMs),
      prices: period.prices,
    };
  });
  return spans.filter((span) => span.fromMs < span.toMs);
}

/** The list with these prices from a moment on (null: since ever); later prices that were planned are replaced. */
export function withPrices({ periods }: PriceList, prices: Prices, fromMs: number | null): PriceList {
  if (fromMs === null) return { periods: [{ from: null, prices }] };
  const kept = periods.filter((period) => startOf(period) < fromMs);
  const from = kept.length === 0 ? null : new Date(fromMs).toISOString();
  return { periods: [...kept, { from, prices }] };
}
