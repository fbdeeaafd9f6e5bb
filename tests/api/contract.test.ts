import { describe, expect, it } from 'vitest';
import { InnError } from '../../src/shared/errors.ts';
import type { WorldEvent } from '../../src/shared/event-contract.ts';
import { sampleAt } from './little-core.ts';
import { reach, TRANSPORTS } from './transports.ts';

/** Resolves with what the promise rejects with, which must be the one error class. */
async function failureOf(promise: Promise<unknown>): Promise<InnError> {
  const thrown = await promise.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(InnError);
  return thrown as InnError;
}

/** Names and states, in short. */
const brief = (event: WorldEvent | undefined) => {
  if (event?.kind === 'snapshot') return ['snapshot', ...event.machines.map(({ config }) => config.name)];
  if (event?.kind === 'machineChanged') return [event.machine.config.name, event.machine.state];
  return [event?.kind];
};

describe.each(Object.keys(TRANSPORTS) as (keyof typeof TRANSPORTS)[])('the contract over %s', (transport) => {
  it('creates, lists and finds machines', async () => {
    await using way = await reach(transport);
    const made = await way.client.machine.create({ name: 'web', memoryMiB: 128 });
    expect(made.config).toMatchObject({ name: 'web', memoryMiB: 128 });
    expect(await way.client.machine.list({})).toEqual([made]);
    expect(await way.client.machine.get({ machine: 'web' })).toEqual(made);
    expect(await way.client.machine.get({ machine: made.id })).toEqual(made);
  });

  it('carries names with slashes of another world, spaces and emoji', async () => {
    await using way = await reach(transport);
    const name = 'Büro ☕ 100% #1?';
    await way.client.machine.create({ name });
    expect((await way.client.machine.start({ machine: name })).state).toBe('Running');
  });

  it('says who answers', async () => {
    await using way = await reach(transport);
    const info = await way.client.core.info({});
    expect(info).toMatchObject({ version: '1.2.3', pid: process.pid, dataFolder: way.core.folder });
  });

  it('hands a screenshot over whole', async () => {
    await using way = await reach(transport);
    await way.client.machine.create({ name: 'web' });
    expect(await way.client.machine.screenshot({ machine: 'web' })).toEqual({
      width: 2,
      height: 1,
      pngBase64: Buffer.from([1, 2, 3]).toString('base64'),
    });
  });

  it('carries code, message, hint and details of an error', async () => {
    await using way = await reach(transport);
    const failure = await failureOf(way.client.machine.start({ machine: 'wbe' }));
    expect(failure.code).toBe('MACHINE_NOT_FOUND');
    expect(failure.message).toBe("There is no machine 'wbe'.");
    expect(failure.hint).toBe("See 'inn list'.");
    expect(failure.details).toEqual({ machine: 'wbe', near: ['web'] });
    expect(way.log.entries).toEqual([]);
  });

  it('names the fields of an input that does not fit', async () => {
    await using way = await reach(transport);
    const failure = await failureOf(way.client.machine.create({ name: 7 as unknown as string, memoryMiB: 1.5 }));
    expect(failure.code).toBe('INVALID_INPUT');
    expect(failure.message).toContain("'name'");
    expect(failure.message).toContain("'memoryMiB'");
    expect(failure.details?.issues).toMatchObject([{ field: 'name' }, { field: 'memoryMiB' }]);
  });

  it('turns an unforeseen error into INTERNAL and logs it with its stack', async () => {
    await using way = await reach(transport);
    await way.client.machine.create({ name: 'web' });
    const failure = await failureOf(way.client.machine.reset({ machine: 'web' }));
    expect(failure.code).toBe('INTERNAL');
    expect(failure.message).toContain('machine.reset');
    expect(failure.message).not.toContain('secret second line');
    const stack: unknown = expect.stringContaining('little-core');
    expect(way.log.entries).toMatchObject([{ level: 'error', details: { call: 'machine.reset', err: { stack } } }]);
  });

  it('opens an event stream with a snapshot, then sends every change in order', async () => {
    await using way = await reach(transport);
    await way.client.machine.create({ name: 'web' });
    const stop = new AbortController();
    const stream = await way.client.events.subscribe({}, { signal: stop.signal });
    expect(brief((await stream.next()).value as WorldEvent)).toEqual(['snapshot', 'web']);
    way.core.setState('web', 'Starting');
    way.core.setState('web', 'Running');
    expect(brief((await stream.next()).value as WorldEvent)).toEqual(['web', 'Starting']);
    expect(brief((await stream.next()).value as WorldEvent)).toEqual(['web', 'Running']);
    stop.abort();
    expect((await stream.next()).done).toBe(true);
  });

  it('ends a stream whose reader waits, when the signal is aborted', async () => {
    await using way = await reach(transport);
    const stop = new AbortController();
    const stream = await way.client.usage.subscribe({}, { signal: stop.signal });
    expect((await stream.next()).value).toEqual(sampleAt(1));
    expect((await stream.next()).value).toEqual(sampleAt(2));
    for (const tell of way.core.usageListeners) tell(sampleAt(3));
    expect((await stream.next()).value).toEqual(sampleAt(3));
    const waiting = stream.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    await expect.poll(() => way.core.usageListeners.size).toBe(0);
  });

  it('unsubscribes when the reader leaves the loop', async () => {
    await using way = await reach(transport);
    for await (const sample of await way.client.usage.subscribe({})) if (sample.at === sampleAt(2).at) break;
    await expect.poll(() => way.core.usageListeners.size).toBe(0);
  });

  it('waits until a machine is in a state', async () => {
    await using way = await reach(transport);
    await way.client.machine.create({ name: 'web' });
    const waiting = way.client.events.waitFor({ machine: 'web', states: ['Running'], timeoutMs: 10_000 });
    const watching = await way.client.events.subscribe({});
    await watching.next();
    way.core.setState('web', 'Running');
    expect((await waiting).state).toBe('Running');
    await watching.return?.();
    const late = way.client.events.waitFor({ machine: 'web', states: ['Saved', 'Paused'], timeoutMs: 20 });
    const failure = await failureOf(late);
    expect(failure.code).toBe('TIMEOUT');
    expect(failure.message).toContain("'web' did not become Saved or Paused");
  });

  it('stops waiting for a machine that is removed', async () => {
    await using way = await reach(transport);
    await way.client.machine.create({ name: 'web' });
    const waiting = failureOf(way.client.events.waitFor({ machine: 'web', states: ['Running'], timeoutMs: 10_000 }));
    const watching = await way.client.events.subscribe({});
    await watching.next();
    await way.client.machine.remove({ machine: 'web' });
    expect((await waiting).code).toBe('MACHINE_NOT_FOUND');
    await watching.return?.();
  });
});
