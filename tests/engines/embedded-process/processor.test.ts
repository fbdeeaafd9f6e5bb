import { describe, expect, it } from 'vitest';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { BOOT_SECTORS, writeBootDisk } from './boot-sector.ts';
import { ideDrive, machineSpec, TestMachine } from './machine-harness.ts';

const SPAN_MS = 5000;

/** Share of one processor that the process takes over five seconds, in percent. */
async function measure(machine: TestMachine): Promise<number> {
  const [before, start] = [await machine.processorSeconds(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
  const [after, end] = [await machine.processorSeconds(), performance.now()];
  return ((after - before) / (end - start)) * 100_000;
}

describe('processor time of the machine process', () => {
  it('stays within the cap while the guest never rests, and follows when the cap is changed', async () => {
    const disk = await writeBootDisk(makeTempFolder(), BOOT_SECTORS.spinning);
    const spec = machineSpec({ kernel: null, memoryMiB: 16, capPercent: 50, drives: [ideDrive(0, 'disk', disk)] });
    await using machine = await TestMachine.start(spec);
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    for (const percent of [50, 10]) {
      await machine.qmp.execute('__org.innkeeper_set-cpu-limit', { percent });
      const share = await measure(machine);
      expect(share).toBeLessThan(percent + 3);
      // A host that is busy otherwise gives less than was allowed; then the lower bound says nothing about the cap.
      if (percent < 50) expect(share).toBeGreaterThan(percent - 3);
    }
    await expect(machine.qmp.execute('__org.innkeeper_set-cpu-limit', { percent: 0 })).rejects.toThrow('1 to 100');
  });

  it('is next to nothing while the guest has nothing to do', async () => {
    await using machine = await TestMachine.boot(machineSpec());
    await machine.serial.run('sleep 2'); // what still happens after a boot
    expect(await measure(machine)).toBeLessThan(3);
  });
});
