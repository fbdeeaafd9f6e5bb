import type { PriceList } from '../../shared/model/price.ts';
import { addUsage, NO_USAGE, type UsageQuantities } from '../../shared/model/usage-quantities.ts';
import type { ReportGrouping, ReportLine, UsageReport } from '../../shared/model/usage-report.ts';
import type { UsageScope, UsageTable, UsageTotal } from '../db/usage-table.ts';
import { calendarSpans, ceilHour, floorHour } from './calendar.ts';
import {
  addCosts,
  type Cost,
  costOf,
  ENERGY_FORMULA,
  energyOf,
  type PricedUsage,
  priceSpans,
  totalOf,
} from './pricing.ts';
import { MACHINES_SUBJECT, TIER_MS } from './usage-record.ts';

export interface StatementRequest {
  fromMs: number;
  toMs: number;
  by: ReportGrouping;
  prices: PriceList;
  /** Name of a machine or pool, the last one when it is gone. */
  nameOf(kind: 'machine' | 'pool', id: string): { name: string; isGone: boolean };
  scope?: UsageScope;
}

type Totals = Pick<UsageTable, 'totals'>;

/** What was used and what it costs. The range is widened to whole hours, and rows are read by the largest that fit. */
export function makeStatement(table: Totals, request: StatementRequest): UsageReport {
  const { by, prices } = request;
  const isSpan = by === 'day' || by === 'month';
  const scope = request.scope ?? (isSpan ? { subjectId: MACHINES_SUBJECT } : 'machines');
  const [fromMs, toMs] = [floorHour(request.fromMs), ceilHour(request.toMs)];
  const groups = new Map<string, PricedUsage[]>();
  for (const { key, from, to } of groupSpans(by, fromMs, toMs)) {
    for (const span of priceSpans(prices, from, to)) {
      const totals = totalsOver(table, scope, ceilHour(span.fromMs), ceilHour(span.toMs));
      const sums = sumBy(totals, (total) => key ?? (by === 'pool' ? total.poolId : total.subjectId));
      for (const [group, usage] of sums) {
        groups.set(group, [...(groups.get(group) ?? []), { usage, prices: span.prices }]);
      }
    }
  }
  const lines = [...groups].map(([key, parts]) => makeLine(request, key, parts));
  const latest = priceSpans(prices, fromMs, Math.max(toMs, fromMs + 1)).at(-1);
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    by,
    currency: latest?.prices.currency ?? '',
    lines: isSpan ? lines : lines.sort((a, b) => b.costMicros - a.costMicros || byName(a, b)),
    total: sumLines(lines),
    energyFormula: ENERGY_FORMULA,
  };
}

/** Added up before they are priced: whole numbers add up exactly, and quickly. */
function sumBy(totals: UsageTotal[], keyOf: (total: UsageTotal) => string): Map<string, UsageQuantities> {
  const sums = new Map<string, UsageQuantities>();
  for (const total of totals) {
    const before = sums.get(keyOf(total));
    sums.set(keyOf(total), before ? addUsage(before, total.usage) : total.usage);
  }
  return sums;
}

const byName = (a: ReportLine, b: ReportLine): number => a.name.localeCompare(b.name);

/** Machines and pools are told apart by their rows, days and months by their spans of time. */
function groupSpans(by: ReportGrouping, fromMs: number, toMs: number): { key?: string; from: number; to: number }[] {
  if (by === 'machine' || by === 'pool') return [{ from: fromMs, to: toMs }];
  return calendarSpans(by, fromMs, toMs).map(({ key, fromMs: from, toMs: to }) => ({ key, from, to }));
}

/** Rows of whole days where there are any, and of hours at the ends. Both ends are beginnings of hours. */
export function totalsOver(table: Totals, scope: UsageScope, fromMs: number, toMs: number): UsageTotal[] {
  const firstDay = Math.ceil(fromMs / TIER_MS.day) * TIER_MS.day;
  const lastDay = Math.floor(toMs / TIER_MS.day) * TIER_MS.day;
  if (firstDay >= lastDay) return table.totals('hour', scope, fromMs, toMs);
  return [
    ...(fromMs < firstDay ? table.totals('hour', scope, fromMs, firstDay) : []),
    ...table.totals('day', scope, firstDay, lastDay),
    ...(lastDay < toMs ? table.totals('hour', scope, lastDay, toMs) : []),
  ];
}

function makeLine({ by, nameOf }: StatementRequest, key: string, parts: PricedUsage[]): ReportLine {
  const cost = costOf(parts);
  const isSpan = by === 'day' || by === 'month';
  const { name, isGone } = isSpan ? { name: key, isGone: false } : nameOf(by, key);
  return {
    ...{ key: key === '' ? null : key, name, isGone },
    usage: parts.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE),
    energyKWhEstimate: energyOf(parts),
    cost,
    costMicros: totalOf(cost),
  };
}

/** Of the lines as they are printed, so that a statement adds up. */
function sumLines(lines: ReportLine[]): ReportLine {
  const cost = lines.reduce((sum, line) => addCosts(sum, line.cost as Cost), costOf([]));
  return {
    ...{ key: null, name: 'Total', isGone: false },
    usage: lines.reduce((sum, line) => addUsage(sum, line.usage), NO_USAGE),
    energyKWhEstimate: lines.reduce((sum, line) => sum + line.energyKWhEstimate, 0),
    cost,
    costMicros: totalOf(cost),
  };
}
