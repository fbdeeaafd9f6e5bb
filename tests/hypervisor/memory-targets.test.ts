import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PoolClaims } from '../../src/main/hypervisor/claim-tree.ts';
import {
  type BalloonMachine,
  floorOf,
  type HostMemory,
  type MemoryBudget,
  planMemory,
} from '../../src/main/hypervisor/memory-targets.ts';

const HOST: HostMemory = { totalMiB: 16_384, availableMiB: 4000, reservedMiB: 1600 };

function machine(id: string, rest: Partial<BalloonMachine> = {}): BalloonMachine {
  return {
    id,
    poolId: null,
    processor: { reservation: 0, limit: null, shares: 'normal' },
    memory: { reservationMiB: 0, limitMiB: null, shares: 'normal' },
    promisedMiB: 2048,
    balloonMiB: 2048,
    guestUsedMiB: 400,
    ...rest,
  };
}

const targetsOf = (machines: BalloonMachine[], host: HostMemory, before: MemoryBudget = null) =>
  Object.fromEntries(planMemory(machines, [], host, before).targets);

describe('balloon targets', () => {
  it('leave everybody alone while the host has enough', () => {
    const plan = planMemory([machine('a'), machine('b')], [], HOST, null);
    expect(plan).toMatchObject({ budget: null, isUnderPressure: false });
    expect(Object.fromEntries(plan.targets)).toEqual({ a: 2048, b: 2048 });
  });

  it('take what the host lacks, by shares', () => {
    const machines = [machine('high', { memory: { reservationMiB: 0, limitMiB: null, shares: 'high' } }), machine('b')];
    // 600 MiB are lacking of 4096: the one with half the shares has more than half of what is left, and gives it all.
    expect(targetsOf(machines, { ...HOST, availableMiB: 1000 })).toEqual({ high: 2048, b: 1448 });
  });

  it('never take below a reservation, nor below what the guest uses and a margin', () => {
    const reserved = { reservationMiB: 1800, limitMiB: null, shares: 'normal' } as const;
    const machines = [machine('a', { memory: reserved }), machine('busy', { guestUsedMiB: 1500 }), machine('c')];
    expect(targetsOf(machines, { ...HOST, availableMiB: 0 })).toEqual({ a: 1800, busy: 1725, c: 1019 });
    expect(targetsOf(machines, { ...HOST, availableMiB: 0, reservedMiB: 9000 })).toEqual({
      a: 1800,
      busy: 1725,
      c: 460,
    });
  });

  it('take nothing from a guest that does not tell what it uses, and nothing without a balloon', () => {
    const machines = [machine('silent', { guestUsedMiB: null }), machine('bare', { balloonMiB: null }), machine('c')];
    expect(targetsOf(machines, { ...HOST, availableMiB: 1000 })).toEqual({ silent: 2048, c: 1448 });
  });

  it('hold a limit without any pressure', () => {
    const limited = machine('a', { memory: { reservationMiB: 0, limitMiB: 1024, shares: 'normal' } });
    expect(targetsOf([limited], HOST)).toEqual({ a: 1024 });
  });

  it('stay between the reserve and relief, then give back step by step until all is back', () => {
    const squeezed = machine('a', { balloonMiB: 1000 });
    expect(targetsOf([squeezed], { ...HOST, availableMiB: 2000 }, 1000)).toEqual({ a: 1000 });
    const step = planMemory([squeezed], [], { ...HOST, availableMiB: 3000 }, 1000);
    expect(step.targets.get('a')).toBeGreaterThan(1000);
    expect(step.targets.get('a')).toBeLessThan(2048);
    expect(planMemory([squeezed], [], { ...HOST, availableMiB: 9000 }, 1000).budget).toBeNull();
  });

  it('ask for no more when guests have not yet given what they were asked for', () => {
    const host = { ...HOST, availableMiB: 1000 };
    const first = planMemory([machine('a'), machine('b')], [], host, null);
    const second = planMemory([machine('a'), machine('b')], [], host, first.budget);
    expect(second.targets).toEqual(first.targets);
  });

  it('for any machines: never below the floor, never above the promise', () => {
    const mib = (max: number) => fc.integer({ min: 1, max });
    const any = fc.record({
      promisedMiB: mib(8192),
      balloon: fc.option(mib(8192)),
      used: fc.option(mib(8192)),
      reservationMiB: fc.integer({ min: 0, max: 8192 }),
      limitMiB: fc.option(mib(8192)),
      shares: mib(100_000),
      inPool: fc.boolean(),
    });
    const pool: PoolClaims = {
      id: 'pool',
      parentId: null,
      processor: machine('').processor,
      memory: { reservationMiB: 0, limitMiB: 4096, shares: 'normal' },
    };
    fc.assert(
      fc.property(
        fc.array(any, { maxLength: 12 }),
        mib(16_384),
        fc.option(mib(32_768)),
        (drawn, availableMiB, before) => {
          const machines = drawn.map(
            ({ promisedMiB, balloon, used, reservationMiB, limitMiB, shares, inPool }, index) =>
              machine(String(index), {
                promisedMiB,
                balloonMiB: balloon === null ? null : Math.min(balloon, promisedMiB),
                guestUsedMiB: used,
                memory: { reservationMiB, limitMiB, shares },
                poolId: (inPool ? 'pool' : null) as BalloonMachine['poolId'],
              }),
          );
          const { targets } = planMemory(machines, [pool], { ...HOST, availableMiB }, before);
          for (const each of machines) {
            const target = targets.get(each.id);
            if (each.balloonMiB === null) expect(target).toBeUndefined();
            else {
              expect(target).toBeLessThanOrEqual(each.promisedMiB);
              const isKept = target === each.balloonMiB;
              expect(isKept || (target ?? 0) >= floorOf(each)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
