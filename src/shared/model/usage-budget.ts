import * as z from 'zod';

export const BudgetId = z.uuid().brand<'BudgetId'>();
export type BudgetId = z.infer<typeof BudgetId>;

/** What a machine, or a pool with all in it, may cost in a calendar month. */
export const Budget = z.object({
  id: BudgetId,
  subject: z.enum(['machine', 'pool']),
  subjectId: z.uuid(),
  /** Millionths of the currency's unit, per month. */
  amountMicros: z.int().min(1).max(1_000_000_000_000_000),
  /** A notice is given when so much is used. */
  warnAtPercent: z.int().min(1).max(100),
  /** Saves the state of machines that run on beyond the budget, once in each of their runs. */
  savesAtLimit: z.boolean(),
});
export type Budget = z.infer<typeof Budget>;

export const BudgetStatus = z.object({
  budget: Budget,
  /** Name of the machine or pool. */
  name: z.string(),
  currency: z.string(),
  /** Beginning of the month it counts. */
  since: z.iso.datetime(),
  spentMicros: z.int(),
  percent: z.number().nonnegative(),
  level: z.enum(['ok', 'warning', 'over']),
  /** What the month will have cost if it goes on as it did so far. */
  forecastMicros: z.int(),
});
export type BudgetStatus = z.infer<typeof BudgetStatus>;
