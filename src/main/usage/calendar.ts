import { TIER_MS } from './usage-record.ts';

/** A span of the host's own calendar. */
export interface CalendarSpan {
  /** `2026-11-22` or `2026-11`. */
  key: string;
  fromMs: number;
  toMs: number;
}

export const floorHour = (ms: number): number => Math.floor(ms / TIER_MS.hour) * TIER_MS.hour;
export const ceilHour = (ms: number): number => Math.ceil(ms / TIER_MS.hour) * TIER_MS.hour;

const two = (number: number): string => String(number).padStart(2, '0');

/** Beginning of the month on the host's clock. */
export function startOfMonth(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime();
}

export function startOfNextMonth(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
}

/** A moment as a query names it: a day alone is its beginning on the host's clock. */
export function parseMoment(text: string): number {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return day ? new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3])).getTime() : Date.parse(text);
}

/** The days or months of the host's calendar that the range touches, cut to it. */
export function calendarSpans(unit: 'day' | 'month', fromMs: number, toMs: number): CalendarSpan[] {
  const spans: CalendarSpan[] = [];
  for (let startMs = fromMs; startMs < toMs; ) {
    const date = new Date(startMs);
    const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
    const next = unit === 'day' ? new Date(year, month, day + 1) : new Date(year, month + 1, 1);
    // Rows are of whole hours: where a zone is off by half an hour, midnight's hour counts to the day before.
    const endMs = Math.min(toMs, Math.max(ceilHour(next.getTime()), startMs + TIER_MS.hour));
    const key = `${year}-${two(month + 1)}${unit === 'day' ? `-${two(day)}` : ''}`;
    spans.push({ key, fromMs: startMs, toMs: endMs });
    startMs = endMs;
  }
  return spans;
}
