import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargeSession, chargeStorage } from '../../src/main/usage/charge.ts';
import { spread } from '../../src/main/usage/spread.ts';
import { addUsage, NO_USAGE, type UsageQuantities } from '../../src/shared/model/usage-quantities.ts';
import { MIB } from '../../src/shared/units.ts';
import { guestUsage, WEB } from './a-reading.ts';

const quantity = fc.nat({ max: 2 ** 50 });
const usages: fc.Arbitrary<UsageQuantities> = fc.record({
  runningMs: quantity,
  processorMicros: quantity,
  memoryPromisedMiBSeconds: quantity,
  memoryUsedMiBSeconds: quantity,
  storageMiBSeconds: quantity,
  diskReadBytes: quantity,
  diskWriteBytes: quantity,
  networkInBytes: quantity,
  networkOutBytes: quantity,
});

describe('spreading use over time', () => {
  const spans = fc.tuple(fc.nat(10 ** 9), fc.nat(10 ** 9), fc.constantFrom(1000, 60_000, 3_600_000));

  it('loses and adds nothing, whatever the span', () => {
    fc.assert(
      fc.property(usages, spans, (usage, [from, length, bucketMs]) => {
        fc.pre(length / bucketMs < 3000);
        const pieces = spread(usage, from, from + length, bucketMs);
        expect(pieces.map((piece) => piece.usage).reduce(addUsage)).toEqual(usage);
      }),
      { numRuns: 200 },
    );
  });

  it('puts each piece into a bucket of its own that the span touches', () => {
    expect(spread({ ...NO_USAGE, runningMs: 120_000 }, 30_000, 150_000, 60_000)).toEqual([
      { startMs: 0, usage: { ...NO_USAGE, runningMs: 30_000 } },
      { startMs: 60_000, usage: { ...NO_USAGE, runningMs: 60_000 } },
      { startMs: 120_000, usage: { ...NO_USAGE, runningMs: 30_000 } },
    ]);
  });

  it('keeps what took no time, and what a clock that was set back has left', () => {
    const usage = { ...NO_USAGE, processorMicros: 7 };
    expect(spread(usage, 60_000, 60_000, 60_000)).toEqual([{ startMs: 60_000, usage }]);
    expect(spread(usage, 500_000, 60_000, 60_000)).toEqual([{ startMs: 60_000, usage }]);
  });
});

const ACCOUNT = {
  ...{ machineId: WEB, session: 'a', atMs: 0, startedAtMs: 0, runtimeFolder: '/nowhere', pid: 1 },
  ...{ processorMicros: 0, diskReadBytes: 0, diskWriteBytes: 0, networkInBytes: 0, networkOutBytes: 0 },
  ...{ promisedBytes: 0, usedBytes: 0, promisedCarry: 0, usedCarry: 0 },
};

describe('charging', () => {
  it('gives the same totals however time is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 99_999 }), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 2 ** 40 }), (moments, bytes) => {
        const usageAt = (ms: number) =>
          guestUsage({
            guestMemoryBytes: bytes,
            residentBytes: bytes,
            processorSeconds: ms / 2000,
            networkInBytes: ms,
          });
        let account = ACCOUNT;
        let total = NO_USAGE;
        for (const ms of [...moments.toSorted((a, b) => a - b), 100_000]) {
          const charged = chargeSession(account, usageAt(ms), ms);
          account = charged.account;
          total = addUsage(total, charged.usage);
        }
        expect(total).toEqual(chargeSession(ACCOUNT, usageAt(100_000), 100_000).usage);
        expect(total.memoryPromisedMiBSeconds).toBe(Math.floor((bytes * 100) / MIB));
      }),
    );
  });

  it('counts nothing twice when a counter goes back, as that of disks does when one is taken away', () => {
    const at = (ms: number, diskReadBytes: number) => [guestUsage({ diskReadBytes }), ms] as const;
    const first = chargeSession(ACCOUNT, ...at(1000, 500));
    const second = chargeSession(first.account, ...at(2000, 200));
    const third = chargeSession(second.account, ...at(3000, 260));
    expect([first, second, third].map(({ usage }) => usage.diskReadBytes)).toEqual([500, 0, 60]);
  });

  it('charges a folder by its size before, until it is measured again', () => {
    const first = chargeStorage({ machineId: WEB, atMs: 0, bytes: 10 * MIB, carry: 0 }, 50 * MIB, 60_000);
    expect(first.usage.storageMiBSeconds).toBe(600);
    expect(chargeStorage(first.account, 0, 61_000).usage.storageMiBSeconds).toBe(50);
  });
});
