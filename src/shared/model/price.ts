import * as z from 'zod';
import { HOURS_PER_MONTH, type UsageQuantities } from './usage-quantities.ts';

/** Money is counted in millionths of the currency's unit, in whole numbers: sums of money are exact. */
export const MICROS_PER_UNIT = 1_000_000;

/** Up to a milliard of units; a price of nothing is fine. */
const Price = z.int().min(0).max(1_000_000_000_000_000);

/** What is paid for what, in millionths of the currency's unit. */
export const Prices = z.object({
  /** ISO 4217 code, such as EUR. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'A currency is a code of three letters, such as EUR.'),
  /** Per hour of processor time that was really used. */
  processorHourMicros: Price,
  promisedGiBHourMicros: Price,
  usedGiBHourMicros: Price,
  /** Of room on the host's disk; a month has 730 hours. */
  storageGiBMonthMicros: Price,
  /** In and out alike. */
  networkGiBMicros: Price,
  energyKWhMicros: Price,
  /** What a busy processor of this host draws more than an idle one; the base of all estimates of energy. */
  wattsPerProcessor: z.number().min(0).max(1000),
});
export type Prices = z.infer<typeof Prices>;

/** Prices that hold from a moment on, until later ones do. */
export const PricePeriod = z.object({
  /** The beginning of an hour; null: since ever. */
  from: z.iso.datetime().nullable(),
  prices: Prices,
});
export type PricePeriod = z.infer<typeof PricePeriod>;

/** A new one does not change what the past has cost. Oldest first; the first one holds since ever. */
export const PriceList = z.object({ periods: z.array(PricePeriod).min(1).max(1000) });
export type PriceList = z.infer<typeof PriceList>;

/** Nothing costs anything until the user says so; the watts are those of a common desktop processor. */
export const FREE_OF_CHARGE: Prices = {
  currency: 'EUR',
  processorHourMicros: 0,
  promisedGiBHourMicros: 0,
  usedGiBHourMicros: 0,
  storageGiBMonthMicros: 0,
  networkGiBMicros: 0,
  energyKWhMicros: 0,
  wattsPerProcessor: 10,
};

export const PRICED_ITEMS = [
  'processor',
  'memoryPromised',
  'memoryUsed',
  'storage',
  'network',
  'energyEstimate',
] as const;
export type PricedItem = (typeof PRICED_ITEMS)[number];

interface Tariff {
  quantity: (usage: UsageQuantities) => number;
  /** How many of the quantity's units the price is for. */
  per: bigint;
  price: keyof Omit<Prices, 'currency'>;
}

const GIB_HOUR_IN_MIB_SECONDS = 1024n * 3600n;
const HOUR_IN_MICROS = 3_600_000_000n;

/** What an item counts, and for how much of it the price stands. */
export const TARIFFS: Record<PricedItem, Tariff> = {
  processor: { quantity: (usage) => usage.processorMicros, per: HOUR_IN_MICROS, price: 'processorHourMicros' },
  memoryPromised: {
    quantity: (usage) => usage.memoryPromisedMiBSeconds,
    per: GIB_HOUR_IN_MIB_SECONDS,
    price: 'promisedGiBHourMicros',
  },
  memoryUsed: {
    quantity: (usage) => usage.memoryUsedMiBSeconds,
    per: GIB_HOUR_IN_MIB_SECONDS,
    price: 'usedGiBHourMicros',
  },
  storage: {
    quantity: (usage) => usage.storageMiBSeconds,
    per: GIB_HOUR_IN_MIB_SECONDS * BigInt(HOURS_PER_MONTH),
    price: 'storageGiBMonthMicros',
  },
  network: {
    quantity: (usage) => usage.networkInBytes + usage.networkOutBytes,
    per: 1024n ** 3n,
    price: 'networkGiBMicros',
  },
  // A kilowatt-hour is a thousand watts for an hour; the watts come in thousandths, see `unitPrice` in pricing.ts.
  energyEstimate: {
    quantity: (usage) => usage.processorMicros,
    per: HOUR_IN_MICROS * 1_000_000n,
    price: 'energyKWhMicros',
  },
};

/** Prints money with two digits, more when it is less than a hundredth: `12.34 EUR`, `0.0042 EUR`. */
export function formatMoney(micros: number, currency: string): string {
  const units = Math.abs(micros) / MICROS_PER_UNIT;
  const digits = units === 0 || units >= 0.1 ? 2 : units >= 0.001 ? 4 : 6;
  return `${micros < 0 ? '-' : ''}${units.toFixed(digits)} ${currency}`;
}

/** Reads `0.0125` as millionths; undefined when it is no amount, is negative or has more than six decimals. */
export function parseMoney(text: string): number | undefined {
  const match = /^\s*(\d{1,9})(?:\.(\d{1,6}))?\s*$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * MICROS_PER_UNIT + Number((match[2] ?? '').padEnd(6, '0'));
}

/** The whole amount without its currency, with all decimals that say something: `0.0125`, `3`. */
export function plainMoney(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(micros) / MICROS_PER_UNIT);
  const rest = String(Math.abs(micros) % MICROS_PER_UNIT)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}
