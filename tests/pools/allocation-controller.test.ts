import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/main/db/database.ts';
import { createPoolTable } from '../../src/main/db/pool-table.ts';
import { createSettingTable } from '../../src/main/db/setting-table.ts';
import { AllocationController } from '../../src/main/pools/allocation-controller.ts';
import type { MachineConfig, MachineId } from '../../src/shared/model/machine.ts';
import type { ProcessorClaim } from '../../src/shared/model/resources.ts';
import { USUAL_RESOURCES } from '../../src/shared/model/resources.ts';
import type { MachineUsage, UsageSample } from '../../src/shared/model/usage.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { openHouse } from '../support/fake-house.ts';

/** Two processors, of which a tenth is kept for the host: 1.8 can be given. */
function openAllocation() {
  const house = openHouse();
  const db = openDatabase(':memory:');
  const controller = new AllocationController({
    machines: house.table,
    pools: createPoolTable(db),
    settings: createSettingTable(db),
    liveOf: (id) => house.runner.live(id),
    ceilingOf: () => null,
    hostProcessors: 2,
    log: house.deps.log,
  });
  const memory = { totalMiB: 16_384, availableMiB: 8192 };
  return {
    ...{ house, controller, memory },
    async run(processor: Partial<ProcessorClaim> = {}, config: Partial<MachineConfig> = {}): Promise<MachineId> {
      const claim = { ...USUAL_RESOURCES.processor, ...processor };
      const id = house.add({ resources: { ...USUAL_RESOURCES, processor: claim }, ...config });
      await house.runner.start(id);
      return id;
    },
    /** One second in which the machines used so many processors. */
    async second(used: [MachineId, number, Partial<MachineUsage>?][]): Promise<void> {
      controller.onSample(sampleOf(used, memory));
      await new Promise((resolve) => setImmediate(resolve)); // the engines have taken what they were told
    },
    capOf: (id: MachineId) => house.process(id).cpuLimitPercent,
    grantOf: (id: MachineId) => controller.grants().machines.find(({ machineId }) => machineId === id),
  };
}

function sampleOf(
  used: [MachineId, number, Partial<MachineUsage>?][],
  memory: { totalMiB: number; availableMiB: number },
): UsageSample {
  return {
    at: new Date().toISOString(),
    host: {
      processorUse: used.reduce((sum, [, processors]) => sum + processors, 0),
      processorsTotal: 2,
      memoryTotalBytes: memory.totalMiB * MIB,
      memoryAvailableBytes: memory.availableMiB * MIB,
      ...{ storageTotalBytes: GIB, storageFreeBytes: GIB, storageByMachinesBytes: 0 },
      ...{ networkInBytesPerSecond: 0, networkOutBytesPerSecond: 0 },
    },
    machines: used.map(([machineId, processorUse, rest]) => ({
      ...{ machineId, processorUse, processorSeconds: 0, memoryPromisedBytes: 256 * MIB, memoryUsedBytes: 256 * MIB },
      ...{ memoryBalloonBytes: null, memoryGuestUsedBytes: null },
      ...{ diskReadBytesPerSecond: 0, diskWriteBytesPerSecond: 0 },
      ...{ networkInBytesPerSecond: 0, networkOutBytesPerSecond: 0 },
      ...rest,
    })),
  };
}

