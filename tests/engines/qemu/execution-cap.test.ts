import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RuntimeRecord, Session } from '../../../src/main/engines/engine.ts';
import { runDelaySeconds } from '../../support/run-delay.ts';
import { GUEST_READY } from '../../support/serial-console.ts';
import { MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { qemuUnderTest } from './qemu-bench.ts';

interface Share {
  /** What the machine takes of the guest's processors, in percent. */
  taken: number;
  /** What it would take at most if other programs did not keep it waiting. */
  wanted: number;
}

async function shareOf(session: Session, processors: number, seconds: number): Promise<Share> {
  const { pid } = session.runtime;
  const [before, delayBefore, since] = [await session.sample(), runDelaySeconds(pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const [after, delayAfter, elapsedSeconds] = [
    await session.sample(),
    runDelaySeconds(pid),
    (performance.now() - since) / 1000,
  ];
  const percent = (used: number) => (used / elapsedSeconds / processors) * 100;
  const used = after.processorSeconds - before.processorSeconds;
  return { taken: percent(used), wanted: percent(used + delayAfter - delayBefore) };
}

/** State letter of a process; `T` when it is stopped (proc(5)). */
function stateLetter(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}

describe('the execution cap of a machine in QEMU', () => {
  it.each([1, 2])('holds within five points under load, for %i processors', async (count) => {
    const bench = await MachineBench.forTest(qemuUnderTest());
    const spec = await bench.spec();
    const config = { ...spec.config, processors: { count, capPercent: 20 } };
    const session = await bench.start({ ...spec, config });
    const serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    for (let each = 0; each < count; each += 1) await serial.run('(while :; do :; done) & true');
    for (const percent of [20, 40, 10]) {
      await session.setCpuLimit(percent);
      await shareOf(session, count, 0.5);
      const { taken, wanted } = await shareOf(session, count, 3);
      expect(taken).toBeLessThanOrEqual(percent + 5);
      expect(wanted).toBeGreaterThanOrEqual(percent - 5);
    }
    expect(await serial.run('echo alive')).toBe('alive');
  });

  it('lets the guest go on when the program is killed, and holds again under the next one', async () => {
    const core = spawn(process.execPath, [path.join(import.meta.dirname, 'capped-core.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void core.kill('SIGKILL'));
    const [line] = (await once(core.stdout, 'data')) as [Buffer];
    const { folder, runtime }: { folder: string; runtime: RuntimeRecord } = JSON.parse(line.toString());
    const subject = qemuUnderTest();
    onTestFinished(async () => {
      await subject.kill(runtime);
      await rm(folder, { recursive: true, force: true });
    });
    await expect.poll(() => stateLetter(runtime.pid), { timeout: 20_000, interval: 2 }).toBe('T');
    core.kill('SIGKILL');
    await once(core, 'exit');
    await expect.poll(() => stateLetter(runtime.pid)).not.toBe('T');

    const session = await subject.makeEngine().attach(runtime);
    if (session === undefined) throw new Error('The machine was not found.');
    onTestFinished(() => session[Symbol.asyncDispose]());
    await shareOf(session, 1, 0.5);
    expect((await shareOf(session, 1, 3)).taken).toBeLessThanOrEqual(7);
  });
});
