const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Older than this, the date says more than the number of days (field guide §2.9). */
const LONGEST_AGE_MS = 30 * DAY_MS;

/** `just now`, `5 minutes ago`, `1 hour ago`, `12 days ago`, and beyond 30 days the date and time. */
export function ageWords(takenAt: string, nowMs: number): string {
  const taken = new Date(takenAt);
  const ageMs = Math.max(0, nowMs - taken.getTime());
  if (ageMs < MINUTE_MS) return 'just now';
  if (ageMs < HOUR_MS) return ago(ageMs / MINUTE_MS, 'minute');
  if (ageMs < DAY_MS) return ago(ageMs / HOUR_MS, 'hour');
  if (ageMs <= LONGEST_AGE_MS) return ago(ageMs / DAY_MS, 'day');
  return taken.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

function ago(count: number, unit: string): string {
  const whole = Math.floor(count);
  return `${whole} ${unit}${whole === 1 ? '' : 's'} ago`;
}

/** How long the words for the youngest of these moments stay true, about: 5 s, a minute, or an hour. */
export function refreshDelayMs(takenAt: readonly string[], nowMs: number): number {
  const youngestMs = Math.min(...takenAt.map((each) => nowMs - Date.parse(each)));
  if (youngestMs < MINUTE_MS) return 5000;
  return youngestMs < HOUR_MS ? MINUTE_MS : HOUR_MS;
}