describe('the allocation controller', () => {
  it('leaves machines uncapped while there is enough for all', async () => {
    const { run, second, capOf, grantOf } = openAllocation();
    const [a, b] = [await run(), await run()];
    await second([
      [a, 0.5],
      [b, 0.9],
    ]);
    expect([capOf(a), capOf(b)]).toEqual([100, 100]);
    expect(grantOf(a)).toMatchObject({ processorReason: 'demand', why: 'It has what it wants.' });
  });

  it('caps those that want more by their shares, and lets them go when there is enough again', async () => {
    const { run, second, capOf, grantOf, controller } = openAllocation();
    const [a, b, c] = [await run({ shares: 2000 }), await run({ shares: 500 }), await run({ shares: 500 })];
    await second([
      [a, 0.99],
      [b, 0.5],
      [c, 0.49],
    ]);
    await second([
      [a, 0.95],
      [b, 0.97],
      [c, 0.97],
    ]);
    expect([capOf(a), capOf(b), capOf(c)]).toEqual([100, 40, 40]);
    expect(controller.grants()).toMatchObject({ isProcessorContended: true, processors: 1.8 });
    expect(grantOf(b)?.why).toBe('Processors are short; it has its part by shares.');
    const low: [MachineId, number][] = [
      [a, 0.1],
      [b, 0.4],
      [c, 0.1],
    ];
    await second(low);
    expect(capOf(c), 'one low reading says nothing yet').toBeLessThan(100);
    await second(low);
    expect([capOf(a), capOf(b), capOf(c)]).toEqual([100, 100, 100]);
  });

  it('leaves a crowd that hardly moves alone, though not each of them could have room to grow', async () => {
    const { run, second, capOf, grantOf, controller } = openAllocation();
    const crowd = await Promise.all(Array.from({ length: 40 }, () => run()));
    await second(crowd.map((id) => [id, 0.01]));
    expect(crowd.map(capOf)).toEqual(crowd.map(() => 100));
    expect(controller.grants().isProcessorContended).toBe(false);
    const [busy, ...quiet] = crowd;
    if (!busy) throw new Error('nobody is there');
    await second([[busy, 0.99], ...quiet.map((id): [MachineId, number] => [id, 0.01])]);
    expect(grantOf(busy)).toMatchObject({ processors: 1, processorReason: 'demand' });
    expect(crowd.map(capOf)).toEqual(crowd.map(() => 100));
  });

  it('does so second after second, also when all their room to grow is more than there is', async () => {
    const { run, second, capOf } = openAllocation();
    const crowd = await Promise.all(Array.from({ length: 100 }, () => run()));
    for (let seconds = 0; seconds < 4; seconds += 1) {
      await second(crowd.map((id) => [id, 0.019]));
      expect(crowd.map(capOf)).toEqual(crowd.map(() => 100));
    }
  });

  it('holds a limit at all times, and never goes beyond the cap of the user', async () => {
    const { run, second, capOf } = openAllocation();
    const limited = await run({ limit: 0.25 });
    const own = await run({}, { processors: { count: 1, capPercent: 30 } });
    await second([
      [limited, 0.01],
      [own, 0.3],
    ]);
    expect([capOf(limited), capOf(own)]).toEqual([25, 30]);
  });

  it("takes up a change of the user's cap without fighting it", async () => {
    const { house, run, second, capOf } = openAllocation();
    const a = await run({ limit: 0.5 });
    await second([[a, 0.5]]);
    expect(capOf(a)).toBe(50);
    const before = house.get(a);
    const capped = (capPercent: number) => ({
      ...before,
      config: { ...before.config, processors: { count: 1, capPercent } },
    });
    await house.runner.applyLive(before, capped(20));
    expect(capOf(a)).toBe(20);
    house.table.update(a, { config: capped(20).config });
    await second([[a, 0.2]]);
    expect(capOf(a)).toBe(20);
    await house.runner.applyLive(capped(20), capped(90));
    house.table.update(a, { config: capped(90).config });
    await second([[a, 0.2]]);
    expect(capOf(a)).toBe(50);
  });

  it('remembers a machine that did not answer in time', async () => {
    const { run, second, capOf } = openAllocation();
    const machines = [await run(), await run(), await run()] as const;
    const [a, b, c] = machines;
    await second([
      [a, 0.99],
      [b, 0.99],
      [c, 0.99],
    ]);
    await second([
      [a, 0.6],
      [b, 0.6],
    ]);
    expect(machines.map(capOf)).toEqual([60, 60, 60]);
  });

  it('gives a machine that stands still nothing, and the others its part', async () => {
    const { house, run, second, capOf } = openAllocation();
    const [a, b, c] = [await run(), await run(), await run()];
    await second([
      [a, 0.99],
      [b, 0.99],
      [c, 0.99],
    ]);
    await house.runner.pause(c);
    await second([
      [a, 0.6],
      [b, 0.6],
      [c, 0],
    ]);
    expect([capOf(a), capOf(b)]).toEqual([90, 90]);
  });

  it('gives every machine its own cap back when it goes', async () => {
    const { run, second, capOf, controller } = openAllocation();
    const a = await run({ limit: 0.25 }, { processors: { count: 1, capPercent: 80 } });
    await second([[a, 0.2]]);
    expect(capOf(a)).toBe(25);
    await controller.close();
    expect(capOf(a)).toBe(80);
  });

  it('takes memory when the host is short of it, gives back what it took, and nothing that others took', async () => {
    const { house, run, second, memory, grantOf } = openAllocation();
    const [ours, theirs] = [await run(), await run()];
    const balloon = (mib: number) => ({ memoryBalloonBytes: mib * MIB, memoryGuestUsedBytes: 40 * MIB });
    const targetOf = (id: MachineId) => house.process(id).balloonMiB;
    memory.availableMiB = 1639 - 100; // a tenth of 16 GiB is kept for the host; 100 MiB are short
    await second([
      [ours, 0, balloon(256)],
      [theirs, 0, balloon(100)],
    ]);
    expect(targetOf(ours)).toBe(156);
    expect(grantOf(ours)).toMatchObject({ memoryTargetMiB: 156 });
    memory.availableMiB = 12_000;
    await second([
      [ours, 0, balloon(156)],
      [theirs, 0, balloon(100)],
    ]);
    expect(targetOf(ours)).toBe(256);
    expect(grantOf(theirs)).toMatchObject({ memoryTargetMiB: null });
  });
});
