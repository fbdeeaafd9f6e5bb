import * as z from 'zod';
import { PRICED_ITEMS } from './price.ts';
import { UsageQuantities } from './usage-quantities.ts';

export const ReportGrouping = z.enum(['machine', 'pool', 'day', 'month']);
export type ReportGrouping = z.infer<typeof ReportGrouping>;

const Money = z.int();

/** One line of a statement. */
export const ReportLine = z.object({
  /** Id of the machine or pool (null: in no pool), or the day or month as 2026-11-22, 2026-11. */
  key: z.string().nullable(),
  /** As people read it: the last name of a machine that is gone, too. */
  name: z.string(),
  /** The machine or pool is not there any more. */
  isGone: z.boolean(),
  usage: UsageQuantities,
  /** Estimate: processor hours times the watts of a busy processor. */
  energyKWhEstimate: z.number().nonnegative(),
  /** Millionths of the currency's unit, item by item. */
  cost: z.record(z.enum(PRICED_ITEMS), Money),
  /** The sum of the items. */
  costMicros: Money,
});
export type ReportLine = z.infer<typeof ReportLine>;

export const UsageReport = z.object({
  /** Whole hours: what was asked for, widened to them. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  by: ReportGrouping,
  currency: z.string(),
  lines: z.array(ReportLine),
  /** The sum of the lines. */
  total: ReportLine,
  /** How energy was estimated. */
  energyFormula: z.string(),
});
export type UsageReport = z.infer<typeof UsageReport>;
