import type { ScheduleEntry } from '../../shared/model/resources.ts';

/** An entry matches within a week, or on the day of its weekday after the present one has passed. */
const DAYS_AHEAD = 8;

/**
 * The first time after `after` that the entry names, in the host's local time; undefined for an entry that names no time.
 * Once a day at most, also when clocks change: a time that a spring night leaves out comes as much later as the night is
 * shorter (02:30 becomes 03:30), and of one that an autumn night has twice the first counts (ECMA-262 §21.4.1.26).
 */
export function nextOccurrence(entry: ScheduleEntry, after: Date): Date | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = entry.time.split(':').map(Number);
  for (let days = 0; days <= DAYS_AHEAD; days += 1) {
    const date = after.getDate() + days;
    // Noon exists on every day, so that the weekday is that of the calendar.
    const weekday = new Date(after.getFullYear(), after.getMonth(), date, 12).getDay();
    const at = new Date(after.getFullYear(), after.getMonth(), date, hours, minutes);
    const isItsDay = entry.days.length === 0 || entry.days.includes(weekday);
    if (isItsDay && at.getTime() > after.getTime()) return at;
  }
  return undefined;
}

/** A machine's calendar and its next time, for a machine with entries. */
export function nextEntry(
  schedule: readonly ScheduleEntry[],
  after: Date,
): { entry: ScheduleEntry; at: Date } | undefined {
  const coming = schedule.flatMap((entry) => {
    const at = nextOccurrence(entry, after);
    return at ? [{ entry, at }] : [];
  });
  return coming.sort((a, b) => a.at.getTime() - b.at.getTime())[0];
}

/** The entries whose time has come after `from` and not after `to`, in the order of their times. */
export function dueEntries(schedule: readonly ScheduleEntry[], from: Date, to: Date): ScheduleEntry[] {
  return schedule
    .flatMap((entry) => {
      const at = nextOccurrence(entry, from);
      return at && at.getTime() <= to.getTime() ? [{ entry, atMs: at.getTime() }] : [];
    })
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ entry }) => entry);
}
