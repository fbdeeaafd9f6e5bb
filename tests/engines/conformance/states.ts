import { stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { GUEST_READY } from '../../support/serial-console.ts';
import {
  counterBeyond,
  type EngineUnderTest,
  isThere,
  MachineBench,
  openSerial,
  readCounter,
  type StartedMachine,
} from './machine-bench.ts';

const never = new AbortController().signal;

/** States that are kept and saved, and going on from them. */
export function describeStates(
  subject: EngineUnderTest,
  startKept: () => Promise<StartedMachine>,
  keptState: () => string,
): void {
  it('goes on from a kept state', async () => {
    const { session, serial } = await startKept();
    expect(await session.status()).toEqual({ state: 'Running' });
    expect(await readCounter(serial)).toBeGreaterThan(0);
  });

  it('can stand paused after a restore', async () => {
    const bench = await MachineBench.forTest(subject);
    const session = await bench.start({ restoreFrom: keptState(), startsPaused: true });
    expect(await session.status()).toMatchObject({ state: 'Paused', reason: 'user' });
    await session.resume();
    const serial = await openSerial(session);
    expect(await serial.run('echo restored')).toBe('restored');
  });

  it('saves its state, stands paused, and goes on from there in another process', async () => {
    const { session, serial, bench } = await startKept();
    const counter = await counterBeyond(serial, 0);
    await serial.run('echo before > /tmp/mark');
    const file = path.join(bench.folder, 'saved.state');
    await session.saveState(file, { signal: never });
    expect(await session.status()).toMatchObject({ state: 'Paused', reason: 'user' });
    expect((await stat(file)).mode & 0o077).toBe(0);
    await session.powerOff();
    const next = await openSerial(await bench.start({ restoreFrom: file }));
    expect(await readCounter(next)).toBeGreaterThanOrEqual(counter);
  });

  it('goes on when a save is cancelled, and leaves no file', async () => {
    const { session, serial, bench } = await startKept();
    const file = path.join(bench.folder, 'saved.state');
    const abort = new AbortController();
    const saving = session.saveState(file, { signal: abort.signal });
    abort.abort();
    await expect(saving).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await isThere(file)).toBe(false);
    expect(await session.status()).toEqual({ state: 'Running' });
    expect(await serial.run('echo on')).toBe('on');
  });

  it('goes on when a save fails', async () => {
    const { session, serial, bench } = await startKept();
    const file = path.join(bench.folder, 'no-such-folder', 'saved.state');
    await expect(session.saveState(file, { signal: never })).rejects.toThrow();
    await expect(session.keepState(file)).rejects.toThrow();
    expect(await session.status()).toEqual({ state: 'Running' });
    expect(await serial.run('echo on')).toBe('on');
  });

  it('boots again after a reset', async () => {
    const { session, serial } = await startKept();
    await serial.run('echo up');
    await session.reset();
    await serial.expect(GUEST_READY);
    expect(await session.status()).toEqual({ state: 'Running' });
  });
}
