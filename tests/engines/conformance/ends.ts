import { expect, it } from 'vitest';
import { type EngineUnderTest, openSerial, type StartedMachine } from './machine-bench.ts';

/** How a machine ends while it is watched. */
export function describeEnds(subject: EngineUnderTest, startKept: () => Promise<StartedMachine>): void {
  it('ends as shut down when the guest obeys the power button', async () => {
    const { session } = await startKept();
    await session.powerButton();
    expect(await session.exit).toEqual({ kind: 'guestShutdown' });
  });

  it('ends as shut down when the guest switches itself off', async () => {
    const { session, serial } = await startKept();
    serial.send('poweroff');
    expect(await session.exit).toEqual({ kind: 'guestShutdown' });
  });

  it('ends as powered off, with nothing left of its process', async () => {
    const { session } = await startKept();
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'powerOff' });
    expect(await subject.hasProcess(session.runtime.runtimeFolder)).toBe(false);
    await expect(session.pause()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await session.powerOff(); // powering off what is off does no harm
  });

  it('can be powered off while it stands paused', async () => {
    const { session } = await startKept();
    await session.pause();
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'powerOff' });
  });

  it('ends as killed when its process is killed, and harms no other machine', async () => {
    const { session, bench } = await startKept();
    const other = await openSerial((await startKept()).session);
    await subject.kill(bench.keep(session).runtime);
    expect(await session.exit).toMatchObject({ kind: 'crashed', reason: 'engineKilled' });
    await expect(session.status()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await other.run('echo alive')).toBe('alive');
  });
}
