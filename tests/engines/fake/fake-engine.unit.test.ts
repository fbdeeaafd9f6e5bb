import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../../src/main/engines/fake/engine.ts';
import type { FakeMachine } from '../../../src/main/engines/fake/fake-machine.ts';
import { crashes, fails, hangs, scriptOf, shutsDown, waitsFor } from '../../../src/main/engines/fake/fake-script.ts';
import { type EngineUnderTest, MachineBench } from '../conformance/machine-bench.ts';

async function benchOf(engine: FakeEngine): Promise<MachineBench> {
  const subject: EngineUnderTest = {
    id: 'fake',
    makeEngine: () => engine,
    kill: async () => undefined,
    hasProcess: async () => false,
  };
  return MachineBench.forTest(subject);
}

describe('the script of the fake engine', () => {
  it('makes calls fail, hang or wait', async () => {
    const engine = new FakeEngine();
    const session = await (await benchOf(engine)).start();
    engine.script.before.pause = fails('No.');
    await expect(session.pause()).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: 'No.' });
    engine.script.before.pause = hangs(1);
    await expect(session.pause()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    const { promise, resolve } = Promise.withResolvers<void>();
    engine.script.before.pause = waitsFor(promise);
    const pausing = session.pause();
    expect(await session.status()).toEqual({ state: 'Running' });
    resolve();
    await pausing;
    expect(await session.status()).toMatchObject({ state: 'Paused' });
  });

  it.each(['pause', 'saveState', 'keepState', 'powerButton', 'reset'] as const)(
    'ends the machine in the middle of %s',
    async (moment) => {
      const engine = new FakeEngine();
      const bench = await benchOf(engine);
      const session = await bench.start();
      engine.script.before[moment] = crashes('The wasm ran away.');
      const file = path.join(bench.folder, 'state');
      await expect(session[moment](file, { signal: new AbortController().signal })).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
      });
      expect(await session.exit).toMatchObject({ reason: 'engineCrashed', detail: 'The wasm ran away.' });
    },
  );

  it('lets the guest shut down while the machine is powered off', async () => {
    const engine = new FakeEngine();
    const session = await (await benchOf(engine)).start();
    engine.script.before.powerOff = shutsDown();
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'guestShutdown' });
  });

  it('crashes a machine that starts, and leaves nothing to take back', async () => {
    const engine = new FakeEngine();
    let machine: FakeMachine | undefined;
    engine.script.before.start = (started) => {
      machine = started;
      started.end({ kind: 'crashed', reason: 'engineKilled', detail: 'killed' });
    };
    await expect((await benchOf(engine)).start()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(machine && (await engine.attach(machine.runtime))).toBeUndefined();
  });

  it('lets the guest ignore the power button', async () => {
    const engine = new FakeEngine();
    const session = await (await benchOf(engine)).start();
    engine.script.ignoresPowerButton = true;
    await session.powerButton();
    expect(await session.status()).toEqual({ state: 'Running' });
  });

  it('tells what happens to the machine by itself', async () => {
    const engine = new FakeEngine();
    let machine: FakeMachine | undefined;
    engine.script.before.start = (started) => {
      machine = started;
    };
    const session = await (await benchOf(engine)).start();
    const told = new Promise((resolve) => session.onStatus(resolve));
    machine?.suffer({ state: 'Paused', reason: 'ioError', detail: 'The disk is full.' });
    expect(await told).toMatchObject({ reason: 'ioError' });
    expect(await session.status()).toMatchObject({ reason: 'ioError' });
  });

  it('stands in the description of a machine, for demonstrations', async () => {
    const text =
      'A machine.\nfake: saveState fails\nfake: pause crashes\nfake: powerButton is ignored\nfake: fly hangs\n';
    const script = scriptOf(text);
    expect(Object.keys(script.before).sort()).toEqual(['pause', 'saveState']);
    expect(script.ignoresPowerButton).toBe(true);
    expect(scriptOf('Nothing special.')).toEqual({ before: {}, ignoresPowerButton: false });
    const bench = await benchOf(new FakeEngine());
    const { config } = await bench.spec();
    const session = await bench.start({ config: { ...config, description: 'fake: pause fails' } });
    await expect(session.pause()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });
});
