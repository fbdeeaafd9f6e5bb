import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbeddedEngine } from '../../../src/main/engines/embedded/engine.ts';
import type { SessionStatus } from '../../../src/main/engines/engine.ts';
import { killProcess, readStartTime, settlesWithin } from '../../../src/main/processes/process-identity.ts';
import { type EngineUnderTest, MachineBench } from '../conformance/machine-bench.ts';

const resourcesFolder = path.resolve(import.meta.dirname, '../../../resources');

const subject: EngineUnderTest = {
  id: 'embedded',
  makeEngine: () => new EmbeddedEngine({ resourcesFolder }),
  kill: (runtime) => killProcess(runtime, 'SIGKILL'),
  hasProcess: async () => false,
};

describe('the embedded engine', () => {
  it('finds all that it needs', async () => {
    const { isAvailable, version, findings } = await subject.makeEngine().probe();
    expect(findings.filter(({ isGood }) => !isGood)).toEqual([]);
    expect({ isAvailable, version }).toEqual({ isAvailable: true, version: '0.5.462' });
  });

  it('says what is missing, and that it cannot run then', async () => {
    const info = await new EmbeddedEngine({ resourcesFolder: '/no/such/folder' }).probe();
    expect(info.isAvailable).toBe(false);
    expect(info.findings.filter(({ isGood }) => !isGood)).toEqual([
      expect.objectContaining({ subject: 'Firmware', cure: expect.any(String) }),
    ]);
  });

  it("hands on the machine process's own error, and leaves nothing but its log", async () => {
    const bench = await MachineBench.forTest(subject);
    const spec = await bench.spec();
    const config = { ...spec.config, memoryMiB: 64 };
    const starting = subject.makeEngine().start({ ...spec, config }, { signal: new AbortController().signal });
    await expect(starting).rejects.toMatchObject({ code: 'INVALID_CONFIG', hint: expect.stringContaining('at least') });
    expect(existsSync(spec.folders.runtime)).toBe(false);
    expect(existsSync(path.join(spec.folders.logs, 'machine.log'))).toBe(true);
  });

  it.each(['process.json', 'serial.sock', 'qmp.sock'])(
    'leaves nothing when it is cancelled once %s is there',
    async (name) => {
      const bench = await MachineBench.forTest(subject);
      const spec = await bench.spec();
      const abort = new AbortController();
      const starting = subject.makeEngine().start(spec, { signal: abort.signal });
      const failure = expect(starting).rejects.toMatchObject({ code: 'CANCELLED' });
      const isThere = () => existsSync(path.join(spec.folders.runtime, name));
      await expect.poll(isThere, { interval: 1, timeout: 30_000 }).toBe(true);
      const { pid } = JSON.parse(readFileSync(path.join(spec.folders.runtime, 'process.json'), 'utf8'));
      abort.abort();
      await failure;
      expect(await readStartTime(pid)).toBeUndefined();
      expect(existsSync(spec.folders.runtime)).toBe(false);
    },
  );

  it('says that a process hangs, sees it recover, and can end one that never does', async () => {
    const bench = await MachineBench.forTest(subject);
    const session = await bench.start({ startsPaused: true });
    await session.status();
    const told: SessionStatus[] = [];
    const hang = new Promise<void>((resolve) => {
      session.onStatus((status) => {
        told.push(status);
        resolve();
      });
    });
    process.kill(session.runtime.pid, 'SIGSTOP');
    await expect(session.sample()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await hang;
    expect(told).toEqual([{ state: 'Stuck', reason: 'engineHangs', detail: expect.any(String) }]);
    process.kill(session.runtime.pid, 'SIGCONT');
    await session.sample();
    await expect.poll(() => told.at(-1)).toMatchObject({ state: 'Paused', reason: 'user' });
    process.kill(session.runtime.pid, 'SIGSTOP');
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'powerOff' });
  });

  it('takes back a process that hangs, so that it can be ended', async () => {
    const bench = await MachineBench.forTest(subject);
    const session = await bench.start({ startsPaused: true });
    await session[Symbol.asyncDispose]();
    process.kill(session.runtime.pid, 'SIGSTOP');
    const again = await subject.makeEngine().attach(session.runtime);
    expect(await again?.status()).toMatchObject({ state: 'Stuck', reason: 'engineHangs' });
    process.kill(session.runtime.pid, 'SIGCONT');
    expect(await again?.status()).toMatchObject({ state: 'Paused' });
    await again?.powerOff();
    expect(again && (await settlesWithin(again.exit, 1))).toBe(true);
  });
});
