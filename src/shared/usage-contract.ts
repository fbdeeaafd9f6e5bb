import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, Nothing } from './contract-call.ts';
import { PriceList, Prices } from './model/price.ts';
import { UsageSample } from './model/usage.ts';
import { UsageAdvice } from './model/usage-advice.ts';
import { Budget, BudgetId, BudgetStatus } from './model/usage-budget.ts';
import { UsageHistory, UsageSubjectKind } from './model/usage-history.ts';
import { ReportGrouping, UsageReport } from './model/usage-report.ts';

/** A moment; a day alone means its beginning on the host's clock. */
const Moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

export const HistoryQuery = z.object({
  subject: UsageSubjectKind.default('host'),
  id: z.string().min(1).max(200).optional().describe('Name or id of the machine, id of the pool'),
  from: Moment.optional().describe('By default ten minutes ago'),
  to: Moment.optional().describe('By default now'),
  points: z.coerce.number().int().min(1).max(2000).default(300).describe('At most so many'),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

export const ReportQuery = z.object({
  from: Moment.optional().describe('By default the beginning of the month'),
  to: Moment.optional().describe('By default now'),
  by: ReportGrouping.default('machine'),
});
export type ReportQuery = z.infer<typeof ReportQuery>;

export const SetPricesInput = z.object({
  prices: Prices,
  from: Moment.nullable().optional().describe('By default this hour; null: since ever, in place of all others'),
});
export type SetPricesInput = z.infer<typeof SetPricesInput>;

export const SetBudgetInput = z.object({
  ...Budget.omit({ id: true, subjectId: true }).shape,
  id: BudgetId.optional().describe('Of the budget to change; a new one without it'),
  of: z.string().min(1).max(200).describe('Name or id of the machine or pool'),
  warnAtPercent: Budget.shape.warnAtPercent.default(80),
  savesAtLimit: z.boolean().default(false),
});
export type SetBudgetInput = z.infer<typeof SetBudgetInput>;

/** The calls about what machines use, what it costs, and what could be better. */
export const usage = {
  latest: call
    .route({ method: 'GET', path: '/usage', summary: 'The latest sample of host and machines', tags: ['usage'] })
    .input(Nothing)
    .output(UsageSample),
  /** Opens with the samples of the last minutes, oldest first, then one each second. */
  subscribe: call
    .route({ method: 'GET', path: '/usage/stream', summary: 'One sample a second', tags: ['usage'] })
    .input(Nothing)
    .output(eventIterator(UsageSample)),
  history: call
    .route({
      method: 'GET',
      path: '/usage/history',
      summary: 'What the host, a machine or a pool used over a range of time',
      tags: ['usage'],
    })
    .input(HistoryQuery)
    .output(UsageHistory),
  report: call
    .route({
      method: 'GET',
      path: '/usage/report',
      summary: 'What was used, and what it costs, by machine, pool, day or month',
      tags: ['usage'],
    })
    .input(ReportQuery)
    .output(UsageReport),
  export: call
    .route({ method: 'GET', path: '/usage/export', summary: 'A report as a file: CSV or JSON', tags: ['usage'] })
    .input(z.object({ ...ReportQuery.shape, format: z.enum(['csv', 'json']).default('csv') }))
    .output(z.object({ fileName: z.string(), mediaType: z.string(), text: z.string() })),
  prices: call
    .route({ method: 'GET', path: '/usage/prices', summary: 'The price list, and earlier ones', tags: ['usage'] })
    .input(Nothing)
    .output(PriceList),
  setPrices: call
    .route({ method: 'PUT', path: '/usage/prices', summary: 'Set prices from a moment on', tags: ['usage'] })
    .input(SetPricesInput)
    .output(PriceList),
  budgets: call
    .route({ method: 'GET', path: '/usage/budgets', summary: 'Budgets, and how far they are used', tags: ['usage'] })
    .input(Nothing)
    .output(z.array(BudgetStatus)),
  setBudget: call
    .route({ method: 'PUT', path: '/usage/budgets', summary: 'Set the budget of a machine or pool', tags: ['usage'] })
    .input(SetBudgetInput)
    .output(BudgetStatus),
  removeBudget: call
    .route({ method: 'DELETE', path: '/usage/budgets/{id}', summary: 'Forget a budget', tags: ['usage'] })
    .input(z.object({ id: BudgetId }))
    .output(Nothing),
  advise: call
    .route({
      method: 'GET',
      path: '/usage/advice',
      summary: 'What machines hold and never use, and how many more would fit',
      tags: ['usage'],
    })
    .input(
      z.object({
        memoryMiB: z.coerce.number().int().min(4).max(2_097_152).default(1024),
        processors: z.coerce.number().int().min(1).max(64).default(1),
        storageGiB: z.coerce.number().min(0).max(65_536).default(10),
      }),
    )
    .output(UsageAdvice),
};
