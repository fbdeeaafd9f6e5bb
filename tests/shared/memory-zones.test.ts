import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amberPercent, memoryZones } from '../../src/shared/memory-zones.ts';

describe('the zones of a memory slider', () => {
  /** Field guide §2.6, "RAM slider zones". */
  it.each([
    [2, 50, 75],
    [3, 50, 80],
    [4, 60, 84],
    [5, 60, 84],
    [6, 65, 88],
    [7, 65, 88],
    [8, 70, 90],
    [15, 70, 90],
    [16, 75, 93],
    [31, 75, 93],
    [32, 80, 94],
    [63, 80, 94],
    [64, 85, 95],
    [127, 85, 95],
    [128, 90, 96],
    [1024, 90, 96],
  ])('on a host with %d GiB are green to %d %% and amber to %d %%', (gib, green, amber) => {
    const { greenMiB, amberMiB } = memoryZones(gib * 1024);
    expect([greenMiB, amberMiB]).toEqual([Math.floor(gib * 10.24 * green), Math.floor(gib * 10.24 * amber)]);
    expect(amberPercent(gib * 1024)).toBe(amber);
  });

  it('end at the memory of the host, rounded up to 1 GiB', () => {
    expect(memoryZones(7_900).maxMiB).toBe(8192);
    expect(memoryZones(8192).maxMiB).toBe(8192);
  });

  it('follow one another on any host, and always leave the host something', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 4 * 1024 * 1024 }), (hostMemoryMiB) => {
        const { greenMiB, amberMiB, maxMiB } = memoryZones(hostMemoryMiB);
        expect(0 < greenMiB && greenMiB < amberMiB && amberMiB < hostMemoryMiB && hostMemoryMiB <= maxMiB).toBe(true);
      }),
    );
  });

  it('never shrink on a host with more memory', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 300_000 }), fc.integer({ min: 0, max: 50_000 }), (hostMemoryMiB, more) => {
        const [small, large] = [memoryZones(hostMemoryMiB), memoryZones(hostMemoryMiB + more)];
        expect(large.greenMiB).toBeGreaterThanOrEqual(small.greenMiB);
        expect(large.amberMiB).toBeGreaterThanOrEqual(small.amberMiB);
      }),
    );
  });
});
