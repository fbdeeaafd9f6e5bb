import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryParts, neededSpan } from '../../src/renderer/admission/memory-parts.ts';
import { availableZones } from '../../src/renderer/hardware-zones.ts';
import type { AdmissionNumbers, AdmissionReport } from '../../src/shared/model/admission.ts';
import { MIB } from '../../src/shared/units.ts';

/** In MiB, as people reckon: 8 GiB, of which 4 are available and 1 is kept; others are promised half of one. */
function numbers(change: Partial<AdmissionNumbers> = {}): AdmissionNumbers {
  const usual = {
    ...{ hostTotalBytes: 8192, availableBytes: 4096, hostReserveBytes: 1024, usedByMachinesBytes: 700 },
    ...{ promisedToOthersBytes: 512, memoryBytes: 3000, engineOverheadBytes: 100, shortBytes: 0 },
    ...change,
  };
  return Object.fromEntries(Object.entries(usual).map(([key, mib]) => [key, mib * MIB])) as typeof usual;
}

const mibOf = (given: AdmissionNumbers) =>
  Object.fromEntries(memoryParts(given).map(({ key, bytes }) => [key, bytes / MIB]));

describe('the picture of a refused start', () => {
  it('shows who has the memory of the host', () => {
    expect(mibOf(numbers())).toEqual({ others: 3396, machines: 700, promised: 512, reserve: 1024, free: 2560 });
  });

  it('draws the needed memory from where the free begins: what fits, and what lacks', () => {
    const { start, fits, lacks, scale } = neededSpan(numbers());
    expect([start, fits, lacks, scale].map((bytes) => bytes / MIB)).toEqual([5632, 2560, 540, 8732]);
  });

  it('adds up to the whole host and has no part below nothing, whatever the numbers', () => {
    const mib = fc.integer({ min: 0, max: 16_384 });
    const any = fc.record({
      ...{ hostTotalBytes: fc.integer({ min: 8192, max: 16_384 }), availableBytes: fc.integer({ min: 0, max: 8192 }) },
      ...{ hostReserveBytes: mib, usedByMachinesBytes: mib, promisedToOthersBytes: mib },
      ...{ memoryBytes: mib, engineOverheadBytes: mib },
    });
    fc.assert(
      fc.property(any, (drawn) => {
        const given = numbers(drawn);
        const parts = memoryParts(given);
        expect(parts.every(({ bytes }) => bytes >= 0)).toBe(true);
        expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(given.hostTotalBytes);
        const { fits, lacks } = neededSpan(given);
        expect(fits + lacks).toBe(given.memoryBytes + given.engineOverheadBytes);
      }),
    );
  });
});

describe("the memory slider's zones", () => {
  const range = { min: 0, max: 8192, step: 64, green: 5324, amber: 7208 };
  const report = (change: Partial<AdmissionNumbers> = {}) => ({ numbers: numbers(change) }) as AdmissionReport;

  it('are those of the host as long as admission has not answered', () => {
    expect(availableZones(range, undefined)).toEqual({ ...range, taken: undefined });
  });

  it('end where a start would be refused, with the promises of others drawn in', () => {
    expect(availableZones(range, report())).toMatchObject({
      ...{ green: 2460, amber: 2972, max: 8192 },
      taken: { from: 2460, to: 2972, words: '512 MiB of what is available is promised to other machines' },
    });
  });

  it('never go beyond those of the host, and are nothing when nothing is left', () => {
    expect(availableZones(range, report({ availableBytes: 8192, promisedToOthersBytes: 0 }))).toMatchObject({
      ...{ green: 5324, amber: 7068 },
    });
    expect(availableZones(range, report({ availableBytes: 900 }))).toMatchObject({
      ...{ green: 0, amber: 0, taken: { from: 0, to: 0 } },
    });
  });
});
