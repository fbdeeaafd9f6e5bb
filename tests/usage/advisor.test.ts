import { describe, expect, it } from 'vitest';
import { type AdvisedMachine, advise } from '../../src/main/usage/advisor.ts';
import { chooseResolution } from '../../src/main/usage/history.ts';
import { TIER_MS } from '../../src/main/usage/usage-record.ts';
import { NO_USAGE } from '../../src/shared/model/usage-quantities.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { WEB } from './a-reading.ts';

const NOW_MS = Date.parse('2026-03-10T12:00:00Z');
const HOST = { memoryAvailableBytes: 10 * GIB, processorsFree: 3.5, storageFreeBytes: 100 * GIB };
const KIND = { memoryMiB: 1024, processors: 1, storageGiB: 10 };

const hour = (index: number, peaks: Partial<AdvisedMachine['hours'][number]['peaks']> = {}, busy = 0.5) => ({
  startMs: NOW_MS - (100 - index) * TIER_MS.hour,
  usage: { ...NO_USAGE, runningMs: TIER_MS.hour, processorMicros: Math.round(busy * 3.6e9) },
  peaks: { processorMilli: 700, memoryBytes: 3 * GIB, guestBytes: 0, ...peaks },
});
const hours = (count: number, ...rest: [Parameters<typeof hour>[1]?, number?]) =>
  Array.from({ length: count }, (_, index) => hour(index, ...rest));

const machine = (changes: Partial<AdvisedMachine> = {}): AdvisedMachine => ({
  ...{ id: WEB, name: 'web', memoryMiB: 8192, processors: { count: 1, capPercent: 100 }, isRunning: true },
  ...{ createdAtMs: 0, storageBytes: 0, snapshots: 0, blockedBy: null, hours: hours(30) },
  ...changes,
});
const of = (changes: Partial<AdvisedMachine>) => advise([machine(changes)], HOST, KIND, NOW_MS).advice;

describe('the advisor', () => {
  it('says how much memory would do, with headroom, and the change that makes it so', () => {
    const [advice] = of({ hours: hours(30, { guestBytes: 1.4 * GIB }) });
    expect(advice).toMatchObject({ kind: 'memoryTooLarge', change: { memoryMiB: 1792 }, confidence: 'medium' });
    expect(advice?.message).toBe("'web' was given 8 GiB and never used more than 1.4 GiB: 1.75 GiB would do.");
    expect(advice?.saves.memoryBytes).toBe((8192 - 1792) * MIB);
  });

  it('never advises less than was ever used', () => {
    for (const guestBytes of [GIB, 3 * GIB, 5 * GIB, 7 * GIB]) {
      const change = of({ hours: [...hours(40, { guestBytes: GIB }), hour(41, { guestBytes })] })[0]?.change;
      expect((change?.memoryMiB ?? 8192) * MIB).toBeGreaterThanOrEqual(guestBytes);
    }
  });

  it('keeps silent until enough hours were seen', () => {
    expect(of({ hours: hours(3, { guestBytes: GIB }) })).toEqual([]);
  });

  it('goes by the process where the guest tells nothing, and says so', () => {
    const [advice] = of({});
    expect(advice?.change).toEqual({ memoryMiB: 3840 });
    expect(advice?.evidence.source).toContain('process');
  });

  it('tells why a change has to wait', () => {
    expect(of({ blockedBy: 'It is on.' })[0]?.blockedBy).toBe('It is on.');
  });

  it('finds processors that are never used, and machines that nobody uses', () => {
    expect(of({ memoryMiB: 3072, processors: { count: 4, capPercent: 50 } })).toMatchObject([
      { kind: 'processorsUnused', change: { processors: { count: 1, capPercent: 50 } }, saves: { processors: 3 } },
    ]);
    const idle = of({ memoryMiB: 3072, hours: [...hours(10), ...hours(30, {}, 0.01)] });
    expect(idle).toMatchObject([{ kind: 'idle', change: null, evidence: { hoursObserved: 30 } }]);
    expect(of({ memoryMiB: 3072, hours: [...hours(30, {}, 0.01), hour(31)] })).toEqual([]);
  });

  it('finds disks of machines that nobody runs', () => {
    const advice = of({ isRunning: false, hours: [], storageBytes: 12 * GIB });
    expect(advice).toMatchObject([{ kind: 'storageIdle', saves: { storageBytes: 12 * GIB } }]);
  });

  it('says how many more would fit, and what is short', () => {
    expect(advise([], HOST, KIND, NOW_MS).fits).toMatchObject({ count: 3, limitedBy: 'processors' });
    const large = { ...KIND, memoryMiB: 8192 };
    expect(advise([], HOST, large, NOW_MS).fits).toMatchObject({ count: 1, limitedBy: 'memory' });
  });
});

describe('the resolution of history', () => {
  const choose = (lengthMs: number, points = 300) =>
    chooseResolution({ fromMs: NOW_MS - lengthMs, toMs: NOW_MS, points, nowMs: NOW_MS });

  it('is as fine as the points allow, and no finer than what is kept', () => {
    expect(choose(TIER_MS.hour)).toEqual({ tier: 'minute', bucketMs: 60_000 });
    expect(choose(TIER_MS.day)).toEqual({ tier: 'minute', bucketMs: 300_000 });
    expect(choose(7 * TIER_MS.day)).toEqual({ tier: 'hour', bucketMs: TIER_MS.hour });
    expect(choose(365 * TIER_MS.day)).toEqual({ tier: 'day', bucketMs: 2 * TIER_MS.day });
    expect(choose(3000 * TIER_MS.day).tier).toBe('day');
  });

  it('never gives more points than were asked for', () => {
    for (const length of [1, 60_000, 7e6, 9e7, 8e8, 4e10]) {
      for (const points of [2, 10, 333]) {
        const { bucketMs } = choose(length, points);
        expect(Math.floor(NOW_MS / bucketMs) - Math.floor((NOW_MS - length) / bucketMs)).toBeLessThanOrEqual(points);
      }
    }
  });
});
