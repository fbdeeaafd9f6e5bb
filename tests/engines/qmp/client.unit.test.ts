import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QmpClient } from '../../../src/main/engines/qmp/client.ts';
import { QmpLink, type QmpLinkListener } from '../../../src/main/engines/qmp/link.ts';
import { QmpError, type QmpEvent } from '../../../src/main/engines/qmp/protocol.ts';
import { serve, socketFolder } from './monitor.ts';

const timeoutMs = 5_000;
const GREETING = '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":0},"package":""},"capabilities":["oob"]}}\r\n';

async function connected(socketPath: string): Promise<QmpClient> {
  const client = await QmpClient.connect(socketPath, { timeoutMs });
  onTestFinished(() => client.close());
  return client;
}

/** An engine of the test's own: gets each line that comes in. */
async function listen(onSocket: (socket: Socket) => void): Promise<string> {
  const socketPath = path.join(await socketFolder(), 'engine.sock');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onTestFinished(() => {
      socket.destroy();
    });
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => {
    server.close();
  });
  return socketPath;
}

function onLine(socket: Socket, listener: (message: Record<string, unknown>) => void): void {
  socket.on('data', (bytes) => {
    for (const line of bytes.toString().trim().split('\n')) listener(JSON.parse(line));
  });
}

describe('a QMP client', () => {
  it('calls a command and returns its answer', async () => {
    const { path: socketPath } = await serve({ add: ({ a, b }) => Number(a) + Number(b) });
    const client = await connected(socketPath);
    expect(await client.execute('add', { a: 2, b: 3 })).toBe(5);
  });

  it('finds the call of each answer, in whatever order they come', async () => {
    const socketPath = await listen((socket) => {
      socket.write(GREETING);
      const held: unknown[] = [];
      onLine(socket, ({ execute, id }) => {
        if (execute === 'qmp_capabilities') socket.write(JSON.stringify({ return: {}, id }));
        else held.push(id);
        if (held.length === 3)
          for (const each of held.reverse()) socket.write(JSON.stringify({ return: each, id: each }));
      });
    });
    const client = await connected(socketPath);
    const answers = await Promise.all([client.execute('a'), client.execute('b'), client.execute('c')]);
    expect(answers).toEqual([...answers].sort());
    expect(new Set(answers).size).toBe(3);
  });

  it("tells the engine's refusal in its words", async () => {
    const { path: socketPath } = await serve({
      refuse: () => {
        throw new QmpError('DeviceNotActive', 'The balloon is not there.');
      },
    });
    const client = await connected(socketPath);
    const error = await client.execute('refuse').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ENGINE_FAILED',
      details: { errorClass: 'DeviceNotActive', command: 'refuse' },
    });
    expect((error as Error).message).toContain('The balloon is not there.');
  });

  it('gives a call up when its time is over, and takes no harm from the late answer', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { path: socketPath } = await serve({ slow: () => promise, quick: () => 'quick' });
    const client = await connected(socketPath);
    await expect(client.execute('slow', {}, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    resolve('late');
    expect(await client.execute('quick')).toBe('quick');
  });

  it('hears events', async () => {
    const { server, path: socketPath } = await serve({ hello: () => 'world' });
    const client = await connected(socketPath);
    const heard: QmpEvent[] = [];
    const stop = client.onEvent((event) => heard.push(event));
    server.emit('STOP');
    await client.execute('hello');
    stop();
    server.emit('RESUME');
    await client.execute('hello');
    expect(heard.map(({ event }) => event)).toEqual(['STOP']);
  });

  it('fails what is under way when the engine goes away, and every call after it', async () => {
    const { server, path: socketPath } = await serve({ never: () => new Promise(() => undefined) });
    const client = await connected(socketPath);
    const call = client.execute('never').catch((thrown: unknown) => thrown);
    await server.close();
    expect(await call).toMatchObject({ code: 'ENGINE_FAILED' });
    await client.closed;
    await expect(client.execute('never')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('refuses an engine that writes no JSON', async () => {
    const socketPath = await listen((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    await expect(QmpClient.connect(socketPath, { timeoutMs })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('gives up on an engine that does not greet', async () => {
    const socketPath = await listen(() => undefined);
    await expect(QmpClient.connect(socketPath, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
  });

  it('can be cancelled while it connects', async () => {
    const abort = new AbortController();
    const socketPath = await listen(() => abort.abort());
    const connecting = QmpClient.connect(socketPath, { timeoutMs, signal: abort.signal });
    await expect(connecting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(QmpClient.connect(socketPath, { timeoutMs, signal: abort.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('says so when nobody listens', async () => {
    const socketPath = path.join(await socketFolder(), 'nobody.sock');
    await expect(QmpClient.connect(socketPath, { timeoutMs })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('says so when another client owns the monitor', async () => {
    const { path: socketPath } = await serve();
    await connected(socketPath);
    const error = await QmpClient.connect(socketPath, { timeoutMs }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENGINE_FAILED' });
    expect((error as Error).message).toContain('owns this monitor');
  });
});

describe('a link to an engine', () => {
  const silent: QmpLinkListener = { onEvent: () => {}, onHang: () => {}, onRecovery: () => {} };

  function linkTo(paths: string[], listener = silent): QmpLink {
    const link = new QmpLink(paths, listener);
    onTestFinished(() => link.close());
    return link;
  }

  it('takes the second monitor when another program holds the first', async () => {
    const { server, path: socketPath } = await serve({ hello: () => 'world' });
    await server.listen(`${socketPath}2`);
    await connected(socketPath);
    const link = linkTo([socketPath, `${socketPath}2`]);
    expect(await link.execute('hello')).toBe('world');
  });

  it('connects again when the connection was lost', async () => {
    const sockets: Socket[] = [];
    const socketPath = await listen((socket) => {
      sockets.push(socket);
      socket.write(GREETING);
      onLine(socket, ({ id }) => socket.write(JSON.stringify({ return: sockets.length, id })));
    });
    const link = linkTo([socketPath]);
    expect(await link.execute('count')).toBe(1);
    sockets[0]?.destroy();
    await link.lost();
    expect(await link.execute('count')).toBe(2);
  });

  it('tells once that the engine hangs, and that it recovered', async () => {
    const told: string[] = [];
    const { path: socketPath } = await serve({ never: () => new Promise(() => undefined), hello: () => 'world' });
    const link = linkTo([socketPath], {
      ...silent,
      onHang: () => told.push('hangs'),
      onRecovery: () => told.push('recovered'),
    });
    await link.connect();
    await expect(link.execute('never', {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await expect(link.execute('never', {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await link.execute('hello');
    await link.execute('hello');
    expect(told).toEqual(['hangs', 'recovered']);
  });
});
