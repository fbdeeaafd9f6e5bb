import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dueEntries, nextEntry, nextOccurrence } from '../../src/main/hypervisor/schedule.ts';
import type { ScheduleEntry } from '../../src/shared/model/resources.ts';

/** Clocks go forward on 29 March 2026 at 02:00, and back on 25 October at 03:00. */
const ZONE = 'Europe/Berlin';
const before = process.env.TZ;
beforeAll(() => {
  process.env.TZ = ZONE;
});
afterAll(() => {
  process.env.TZ = before;
});

const entry = (time: string, days: number[] = [], action: ScheduleEntry['action'] = 'start'): ScheduleEntry => ({
  time,
  days,
  action,
});
const next = (each: ScheduleEntry, after: string) => nextOccurrence(each, new Date(after))?.toISOString();

describe('a calendar', () => {
  it('names the next time on one of its days', () => {
    const weekdays = entry('08:00', [1, 2, 3, 4, 5]);
    expect(next(weekdays, '2026-01-09T05:00:00Z')).toBe('2026-01-09T07:00:00.000Z'); // Friday, before
    expect(next(weekdays, '2026-01-09T07:00:00Z')).toBe('2026-01-12T07:00:00.000Z'); // at that time: it is over
    expect(next(entry('23:59', [0]), '2026-01-11T22:59:00Z')).toBe('2026-01-18T22:59:00.000Z'); // a week later
    expect(next(entry('00:00'), '2026-12-31T12:00:00Z')).toBe('2026-12-31T23:00:00.000Z');
  });

  it('keeps a time that the spring night leaves out, once', () => {
    const night = entry('02:30');
    expect(next(night, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z'); // 03:30 in summer time
    expect(next(night, '2026-03-29T01:30:00Z')).toBe('2026-03-30T00:30:00.000Z');
  });

  it('keeps a time that the autumn night has twice, once', () => {
    const night = entry('02:30');
    expect(next(night, '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next(night, '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('says which entry is next, and which were due in between, in order', () => {
    const schedule = [entry('18:00', [], 'save'), entry('08:00'), entry('12:00', [6])];
    expect(nextEntry(schedule, new Date('2026-01-09T12:00:00Z'))?.entry.action).toBe('save');
    expect(nextEntry([], new Date())).toBeUndefined();
    const due = dueEntries(schedule, new Date('2026-01-09T06:00:00Z'), new Date('2026-01-09T17:00:00Z'));
    expect(due.map(({ time }) => time)).toEqual(['08:00', '18:00']);
  });

  it('is kept once a day at most, however time is cut into pieces', () => {
    const hour = 3_600_000;
    // Ten days in local time, from just before a midnight to just before another; one of them has 25 hours.
    const start = Date.parse('2026-10-19T22:00:00Z') - 1;
    const lengthMs = 241 * hour;
    const cuts = fc.array(fc.integer({ min: 1, max: lengthMs }), { maxLength: 20 });
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    fc.assert(
      fc.property(time, cuts, ([hours, minutes], parts) => {
        const each = entry(`${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`);
        const ends = [...parts, lengthMs].sort((a, b) => a - b).map((ms) => new Date(start + ms));
        let from = new Date(start);
        const times: number[] = [];
        for (const to of ends) {
          for (let at = nextOccurrence(each, from); at && at <= to; at = nextOccurrence(each, at))
            times.push(at.getTime());
          from = to;
        }
        expect(times).toHaveLength(10);
        expect(new Set(times.map((at) => new Date(at).toDateString())).size).toBe(10);
      }),
    );
  });
});
