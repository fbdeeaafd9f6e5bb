import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Activity,
  type IdleReading,
  type IdleStep,
  idleDecision,
  noteReading,
} from '../../src/main/hypervisor/idle.ts';

const CALM: Omit<IdleReading, 'atMs'> = { processorUse: 0.02, networkBytesPerSecond: 100, isAttended: false };
const START: Activity = { isBusy: true, lastUsedAtMs: 0 };
const play = (readings: Partial<IdleReading>[], from = START) =>
  readings.reduce(
    (activity, reading, index) => noteReading(activity, { ...CALM, atMs: (index + 1) * 1000, ...reading }),
    from,
  );

describe('activity', () => {
  it('ends with the last use: of the processor, of the network, or by a person', () => {
    expect(play([{}, {}])).toEqual({ isBusy: false, lastUsedAtMs: 0 });
    expect(play([{ processorUse: 0.9 }, {}, {}])).toEqual({ isBusy: false, lastUsedAtMs: 1000 });
    expect(play([{ networkBytesPerSecond: 1e6 }, {}])).toEqual({ isBusy: false, lastUsedAtMs: 1000 });
    expect(play([{}, { isAttended: true }])).toEqual({ isBusy: true, lastUsedAtMs: 2000 });
  });

  it('does not waver between the two thresholds: it stays what it was', () => {
    const between = { processorUse: 0.2 };
    expect(play([{ processorUse: 0.9 }, between, between])).toEqual({ isBusy: true, lastUsedAtMs: 3000 });
    expect(play([{}, between, between])).toEqual({ isBusy: false, lastUsedAtMs: 0 });
  });

  it('never forgets a later use for an earlier one', () => {
    const reading = fc.record({
      processorUse: fc.double({ min: 0, max: 2, noNaN: true }),
      networkBytesPerSecond: fc.integer({ min: 0, max: 100_000 }),
      isAttended: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1 }), reading, (before, next) => {
        const [earlier, later] = [play(before), play([...before, next])];
        expect(later.lastUsedAtMs).toBeGreaterThanOrEqual(earlier.lastUsedAtMs);
        if (later.isBusy) expect(later.lastUsedAtMs).toBe((before.length + 1) * 1000);
      }),
    );
  });
});

describe('the idle policy', () => {
  const all = { balloon: true, pause: true, save: true };
  const policy = { balloonAfterMinutes: 1, pauseAfterMinutes: 5, saveAfterMinutes: 15 };
  const decide = (minutes: number, reached: IdleStep | null = null, can = all) =>
    idleDecision({ policy, idleMs: minutes * 60_000, reached, can });

  it('goes step by step, each once', () => {
    expect([0.9, 1, 5, 15].map((minutes) => decide(minutes))).toEqual([null, 'balloon', 'pause', 'save']);
    expect(decide(2, 'balloon')).toBeNull();
    expect(decide(5, 'balloon')).toBe('pause');
    expect(decide(20, 'save')).toBeNull();
  });

  it('passes over what cannot be done, and does the rest', () => {
    expect(decide(2, null, { ...all, balloon: false })).toBeNull();
    expect(decide(6, null, { ...all, pause: false })).toBe('balloon');
    expect(decide(20, 'pause', { ...all, save: false })).toBeNull();
  });

  it('never goes back, and does nothing before its time', () => {
    const minutes = fc.option(fc.double({ min: 0.05, max: 1000, noNaN: true }));
    const situation = fc.record({
      policy: fc.record({ balloonAfterMinutes: minutes, pauseAfterMinutes: minutes, saveAfterMinutes: minutes }),
      idleMs: fc.integer({ min: 0, max: 1e8 }),
      reached: fc.constantFrom<IdleStep | null>(null, 'balloon', 'pause', 'save'),
      can: fc.record({ balloon: fc.boolean(), pause: fc.boolean(), save: fc.boolean() }),
    });
    const order = ['balloon', 'pause', 'save'];
    fc.assert(
      fc.property(situation, (given) => {
        const step = idleDecision(given);
        if (step === null) return;
        expect(given.can[step]).toBe(true);
        expect(order.indexOf(step)).toBeGreaterThan(given.reached === null ? -1 : order.indexOf(given.reached));
        const after = given.policy[`${step}AfterMinutes`];
        expect(given.idleMs).toBeGreaterThanOrEqual((after ?? Number.POSITIVE_INFINITY) * 60_000);
      }),
    );
  });
});
