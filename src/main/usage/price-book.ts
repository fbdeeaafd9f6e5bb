import { InnError } from '../../shared/errors.ts';
import { FREE_OF_CHARGE, PriceList, type Prices } from '../../shared/model/price.ts';
import type { SettingTable } from '../db/setting-table.ts';
import { floorHour, parseMoment } from './calendar.ts';
import { withPrices } from './pricing.ts';

const SETTING = {
  key: 'usage.prices',
  schema: PriceList,
  usual: { periods: [{ from: null, prices: FREE_OF_CHARGE }] } satisfies PriceList,
};

/** The user's own prices, with those that held before. */
export interface PriceBook {
  list(): PriceList;
  /**
   * Sets prices from the beginning of an hour on, by default this one; the first ever set hold since ever.
   * @param from null: since ever, in place of all others
   * @throws InnError `INVALID_INPUT` when the currency would change in the middle: sums of two currencies mean nothing
   */
  set(prices: Prices, from?: string | null): PriceList;
}

export function createPriceBook(settings: SettingTable, nowMs: () => number): PriceBook {
  const list = () => settings.get(SETTING);
  return {
    list,
    set(prices, from) {
      const before = list();
      const isFirst = before.periods.every((period) => isFree(period.prices));
      const fromMs = isFirst || from === null ? null : floorHour(from === undefined ? nowMs() : parseMoment(from));
      const currency = before.periods[0]?.prices.currency;
      if (fromMs !== null && currency !== prices.currency) {
        throw new InnError(
          'INVALID_INPUT',
          `Prices were in ${currency} so far; sums cannot go on in ${prices.currency}.`,
          {
            hint: 'Set the new prices for all time (from: null, or `inn prices set --since-ever`).',
          },
        );
      }
      const after = withPrices(before, prices, fromMs);
      settings.set(SETTING, after);
      return after;
    },
  };
}

const isFree = ({ currency: _, wattsPerProcessor: __, ...prices }: Prices): boolean =>
  Object.values(prices).every((price) => price === 0);
