import { formatMoney, type PriceList, plainMoney } from '../../../shared/model/price.ts';
import type { UsageAdvice } from '../../../shared/model/usage-advice.ts';
import type { BudgetStatus } from '../../../shared/model/usage-budget.ts';
import {
  hoursRunning,
  processorHours,
  promisedGiBHours,
  storageGiBMonths,
  usedGiBHours,
} from '../../../shared/model/usage-quantities.ts';
import type { ReportLine, UsageReport } from '../../../shared/model/usage-report.ts';
import { formatBytes } from '../../../shared/units.ts';
import { fields, table } from '../command-parts/print.ts';

/** Three digits that say something, so that seconds of a new machine show beside months of an old one. */
function amount(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

const HEADERS: Record<UsageReport['by'], string> = { machine: 'MACHINE', pool: 'POOL', day: 'DAY', month: 'MONTH' };

function row({ name, isGone, usage, energyKWhEstimate, costMicros }: ReportLine, currency: string): string[] {
  return [
    isGone ? `${name} (removed)` : name,
    amount(hoursRunning(usage)),
    amount(processorHours(usage)),
    amount(promisedGiBHours(usage)),
    amount(usedGiBHours(usage)),
    amount(storageGiBMonths(usage)),
    formatBytes(usage.networkInBytes),
    formatBytes(usage.networkOutBytes),
    `~${amount(energyKWhEstimate * 1000)}`,
    formatMoney(costMicros, currency),
  ];
}

/** `inn usage`: a line for each machine, pool, day or month, and the total. */
export function reportLines({ from, to, by, lines, total, currency }: UsageReport): string[] {
  const span = `From ${new Date(from).toLocaleString()} to ${new Date(to).toLocaleString()}`;
  if (lines.length === 0) return [`${span}: nothing was used.`];
  const columns = [
    'RUN h',
    'CPU h',
    'RAM GiB·h',
    'USED GiB·h',
    'DISK GiB·mo',
    'NET IN',
    'NET OUT',
    'ENERGY Wh',
    'COST',
  ];
  const rows = [...lines, ...(lines.length > 1 ? [total] : [])].map((line) => row(line, currency));
  return [span, '', ...table([HEADERS[by], ...columns], rows), '', 'Energy (~) is an estimate.'];
}

export function priceLines({ periods }: PriceList): string[] {
  return periods.flatMap(({ from, prices }, index) => [
    ...(index > 0 ? [''] : []),
    from === null ? 'Since ever:' : `From ${new Date(from).toLocaleString()}:`,
    ...fields([
      ['Currency', prices.currency],
      ['Processor, per hour', plainMoney(prices.processorHourMicros)],
      ['Memory promised, per GiB and hour', plainMoney(prices.promisedGiBHourMicros)],
      ['Memory used, per GiB and hour', plainMoney(prices.usedGiBHourMicros)],
      ['Disk, per GiB and month (730 h)', plainMoney(prices.storageGiBMonthMicros)],
      ['Network, per GiB', plainMoney(prices.networkGiBMicros)],
      ['Energy, per kWh (estimate)', plainMoney(prices.energyKWhMicros)],
      ['Watts of a busy processor', String(prices.wattsPerProcessor)],
    ]).map((line) => `  ${line}`),
  ]);
}

export function budgetLines(budgets: BudgetStatus[]): string[] {
  if (budgets.length === 0) return ['No budgets yet. See `inn budget set --help`.'];
  return table(
    ['OF', 'KIND', 'BUDGET', 'SPENT', 'USED', 'FORECAST', 'AT LIMIT', 'ID'],
    budgets.map(({ budget, name, currency, spentMicros, percent, forecastMicros, level }) => [
      name,
      budget.subject,
      formatMoney(budget.amountMicros, currency),
      formatMoney(spentMicros, currency),
      `${percent.toFixed(0)} %${level === 'ok' ? '' : ` (${level})`}`,
      formatMoney(forecastMicros, currency),
      budget.savesAtLimit ? 'saves' : 'tells',
      budget.id,
    ]),
  );
}

export function adviceLines({ advice, wasted, fits }: UsageAdvice): string[] {
  const { kind, count, limitedBy } = fits;
  const room = `${count} more of ${formatBytes(kind.memoryMiB * 1024 ** 2)}, ${kind.processors} CPU, ${kind.storageGiB} GiB disk would fit now (limited by ${limitedBy}).`;
  if (advice.length === 0) return ['No advice: nothing is wasted, or too little was seen so far.', room];
  const lines = advice.flatMap(({ message, evidence, confidence, change, blockedBy }) => [
    `• ${message}`,
    `    ${evidence.hoursObserved.toFixed(0)} hours watched, confidence ${confidence}. ${evidence.source}`,
    ...(change ? [`    ${blockedBy ?? 'Apply it with `inn set`, or with one click in the window.'}`] : []),
  ]);
  const sum = `In sum ${formatBytes(wasted.memoryBytes)} of memory, ${wasted.processors} processors and ${formatBytes(wasted.storageBytes)} of disk could be freed.`;
  return [...lines, '', sum, room];
}
