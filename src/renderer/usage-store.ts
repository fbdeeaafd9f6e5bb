import type { UsageSample } from '../shared/model/usage.ts';
import { observable } from './observable.ts';

/** How many samples the window keeps: ten minutes at one a second. */
export const KEPT_SAMPLES = 600;

/**
 * Adds a sample to the end and drops the oldest beyond `limit`. A sample that is not newer than the last is a repetition
 * after a reconnect and is left out.
 */
export function addSample(
  samples: readonly UsageSample[],
  sample: UsageSample,
  limit = KEPT_SAMPLES,
): readonly UsageSample[] {
  const last = samples.at(-1);
  if (last !== undefined && Date.parse(sample.at) <= Date.parse(last.at)) return samples;
  return [...samples.slice(Math.max(0, samples.length + 1 - limit)), sample];
}

/** Apart from the world, so that a tick never touches the machine list. */
export const usageSamples = observable<readonly UsageSample[]>([]);
