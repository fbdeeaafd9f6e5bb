import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatMiB, GIB, KIB, MIB, parseSize } from '../../src/shared/units.ts';

describe('parseSize', () => {
  it.each([
    ['2G', 2 * GIB],
    ['1.5 GiB', 1.5 * GIB],
    ['512mb', 512 * MIB],
    ['512 MiB', 512 * MIB],
    ['4096', 4096],
    [' 1k ', KIB],
    ['0', 0],
    ['1T', 1024 * GIB],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'G', '-1', '1.G', '1..5G', '2 X', '2Gi b', '1e3', '0x10', '9'.repeat(30), 'NaN', 'Infinity'])(
    'refuses %j',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );

  it('takes a bare number in the unit that is asked for', () => {
    expect(parseSize('256', 'm')).toBe(256 * MIB);
    expect(parseSize('256k', 'm')).toBe(256 * KIB);
  });

  it('reads any whole number of any unit exactly, spelled in any case', () => {
    const units = fc.constantFrom(['k', KIB], ['M', MIB], ['g', GIB]) as fc.Arbitrary<[string, number]>;
    const suffix = fc.constantFrom('', 'b', 'B', 'ib', 'iB');
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), units, suffix, (count, [unit, factor], end) => {
        expect(parseSize(`${count}${unit}${end}`)).toBe(count * factor);
      }),
    );
  });

  it('returns whole bytes that can be counted exactly, or nothing, for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = parseSize(text);
        expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true);
      }),
    );
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512 * MIB, '512 MiB'],
    [1.21 * GIB, '1.21 GiB'],
    [1023, '1 KiB'],
    [-5, '0 B'],
  ])('prints %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('reads back as what was printed, within the three digits that it shows', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), (bytes) => {
        const back = parseSize(formatBytes(bytes));
        expect(Math.abs((back ?? Number.NaN) - bytes)).toBeLessThanOrEqual(Math.max(1, bytes * 0.0052));
      }),
    );
  });

  it('never prints more than three digits before the unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^\d{1,3}(\.\d{1,2})? ([KMGTP]i)?B$/);
      }),
    );
  });
});

describe('formatMiB', () => {
  it('prints whole gigabytes as such, the rest exactly', () => {
    expect([formatMiB(512), formatMiB(2048), formatMiB(1536)]).toEqual(['512 MB', '2 GB', '1536 MB']);
  });
});
