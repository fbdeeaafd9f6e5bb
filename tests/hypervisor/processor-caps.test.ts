import { describe, expect, it } from 'vitest';
import { nextCap } from '../../src/main/hypervisor/cap-policy.ts';
import { isHostFull, nextScale, nextServed } from '../../src/main/hypervisor/host-contention.ts';
import {
  givableProcessors,
  leastGrowth,
  processorDemand,
  processorNeed,
} from '../../src/main/hypervisor/processor-demand.ts';
import { turnSeconds } from '../../src/shared/cap-rhythm.ts';

describe('the demand of a machine', () => {
  it('is all it could use when it used up what it was allowed', () => {
    expect(processorDemand({ most: 2, used: 0.46, isKeptWaiting: false, allowed: 0.5, turn: 0, growth: 0.05 })).toBe(2);
    expect(processorDemand({ most: 1, used: 0.97, isKeptWaiting: false, allowed: 1, turn: 0, growth: 0.05 })).toBe(1);
  });

  it('is what it used with room to grow, when nothing held it back', () => {
    expect(
      processorDemand({ most: 2, used: 0.4, isKeptWaiting: false, allowed: 2, turn: 0, growth: 0.05 }),
    ).toBeCloseTo(0.55);
    expect(processorDemand({ most: 1, used: 0, isKeptWaiting: false, allowed: 1, turn: 0, growth: 0.05 })).toBeCloseTo(
      0.05,
    );
  });

  it('is all it could use, too, when other programs kept it waiting', () => {
    expect(processorDemand({ most: 1, used: 0.4, isKeptWaiting: true, allowed: 0.6, turn: 0, growth: 0.05 })).toBe(1);
  });

  it('is never more than it could use', () => {
    expect(processorDemand({ most: 0.5, used: 0.44, isKeptWaiting: false, allowed: 0.5, turn: 0, growth: 0.05 })).toBe(
      0.5,
    );
  });

  it('leaves all machines together a tenth of the host to grow by', () => {
    expect([leastGrowth(4, 0), leastGrowth(4, 3), leastGrowth(4, 100)]).toEqual([0.05, 0.05, 0.004]);
  });

  it('is sure without the room to grow', () => {
    expect(processorNeed({ most: 1, used: 0.4, isKeptWaiting: false, allowed: 1, turn: 0 })).toBeCloseTo(0.5);
    expect(processorNeed({ most: 1, used: 0.01, isKeptWaiting: false, allowed: 1, turn: 0 })).toBe(0);
    expect(processorNeed({ most: 1, used: 0.01, isKeptWaiting: false, allowed: 0.01, turn: 0 })).toBe(1);
    expect(processorNeed({ most: 2, used: 0.46, isKeptWaiting: false, allowed: 0.5, turn: 0 })).toBe(2);
  });
});

describe('a busy machine under a cap', () => {
  it.each([0.02, 0.06, 0.12, 0.25, 0.5, 0.75, 0.95])(
    'wants more at each reading, whichever turns it catches (%d)',
    (rate) => {
      const turn = turnSeconds(rate, 1);
      const [runSeconds, holdSeconds] = [turn / (1 - rate), turn / rate];
      const period = runSeconds + holdSeconds;
      /** Processor time up to a moment. */
      const usedAt = (at: number) => Math.floor(at / period) * runSeconds + Math.min(runSeconds, at % period);
      for (let second = 0; second < 50; second += 1) {
        const at = second * 1.0137; // readings drift along the turns
        const used = usedAt(at + 1) - usedAt(at);
        expect(processorNeed({ most: 1, used, isKeptWaiting: false, allowed: rate, turn })).toBe(1);
      }
    },
  );
});

