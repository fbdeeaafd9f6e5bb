import { expect, it } from 'vitest';
import { formatAmount } from '../../src/renderer/usage/format-amount.ts';
import { historyRange } from '../../src/renderer/usage/history-ranges.ts';
import { monthAfter, monthOf, rangeOf } from '../../src/renderer/usage/months.ts';

it.each([
  [0, '0'],
  [0.000423, '0.00042'],
  [1.254, '1.25'],
  [99.96, '100'],
  [340.4, '340'],
])('the amount %d is written %s', (value, text) => {
  expect(formatAmount(value)).toBe(text);
});

it('months follow each other over the turn of the year', () => {
  const january = monthOf(new Date(2026, 0, 31));
  expect(monthAfter(january, -1)).toEqual({ year: 2025, index: 11 });
  expect(monthAfter(january, 1)).toEqual({ year: 2026, index: 1 });
  const { from, to } = rangeOf(january);
  expect(new Date(from)).toEqual(new Date(2026, 0, 1));
  expect(new Date(to)).toEqual(new Date(2026, 1, 1));
});

it('a range of history ends now', () => {
  const now = new Date('2026-05-01T12:00:00Z');
  expect(historyRange('1h', now)).toEqual({ from: '2026-05-01T11:00:00.000Z', to: '2026-05-01T12:00:00.000Z' });
});
