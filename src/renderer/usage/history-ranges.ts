const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface Range {
  label: string;
  lengthMs: number;
  /** How often the chart is drawn anew. */
  everyMs: number;
  /** Its axis tells days, not hours. */
  isLong: boolean;
}

export const RANGES = {
  '10m': { label: '10 min', lengthMs: 10 * MINUTE_MS, everyMs: 2000, isLong: false },
  '1h': { label: 'Hour', lengthMs: HOUR_MS, everyMs: 15_000, isLong: false },
  '1d': { label: 'Day', lengthMs: DAY_MS, everyMs: MINUTE_MS, isLong: false },
  '7d': { label: 'Week', lengthMs: 7 * DAY_MS, everyMs: 5 * MINUTE_MS, isLong: true },
  '30d': { label: 'Month', lengthMs: 30 * DAY_MS, everyMs: 5 * MINUTE_MS, isLong: true },
  '1y': { label: 'Year', lengthMs: 365 * DAY_MS, everyMs: 5 * MINUTE_MS, isLong: true },
} as const satisfies Record<string, Range>;
export type RangeId = keyof typeof RANGES;

/** The range that ends now. */
export function historyRange(id: RangeId, now: Date): { from: string; to: string } {
  return { from: new Date(now.getTime() - RANGES[id].lengthMs).toISOString(), to: now.toISOString() };
}
