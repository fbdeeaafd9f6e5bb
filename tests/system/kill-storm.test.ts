import { expect, it } from 'vitest';
import { killStorm } from './kill-storm.ts';

it('tells the truth about every process after the core was killed at random moments', async () => {
  const { faults, cutOff } = await killStorm(6);
  expect(faults).toEqual([]);
  expect(Object.values(cutOff).reduce((sum, times) => sum + times, 0)).toBe(18);
}, 600_000);
