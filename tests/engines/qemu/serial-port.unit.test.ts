import { once } from 'node:events';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { SerialPort } from '../../../src/main/engines/qemu/serial-port.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

interface Bench {
  port: SerialPort;
  outputFile: string;
  /** What came in at the guest's end. */
  received(): string;
  server: Server;
}

async function makeBench(history = ''): Promise<Bench> {
  const folder = makeTempFolder();
  const paths = { outputFile: path.join(folder, 'serial.out'), socketPath: path.join(folder, 'serial.sock') };
  writeFileSync(paths.outputFile, history);
  let received = '';
  const server = createServer((socket) => socket.on('data', (bytes) => (received += bytes)).on('error', () => {}));
  server.listen(paths.socketPath);
  await once(server, 'listening');
  const port = new SerialPort(paths);
  onTestFinished(() => {
    port.close();
    server.close();
  });
  return { port, outputFile: paths.outputFile, received: () => received, server };
}

/** Collects what a stream brings. */
function collect(stream: Duplex): () => string {
  let text = '';
  stream.on('data', (bytes) => {
    text += bytes;
  });
  return () => text;
}

it('gives each viewer the past, then what comes, to all of them', async () => {
  const { port, outputFile } = await makeBench('boot\n');
  const one = collect(await port.open());
  await expect.poll(one).toBe('boot\n');
  appendFileSync(outputFile, 'more\n');
  const other = collect(await port.open());
  await expect.poll(one).toBe('boot\nmore\n');
  await expect.poll(other).toBe('boot\nmore\n');
  for (let line = 0; line < 200; line += 1) appendFileSync(outputFile, `${line}\n`);
  await expect.poll(one).toMatch(/\n199\n$/);
  await expect.poll(() => other() === one()).toBe(true);
});

it('gives no more of the past than the embedded engine does', async () => {
  const { port } = await makeBench(`${'x'.repeat(1000)}${'y'.repeat(64 * 1024)}`);
  const text = collect(await port.open());
  await expect.poll(() => text().length).toBe(64 * 1024);
  expect(text()).not.toContain('x');
});

it('sends what viewers type to the guest', async () => {
  const { port, received } = await makeBench();
  const [one, other] = [await port.open(), await port.open()];
  one.write('root\n');
  await expect.poll(received).toBe('root\n');
  other.write('ls\n');
  await expect.poll(received).toBe('root\nls\n');
});

it('goes on when the guest was away for a moment', async () => {
  const { port, received, server } = await makeBench();
  const viewer = await port.open();
  viewer.write('one ');
  await expect.poll(received).toBe('one ');
  expect(server.listening).toBe(true);
  port.close();
  const next = await port.open();
  next.write('two');
  await expect.poll(received).toBe('one two');
});

it('ends its viewers with the machine, after the last words', async () => {
  const { port, outputFile } = await makeBench('hello ');
  const viewer = await port.open();
  const text = collect(viewer);
  await expect.poll(text).toBe('hello ');
  appendFileSync(outputFile, 'and goodbye');
  const closed = once(viewer, 'close');
  port.close();
  await closed;
  expect(text()).toBe('hello and goodbye');
});

it('gives the space of old output back, and loses nothing that comes later', async () => {
  const { port, outputFile } = await makeBench();
  const guest = await open(outputFile, 'r+'); // as QEMU writes: at its own place, wherever the file ends
  onTestFinished(() => guest.close());
  await guest.write('z'.repeat(17 * 1024 ** 2));
  await port.trim();
  await guest.write('after');
  const text = collect(await port.open());
  await expect.poll(text).toBe('after');
  truncateSync(outputFile, 0);
  await guest.write('!');
  await expect.poll(text).toBe('after!');
});

it('says that a machine without output cannot be viewed', async () => {
  const port = new SerialPort({ outputFile: '/no/such/file', socketPath: '/no/such/socket' });
  await expect(port.open()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});
