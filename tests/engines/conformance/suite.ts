import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import { readExit } from '../../../src/main/engines/session-exit.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { describeBalloon } from './balloon.ts';
import {
  counterBeyond,
  type EngineUnderTest,
  isThere,
  MachineBench,
  MEMORY_MIB,
  openSerial,
  readCounter,
} from './machine-bench.ts';
import { describeTyping } from './typing.ts';

const MIB = 1024 ** 2;
const never = new AbortController().signal;

/** What every engine must do, whatever is inside: the contract of `Engine` and `Session` as tests. */
export function describeEngine(subject: EngineUnderTest): void {
  describe(`the ${subject.id} engine`, () => {
    let shared: MachineBench;
    let booted: Session;
    let serial: SerialConsole;
    /** A state of the booted guest with its counter running, from which other tests start at once. */
    let keptState: string;

    beforeAll(async () => {
      shared = await MachineBench.make(subject);
      booted = await shared.start();
      serial = await openSerial(booted);
      await serial.expect(GUEST_READY);
      await serial.run('counter');
      await counterBeyond(serial, 0);
      keptState = path.join(shared.folder, 'kept.state');
      await booted.keepState(keptState);
    });
    afterAll(() => shared[Symbol.asyncDispose]());

    /** A machine of the test's own that stands where the state was kept, and runs. */
    async function startKept(): Promise<{ session: Session; serial: SerialConsole; bench: MachineBench }> {
      const bench = await MachineBench.forTest(subject);
      const session = await bench.start({ restoreFrom: keptState });
      return { session, serial: await openSerial(session), bench };
    }

    describeRunning(() => ({ session: booted, serial, bench: shared }));
    describeBalloon(() => ({ session: booted, serial }), subject.id !== 'fake');
    describeTyping(() => ({ session: booted, serial, bench: shared }), subject.id !== 'fake');
    describeStates(startKept, () => keptState);
    describeEnds(startKept);
    describeDetached(subject, startKept);
    describeFailedStarts(subject, () => keptState);
  });

  type Started = { session: Session; serial: SerialConsole; bench: MachineBench };

  function describeRunning(machine: () => Started): void {
    it('runs the guest and says so', async () => {
      const { session, serial } = machine();
      expect(await session.status()).toEqual({ state: 'Running' });
      expect(await serial.run('echo hello')).toBe('hello');
    });

    it('stops the guest in its track and lets it go on', async () => {
      const { session, serial } = machine();
      await session.pause();
      expect(await session.status()).toMatchObject({ state: 'Paused', reason: 'user' });
      let isAnswered = false;
      const answer = serial.run('echo awake').finally(() => {
        isAnswered = true;
      });
      await session.pause(); // pausing what is paused does no harm
      for (let times = 0; times < 5; times += 1) await session.screenshot(); // time for a guest that did not stop
      expect(isAnswered).toBe(false);
      await session.resume();
      expect(await answer).toBe('awake');
      const before = await readCounter(serial);
      expect(await counterBeyond(serial, before)).toBeGreaterThan(before);
    });

    it('lets the guest go on while its state is kept', async () => {
      const { session, serial, bench } = machine();
      const file = path.join(bench.folder, 'another.state');
      await session.keepState(file);
      expect((await stat(file)).mode & 0o077).toBe(0);
      expect(await session.status()).toEqual({ state: 'Running' });
      await counterBeyond(serial, await readCounter(serial));
    });

    it('takes an execution cap', async () => {
      const { session, serial } = machine();
      await session.setCpuLimit(20);
      expect(await serial.run('echo slow')).toBe('slow');
      await session.setCpuLimit(100);
    });

    it('shows its screen as PNG', async () => {
      const { width, height, png } = await machine().session.screenshot();
      const bytes = Buffer.from(png);
      expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
      expect({ width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }).toEqual({ width, height });
      expect(width).toBeGreaterThanOrEqual(320);
    });

    it('speaks RFB on its screen', async () => {
      const screen = await machine().session.openChannel('screen');
      const [greeting] = (await new Promise((resolve) => screen.once('data', (...data) => resolve(data)))) as [Buffer];
      screen.destroy();
      expect(greeting.toString('latin1')).toMatch(/^RFB 003\.00\d\n/);
    });

    it("brings typed text and keys to the guest's keyboard", async () => {
      const { session, serial } = machine();
      await session.typeText('echo "Typed: {a} & <B>" > /dev/ttyS0');
      await session.sendKeys(['ret']);
      await serial.expect('Typed: {a} & <B>');
    });

    it('counts what the machine uses', async () => {
      const { session, serial } = machine();
      const before = await session.sample();
      // The host counts processor time in ticks of 10 ms (proc(5)): the guest works until one has passed.
      await expect
        .poll(async () => {
          await serial.run('echo work');
          return (await session.sample()).processorSeconds;
        })
        .toBeGreaterThan(before.processorSeconds);
      const after = await session.sample();
      expect(after.guestMemoryBytes).toBe(MEMORY_MIB * MIB);
      expect(after.residentBytes).toBeGreaterThan(MIB);
      for (const name of ['diskReadBytes', 'diskWriteBytes', 'networkInBytes', 'networkOutBytes'] as const) {
        expect(after[name]).toBeGreaterThanOrEqual(before[name]);
      }
    });

    it('keeps its sockets in a folder that nobody else may enter', async () => {
      const { mode } = await stat(machine().session.runtime.runtimeFolder);
      expect(mode & 0o777).toBe(0o700);
    });

    it('tells a second listener nothing about what its owner asked for', async () => {
      const { session } = machine();
      const heard: unknown[] = [];
      const stop = session.onStatus((status) => heard.push(status));
      await session.pause();
      await session.resume();
      await session.status();
      stop();
      expect(heard).toEqual([]);
    });
  }

  function describeStates(startKept: () => Promise<Started>, keptState: () => string): void {
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

  function describeEnds(startKept: () => Promise<Started>): void {
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

  function describeDetached(subject: EngineUnderTest, startKept: () => Promise<Started>): void {
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

  function describeFailedStarts(subject: EngineUnderTest, keptState: () => string): void {
    async function expectFailure(
      make: (bench: MachineBench) => Promise<Partial<Parameters<typeof MachineBench.prototype.spec>[0]>>,
      code: string,
      signal: (abort: AbortController) => void = () => undefined,
    ): Promise<void> {
      const bench = await MachineBench.forTest(subject);
      const spec = await bench.spec(await make(bench));
      const abort = new AbortController();
      const starting = subject.makeEngine().start(spec, { signal: abort.signal });
      signal(abort);
      await expect(starting).rejects.toMatchObject({ code });
      expect(await subject.hasProcess(spec.folders.runtime)).toBe(false);
      expect(await isThere(spec.folders.runtime)).toBe(false);
    }

    it('names a missing file and leaves nothing', async () => {
      const kernel = { kernelPath: '/no/such/kernel', initrdPath: null, commandLine: '' };
      await expectFailure(async () => ({ kernel }), 'FILE_NOT_FOUND');
      await expectFailure(async () => ({ restoreFrom: '/no/such/state' }), 'FILE_NOT_FOUND');
    });

    it('refuses a damaged state and leaves nothing', async () => {
      await expectFailure(async ({ folder }) => {
        const restoreFrom = path.join(folder, 'damaged.state');
        await writeFile(restoreFrom, 'this is no state');
        return { restoreFrom };
      }, 'ENGINE_FAILED');
    });

    it('does not start when it is cancelled before', async () => {
      const bench = await MachineBench.forTest(subject);
      const spec = await bench.spec();
      const starting = subject.makeEngine().start(spec, { signal: AbortSignal.abort() });
      await expect(starting).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await isThere(spec.folders.runtime)).toBe(false);
    });

    it('leaves nothing when it is cancelled under way', async () => {
      await expectFailure(
        async () => ({}),
        'CANCELLED',
        (abort) => abort.abort(),
      );
      await expectFailure(
        async () => ({ restoreFrom: keptState() }),
        'CANCELLED',
        (abort) => abort.abort(),
      );
    });
  }
}
