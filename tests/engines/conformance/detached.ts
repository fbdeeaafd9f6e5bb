import { expect, it } from 'vitest';
import { readExit } from '../../../src/main/engines/session-exit.ts';
import { type EngineUnderTest, openSerial, type StartedMachine } from './machine-bench.ts';

/** Machines that nobody watches for a while. */
export function describeDetached(subject: EngineUnderTest, startKept: () => Promise<StartedMachine>): void {
  it('is taken back by another engine, as it was', async () => {
    const { session, bench } = await startKept();
    await session[Symbol.asyncDispose]();
    const again = await subject.makeEngine().attach(session.runtime);
    if (again === undefined) throw new Error('The machine was not found.');
    bench.keep(again);
    expect(again.runtime).toEqual(session.runtime);
    expect(await again.status()).toEqual({ state: 'Running' });
    await again.pause();
    expect(await again.status()).toMatchObject({ state: 'Paused' });
    await again.resume();
    expect(await (await openSerial(again)).run('echo back')).toBe('back');
    await again.powerOff();
    expect(await again.exit).toEqual({ kind: 'powerOff' });
  });

  it('tells afterwards that the guest shut down while nobody watched', async () => {
    const { session, serial } = await startKept();
    await session[Symbol.asyncDispose]();
    serial.send('poweroff');
    const { runtimeFolder } = session.runtime;
    await expect.poll(() => subject.hasProcess(runtimeFolder), { timeout: 30_000 }).toBe(false);
    expect(await subject.makeEngine().attach(session.runtime)).toBeUndefined();
    expect(await readExit(runtimeFolder)).toEqual({ kind: 'guestShutdown' });
  });

  it('tells afterwards that the process was killed while nobody watched', async () => {
    const { session } = await startKept();
    await session[Symbol.asyncDispose]();
    await subject.kill(session.runtime);
    expect(await subject.makeEngine().attach(session.runtime)).toBeUndefined();
    expect(await readExit(session.runtime.runtimeFolder)).toMatchObject({ kind: 'crashed', reason: 'engineKilled' });
  });

  it('does not take another process for a machine', async () => {
    const { session } = await startKept();
    const stranger = { ...session.runtime, pidStartTime: 'another time' };
    expect(await subject.makeEngine().attach(stranger)).toBeUndefined();
  });
}