describe('a machine that has little', () => {
  it('is content with a reading that even a missed turn and tick do not explain', () => {
    const reading = { most: 1, isKeptWaiting: false, allowed: 0.06, turn: turnSeconds(0.06, 1) + 0.01 };
    expect(processorNeed({ ...reading, used: 0.04 })).toBe(1);
    expect(processorNeed({ ...reading, used: 0.025 })).toBeLessThan(0.06);
    expect(processorNeed({ ...reading, allowed: 0.01, used: 0 })).toBe(0);
  });
});

describe('what the host can give to machines', () => {
  it('is what is not reserved, while other programs live within the reserve', () => {
    expect(givableProcessors({ processors: 4, reserved: 1, usedByOthers: 0.8 })).toBe(3);
  });

  it('gives way to other programs, down to half', () => {
    expect(givableProcessors({ processors: 4, reserved: 1, usedByOthers: 2 })).toBe(2);
    expect(givableProcessors({ processors: 4, reserved: 1, usedByOthers: 4 })).toBe(1.5);
  });
});

describe('machines on a host that other programs keep busy', () => {
  /** Two that want all they can get, on a host that gives each at most so much: what they end up with. */
  function settle(atMost: number, grants: number[], isFull = true): { scale: number; used: number[] } {
    let scale = 1;
    let used: number[] = [];
    const served: (number | undefined)[] = grants.map(() => undefined);
    for (let second = 0; second < 60; second += 1) {
      const allowed = grants.map((grant) => grant * scale);
      used = allowed.map((each) => Math.min(each, atMost));
      allowed.forEach((each, index) => {
        served[index] = nextServed(served[index], used[index] ?? 0, each);
      });
      scale = nextScale(
        scale,
        isFull,
        served.map((each) => each ?? 1),
      );
    }
    return { scale, used };
  }

  it('keep their shares, though the large one cannot get its whole grant', () => {
    const [large = 0, small = 1] = settle(0.5, [0.75, 0.25]).used;
    expect(large / small).toBeGreaterThan(2.75);
    expect(large).toBeGreaterThan(0.4);
  });

  it('are not held back when they get what they are granted, or the host has room', () => {
    expect(settle(1, [0.75, 0.25]).scale).toBe(1);
    expect(settle(0.5, [0.75, 0.25], false).scale).toBe(1);
    expect(isHostFull(1.9, 2)).toBe(true);
    expect(isHostFull(1.5, 2)).toBe(false);
  });

  it('are given half at least', () => {
    expect(settle(0.01, [0.75]).scale).toBe(0.5);
  });
});

describe('the cap of a machine', () => {
  const base = { count: 2, ownPercent: 100, limit: null, grant: { amount: 0.3 }, need: 0.2, toldPercent: 100 };

  it('is not touched while the machine is content', () => {
    expect(nextCap(base)).toBeUndefined();
  });

  it('is its grant, spread over its processors, when it needs more', () => {
    expect(nextCap({ ...base, grant: { amount: 0.75 }, need: 2 })).toBe(37.5);
  });

  it('holds a limit at all times', () => {
    expect(nextCap({ ...base, limit: 0.5 })).toBe(25);
  });

  it("is never beyond the user's own cap, and exactly that when nothing else holds", () => {
    expect(nextCap({ ...base, ownPercent: 20, grant: { amount: 1 }, need: 2 })).toBe(20);
    expect(nextCap({ ...base, ownPercent: 20, toldPercent: 19.9 })).toBe(20);
  });

  it('is not told again for a trifle', () => {
    expect(nextCap({ ...base, grant: { amount: 0.75 }, need: 2, toldPercent: 38 })).toBeUndefined();
    expect(nextCap({ ...base, grant: { amount: 0.75 }, need: 2, toldPercent: 40 })).toBe(37.5);
  });

  it('is told when nobody knows what the engine was told before', () => {
    expect(nextCap({ ...base, toldPercent: undefined })).toBe(100);
  });

  it('leaves a starving machine one percent, the least an engine takes', () => {
    expect(nextCap({ ...base, grant: { amount: 0.001 }, need: 2 })).toBe(1);
  });
});
