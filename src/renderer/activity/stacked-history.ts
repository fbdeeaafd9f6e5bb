import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineUsage, UsageSample } from '../../shared/model/usage.ts';

/** One layer of the chart of who uses the host. */
export interface Layer {
  key: string;
  name: string;
  total: number;
}

/** What a chart of stacked areas is drawn from: one point per moment, one layer per machine, the biggest first. */
export interface StackedHistory {
  layers: Layer[];
  points: Record<string, number | string>[];
}

export const OTHER_LAYER = 'others';

/**
 * Who used how much over the samples. Beyond `mostLayers` machines, the small ones are one layer.
 * @param mostPoints samples are averaged in groups so that no more points come out
 */
export function stackedHistory(
  samples: readonly UsageSample[],
  pick: (usage: MachineUsage) => number,
  nameOf: (id: MachineId) => string,
  { mostLayers = 6, mostPoints = 120 }: { mostLayers?: number; mostPoints?: number } = {},
): StackedHistory {
  const totals = new Map<MachineId, number>();
  for (const { machines } of samples) {
    for (const usage of machines) totals.set(usage.machineId, (totals.get(usage.machineId) ?? 0) + pick(usage));
  }
  const biggest = [...totals].sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
  const own = new Set(biggest.slice(0, mostLayers).map(([id]) => id));
  const layers: Layer[] = [...own].map((id) => ({ key: id, name: nameOf(id), total: totals.get(id) ?? 0 }));
  const rest = biggest.slice(mostLayers).reduce((sum, [, total]) => sum + total, 0);
  if (biggest.length > mostLayers) layers.push({ key: OTHER_LAYER, name: 'Other machines', total: rest });
  const size = Math.max(1, Math.ceil(samples.length / mostPoints));
  const points: StackedHistory['points'] = [];
  for (let at = 0; at < samples.length; at += size) {
    points.push(point(samples.slice(at, at + size), layers, own, pick));
  }
  return { layers, points };
}

function point(
  samples: readonly UsageSample[],
  layers: readonly Layer[],
  own: ReadonlySet<MachineId>,
  pick: (usage: MachineUsage) => number,
): Record<string, number | string> {
  const made: Record<string, number | string> = { at: samples.at(-1)?.at ?? '' };
  const sums = new Map<string, number>(layers.map(({ key }) => [key, 0]));
  for (const { machines } of samples) {
    for (const usage of machines) {
      const key = own.has(usage.machineId) ? usage.machineId : OTHER_LAYER;
      sums.set(key, (sums.get(key) ?? 0) + pick(usage) / samples.length);
    }
  }
  for (const [key, sum] of sums) made[key] = sum;
  return made;
}
