import { describe, expect, it } from 'vitest';
import { runDelaySeconds } from '../../support/run-delay.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { BOOT_SECTORS, writeBootDisk } from './boot-sector.ts';
import { ideDrive, machineSpec, TestMachine } from './machine-harness.ts';

const SPAN_MS = 5000;

/** What the process takes of one processor over five seconds, and would if nobody kept it waiting, in percent. */
async function measure(machine: TestMachine): Promise<{ taken: number; wanted: number }> {
  const pid = machine.process.pid ?? expect.fail('the process is not there');
  const [before, delayBefore, start] = [await machine.processorSeconds(), runDelaySeconds(pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
  const [after, delayAfter, end] = [await machine.processorSeconds(), runDelaySeconds(pid), performance.now()];
  const percent = (seconds: number) => (seconds / (end - start)) * 100_000;
  return { taken: percent(after - before), wanted: percent(after - before + delayAfter - delayBefore) };
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
      const { taken, wanted } = await measure(machine);
      expect(taken).toBeLessThan(percent + 3);
      expect(wanted).toBeGreaterThan(percent - 3);
    }
    await expect(machine.qmp.execute('__org.innkeeper_set-cpu-limit', { percent: 0 })).rejects.toThrow('1 to 100');
  });

  it('is next to nothing while the guest has nothing to do', async () => {
    await using machine = await TestMachine.boot(machineSpec());
    await machine.serial.run('sleep 2'); // what still happens after a boot
    expect((await measure(machine)).taken).toBeLessThan(3);
  });
});
