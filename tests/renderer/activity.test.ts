import { describe, expect, it } from 'vitest';
import { type ActivityColumn, activityRows, inOrder } from '../../src/renderer/activity/activity-rows.ts';
import { formatSpan } from '../../src/renderer/activity/format-span.ts';
import { OTHER_LAYER, stackedHistory } from '../../src/renderer/activity/stacked-history.ts';
import type { Machine } from '../../src/shared/model/machine.ts';
import { HostUsage, type MachineUsage, type UsageSample } from '../../src/shared/model/usage.ts';
import { aMachine } from './a-machine.ts';

const host = HostUsage.parse({
  processorUse: 1,
  processorsTotal: 4,
  memoryTotalBytes: 1000,
  memoryAvailableBytes: 500,
  storageTotalBytes: 1000,
  storageFreeBytes: 500,
  storageByMachinesBytes: 0,
  networkInBytesPerSecond: 0,
  networkOutBytesPerSecond: 0,
});

function usageOf({ id }: Machine, processorUse: number, memoryUsedBytes = 0): MachineUsage {
  return {
    machineId: id,
    processorUse,
    processorSeconds: 60 * processorUse,
    memoryPromisedBytes: 100,
    memoryUsedBytes,
    memoryBalloonBytes: null,
    memoryGuestUsedBytes: null,
    diskReadBytesPerSecond: 1,
    diskWriteBytesPerSecond: 2,
    networkInBytesPerSecond: 3,
    networkOutBytesPerSecond: 4,
  };
}

const sampleAt = (second: number, machines: MachineUsage[]): UsageSample => ({
  at: new Date(1000 * second).toISOString(),
  host,
  machines,
});

const web = aMachine({ name: 'web', state: 'Running' });
const mail = aMachine({ name: 'mail', state: 'Running' });
const lab = aMachine({ name: 'lab' });

describe('the rows of the activity table', () => {
  const samples = [sampleAt(1, [usageOf(web, 0.5)]), sampleAt(2, [usageOf(web, 1, 70), usageOf(mail, 0.25, 80)])];
  const rows = activityRows([web, mail, lab], samples);

  it('tell what each machine uses now, and its past', () => {
    expect(rows[0]).toMatchObject({
      name: 'web',
      isOnline: true,
      processorUse: 1,
      processorHistory: [0.5, 1],
      memoryUsedBytes: 70,
      diskBytesPerSecond: 3,
      networkBytesPerSecond: 7,
    });
    expect(rows[2]).toMatchObject({ name: 'lab', isOnline: false, processorUse: 0, processorHistory: [] });
  });

  it.each<[ActivityColumn, boolean, string[]]>([
    ['name', false, ['lab', 'mail', 'web']],
    ['processor', true, ['web', 'mail', 'lab']],
    ['memory', true, ['mail', 'web', 'lab']],
    ['disk', true, ['mail', 'web', 'lab']],
    ['time', false, ['lab', 'mail', 'web']],
  ])('stand in the order of %s', (column, isDescending, names) => {
    expect(inOrder(rows, { column, isDescending }).map(({ name }) => name)).toEqual(names);
  });
});

describe('the chart of who uses the host', () => {
  const nameOf = (id: string) => [web, mail, lab].find((each) => each.id === id)?.config.name ?? '?';
  const pick = ({ processorUse }: MachineUsage) => processorUse;

  it('has a layer for each machine, the biggest first, and loses nothing of what was used', () => {
    const samples = [sampleAt(1, [usageOf(web, 1), usageOf(mail, 2)]), sampleAt(2, [usageOf(web, 3)])];
    const { layers, points } = stackedHistory(samples, pick, nameOf);
    expect(layers.map(({ name, total }) => [name, total])).toEqual([
      ['web', 4],
      ['mail', 2],
    ]);
    expect(points).toEqual([
      { at: samples[0]?.at, [web.id]: 1, [mail.id]: 2 },
      { at: samples[1]?.at, [web.id]: 3, [mail.id]: 0 },
    ]);
  });

  it('puts small machines into one layer', () => {
    const { layers, points } = stackedHistory(
      [sampleAt(1, [usageOf(web, 3), usageOf(mail, 2), usageOf(lab, 1)])],
      pick,
      nameOf,
      { mostLayers: 1 },
    );
    expect(layers.map(({ key, total }) => [key, total])).toEqual([
      [web.id, 3],
      [OTHER_LAYER, 3],
    ]);
    expect(points[0]).toMatchObject({ [web.id]: 3, [OTHER_LAYER]: 3 });
  });

  it('averages many samples into few points', () => {
    const samples = Array.from({ length: 10 }, (_, second) => sampleAt(second, [usageOf(web, second)]));
    const { points } = stackedHistory(samples, pick, nameOf, { mostPoints: 5 });
    expect(points.map((point) => point[web.id])).toEqual([0.5, 2.5, 4.5, 6.5, 8.5]);
  });
});

it.each([
  [0, '0 s'],
  [59.9, '59 s'],
  [185, '3 min 05 s'],
  [7805, '2 h 10 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});
