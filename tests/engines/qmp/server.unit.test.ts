import { describe, expect, it } from 'vitest';
import { QmpError } from '../../../src/main/engines/qmp/protocol.ts';
import { negotiated, rawClient, serve } from './monitor.ts';

const errorOf = (message: Record<string, unknown>) => message.error as { class: string; desc: string };

describe('a QMP server', () => {
  it('greets with its version and expects negotiation before anything else', async () => {
    const { path } = await serve({ hello: () => 'world' });
    const client = rawClient(path);
    expect(await client.next()).toEqual({
      QMP: { version: { qemu: { major: 1, minor: 2, micro: 3 }, package: 'innkeeper' }, capabilities: [] },
    });
    client.send('{"execute":"hello","id":1}');
    expect(await client.next()).toMatchObject({ error: { class: 'CommandNotFound' }, id: 1 });
    client.send('{"execute":"qmp_capabilities","id":2}{"execute":"hello","id":3}');
    expect(await client.next()).toEqual({ return: {}, id: 2 });
    expect(await client.next()).toEqual({ return: 'world', id: 3 });
    client.send('{"execute":"qmp_capabilities"}');
    expect(errorOf(await client.next()).class).toBe('CommandNotFound');
  });

  it('hands arguments over, and answers with an empty object when a command returns nothing', async () => {
    const seen: unknown[] = [];
    const { path } = await serve({ note: (args) => void seen.push(args) });
    const client = await negotiated(path);
    client.send('{"execute":"note","arguments":{"a":[1]},"id":{"any":"value"}}{"execute":"note"}');
    expect(await client.next()).toEqual({ return: {}, id: { any: 'value' } });
    expect(await client.next()).toEqual({ return: {} });
    expect(seen).toEqual([{ a: [1] }, {}]);
  });

  it('names its commands and its version', async () => {
    const { path } = await serve({ one: () => 1 });
    const client = await negotiated(path);
    client.send('{"execute":"query-commands"}{"execute":"query-version"}');
    const names = ((await client.next()).return as { name: string }[]).map(({ name }) => name).sort();
    expect(names).toEqual(['one', 'qmp_capabilities', 'query-commands', 'query-version']);
    expect(await client.next()).toMatchObject({ return: { qemu: { major: 1, minor: 2, micro: 3 } } });
  });

  it('answers failures with their class and words', async () => {
    const { path } = await serve({
      device: () => {
        throw new QmpError('DeviceNotFound', 'There is no such device.');
      },
      broken: async () => {
        throw new RangeError('too far');
      },
    });
    const client = await negotiated(path);
    client.send('{"execute":"device"}');
    expect(errorOf(await client.next())).toEqual({ class: 'DeviceNotFound', desc: 'There is no such device.' });
    client.send('{"execute":"broken"}');
    expect(errorOf(await client.next())).toEqual({ class: 'GenericError', desc: 'too far' });
    client.send('{"execute":"no-such"}');
    expect(errorOf(await client.next()).class).toBe('CommandNotFound');
    client.send('{"execute":"__proto__"}');
    expect(errorOf(await client.next()).class).toBe('CommandNotFound');
  });

  it('does not let a long command hold up a short one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { path } = await serve({ long: () => promise, short: () => resolve() });
    const client = await negotiated(path);
    client.send('{"execute":"long","id":1}{"execute":"short","id":2}');
    expect(await client.next()).toEqual({ return: {}, id: 2 });
    expect(await client.next()).toEqual({ return: {}, id: 1 });
  });

  it.each([
    ['words', 'hello there\n'],
    ['an array', '[1,2]\n'],
    ['broken JSON', '{"execute" "x"}'],
    ['no command', '{"id":1}'],
    ['a number as command', '{"execute":7}'],
    ['a list as arguments', '{"execute":"hello","arguments":[]}'],
    ['a member that is not known', '{"execute":"hello","extra":1}'],
  ])('answers %s with an error and goes on', async (_name, garbage) => {
    const { path } = await serve({ hello: () => 'world' });
    const client = await negotiated(path);
    client.send(garbage);
    expect(errorOf(await client.next()).class).toBe('GenericError');
    client.send('{"execute":"hello"}');
    expect(await client.next()).toEqual({ return: 'world' });
  });

  it('closes on whoever sends nothing but garbage, and serves the next one', async () => {
    const { path } = await serve({ hello: () => 'world' });
    const noisy = rawClient(path);
    noisy.send('GET / HTTP/1.1\r\n'.repeat(20));
    await noisy.closed;
    const client = await negotiated(path);
    client.send('{"execute":"hello"}');
    expect(await client.next()).toEqual({ return: 'world' });
  });

  it('closes on a message without end', async () => {
    const { path } = await serve();
    const client = await negotiated(path);
    client.send(`{"execute":"${'x'.repeat(2 ** 20)}`);
    expect(errorOf(await client.next()).desc).toContain('at most');
    await client.closed;
  });

  it('tells a second client that the monitor is taken, and leaves the first one alone', async () => {
    const { path } = await serve({ hello: () => 'world' });
    const owner = await negotiated(path);
    const stray = rawClient(path);
    expect(errorOf(await stray.next()).desc).toContain('owns this monitor');
    await stray.closed;
    owner.send('{"execute":"hello"}');
    expect(await owner.next()).toEqual({ return: 'world' });
  });

  it('is not locked by a client that connects and says nothing', async () => {
    const { path } = await serve({ hello: () => 'world' });
    const idle = rawClient(path);
    await idle.next();
    const client = await negotiated(path);
    client.send('{"execute":"hello"}');
    expect(await client.next()).toEqual({ return: 'world' });
    idle.send('{"execute":"qmp_capabilities"}');
    expect(errorOf(await idle.next()).desc).toContain('owns this monitor');
  });

  it('serves the next owner when the first one is gone', async () => {
    const { path } = await serve({ hello: () => 'world' });
    const first = await negotiated(path);
    first.socket.destroy();
    await first.closed;
    await expect.poll(async () => (await negotiated(path).catch(() => undefined)) !== undefined).toBe(true);
  });

  it('sends events with their time to those who have negotiated, on every socket', async () => {
    const { server, path } = await serve();
    await server.listen(`${path}2`);
    const [one, two] = [await negotiated(path), await negotiated(`${path}2`)];
    server.emit('SHUTDOWN', { guest: true });
    server.emit('STOP');
    for (const client of [one, two]) {
      const event = await client.next();
      expect(event).toMatchObject({ event: 'SHUTDOWN', data: { guest: true } });
      const { seconds, microseconds } = event.timestamp as { seconds: number; microseconds: number };
      expect(Number.isInteger(seconds) && Number.isInteger(microseconds) && microseconds < 1e6).toBe(true);
      expect(await client.next()).not.toHaveProperty('data');
    }
  });

  it('lets the last reply go out before it closes', async () => {
    const { server, path } = await serve({ quit: () => void setImmediate(() => server.close()) });
    const client = await negotiated(path);
    client.send('{"execute":"quit"}');
    expect(await client.next()).toEqual({ return: {} });
    await client.closed;
  });
});
