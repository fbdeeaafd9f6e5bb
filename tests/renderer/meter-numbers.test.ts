import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meterNumbers, roomFor } from '../../src/renderer/meter/meter-numbers.ts';
import { addSample } from '../../src/renderer/usage-store.ts';
import type { MachineUsage, UsageSample } from '../../src/shared/model/usage.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { aMachine } from './a-machine.ts';

function usage(change: Partial<MachineUsage> = {}): MachineUsage {
  return {
    machineId: aMachine().id,
    processorUse: 0,
    processorSeconds: 0,
    memoryPromisedBytes: 0,
    memoryUsedBytes: 0,
    memoryBalloonBytes: null,
    memoryGuestUsedBytes: null,
    diskReadBytesPerSecond: 0,
    diskWriteBytesPerSecond: 0,
    networkInBytesPerSecond: 0,
    networkOutBytesPerSecond: 0,
    ...change,
  };
}

function sample(machines: MachineUsage[], host: Partial<UsageSample['host']> = {}, at = 0): UsageSample {
  return {
    at: new Date(at).toISOString(),
    host: {
      processorUse: 3,
      processorsTotal: 8,
      memoryTotalBytes: 16 * GIB,
      memoryAvailableBytes: 10 * GIB,
      storageTotalBytes: 100 * GIB,
      storageFreeBytes: 40 * GIB,
      storageByMachinesBytes: 20 * GIB,
      networkInBytesPerSecond: 0,
      networkOutBytesPerSecond: 0,
      ...host,
    },
    machines,
  };
}

describe('the resource meter', () => {
  it('splits processors, memory and disk between machines, others and nobody', () => {
    const { processor, memory, storage } = meterNumbers(
      sample([usage({ processorUse: 1.5, memoryUsedBytes: 2 * GIB })]),
      [],
    );
    expect(processor).toMatchObject({ machines: 1.5, others: 1.5, free: 5 });
    expect(memory).toMatchObject({ machines: 2 * GIB, others: 4 * GIB, free: 10 * GIB });
    expect(storage).toMatchObject({ machines: 20 * GIB, others: 40 * GIB, free: 40 * GIB });
  });

  it('never lets the parts be negative or differ from the whole, however the instruments disagree', () => {
    const amount = fc.double({ min: 0, max: 64, noNaN: true });
    fc.assert(
      fc.property(amount, amount, fc.double({ min: 1, max: 64, noNaN: true }), (ofMachines, ofHost, total) => {
        const { processor } = meterNumbers(
          sample([usage({ processorUse: ofMachines })], { processorUse: ofHost, processorsTotal: total }),
          [],
        );
        const { machines, others, free } = processor;
        expect(Math.min(machines, others, free)).toBeGreaterThanOrEqual(0);
        expect(machines + others + free).toBeCloseTo(total, 6);
      }),
    );
  });

  it('counts virtual processors of machines that are online only', () => {
    const two = { processors: { count: 2, capPercent: 100 } };
    const machines = [aMachine({ state: 'Running', config: two }), aMachine({ state: 'Saved', config: two })];
    expect(meterNumbers(sample([]), machines)).toMatchObject({ online: 1, processor: { promised: 2 } });
  });

  it('keeps room for what running machines were promised and have not taken yet', () => {
    const { memory } = meterNumbers(
      sample([usage({ memoryPromisedBytes: 4 * GIB, memoryUsedBytes: 1 * GIB })], { memoryTotalBytes: 20 * GIB }),
      [],
    );
    // 10 GiB free, less 3 GiB to come, less a twentieth of 20 GiB for the host: 6 GiB.
    expect(memory.claimable).toBe(3 * GIB);
    expect(roomFor(1024, memory, 5)).toBe(6);
    expect(roomFor(1024, memory, 50)).toBe(0);
    expect(roomFor(8192, memory, 5)).toBe(0);
  });

  it('counts a machine that holds more than it was promised as taking nothing more', () => {
    const { memory } = meterNumbers(
      sample([usage({ memoryPromisedBytes: 128 * MIB, memoryUsedBytes: 181 * MIB })]),
      [],
    );
    expect(memory.claimable).toBe(0);
  });
});

describe('the samples that are kept', () => {
  it('drop the oldest beyond the limit', () => {
    let samples: readonly UsageSample[] = [];
    for (let second = 1; second <= 5; second += 1) samples = addSample(samples, sample([], {}, second * 1000), 3);
    expect(samples.map(({ at }) => Date.parse(at) / 1000)).toEqual([3, 4, 5]);
  });

  it('take a repeated sample once, as after a reconnect', () => {
    const samples = [sample([], {}, 1000), sample([], {}, 2000)];
    expect(addSample(samples, sample([], {}, 1000))).toBe(samples);
    expect(addSample(samples, sample([], {}, 3000))).toHaveLength(3);
  });
});
