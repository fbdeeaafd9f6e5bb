import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createQmpServer, type QmpCommand, type QmpServer } from '../../../src/main/engines/qmp/server.ts';

/** A folder for sockets that is gone after the test. */
export async function socketFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'qmp-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server with these commands on a socket of its own; ends with the test. */
export async function serve(commands: Record<string, QmpCommand> = {}): Promise<{ server: QmpServer; path: string }> {
  const server = createQmpServer({ version: { major: 1, minor: 2, micro: 3 }, package: 'innkeeper', commands });
  const socket = path.join(await socketFolder(), 'qmp.sock');
  await server.listen(socket);
  onTestFinished(() => server.close());
  return { server, path: socket };
}

export interface RawClient {
  socket: Socket;
  send(text: string): void;
  /** The next message, parsed. Rejects when the connection ends first. */
  next(): Promise<Record<string, unknown>>;
  closed: Promise<void>;
}

/** A client that knows nothing of QMP but that messages stand on lines. */
export function rawClient(socketPath: string): RawClient {
  const socket = connect(socketPath);
  onTestFinished(() => {
    socket.destroy();
  });
  const lines: string[] = [];
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const parts = text.split('\n');
    text = parts.pop() ?? '';
    for (const line of parts) {
      const first = waiting.shift();
      if (first) first.resolve(line);
      else lines.push(line);
    }
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => {
    for (const { reject } of waiting.splice(0)) reject(new Error('The connection has ended.'));
  });
  socket.on('error', () => socket.destroy());
  return {
    socket,
    closed,
    send: (message) => socket.write(message),
    async next() {
      const line = lines.shift() ?? (await new Promise<string>((resolve, reject) => waiting.push({ resolve, reject })));
      return JSON.parse(line) as Record<string, unknown>;
    },
  };
}

/** A raw client that has read the greeting and negotiated. */
export async function negotiated(socketPath: string): Promise<RawClient> {
  const client = rawClient(socketPath);
  await client.next();
  client.send('{"execute":"qmp_capabilities"}');
  await client.next();
  return client;
}
