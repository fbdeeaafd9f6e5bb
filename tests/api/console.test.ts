import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { connectTo } from '../../src/main/api/client.ts';
import { ConsoleTickets, TICKET_LIFETIME_MS } from '../../src/main/api/console-tickets.ts';
import { MachineId } from '../../src/shared/model/machine.ts';
import { closeOf, openWebSocket } from './raw-http.ts';
import { type ServedLittleCore, serveLittleCore } from './served-little-core.ts';

async function openConsole(
  served: ServedLittleCore,
  protocols: string[] = [],
): Promise<{ socket: WebSocket; url: string }> {
  if (served.core.services.machines.list().length === 0) await served.core.services.machines.create({ name: 'web' });
  await using connection = await connectTo(served);
  const { path } = await connection.client.machine.openConsole({ machine: 'web', channel: 'screen' });
  const opening = await openWebSocket(served.url + path, {}, protocols);
  if ('refusal' in opening) throw new Error(`refused with ${opening.refusal.status}`);
  return { socket: opening.socket, url: served.url + path };
}

/** All bytes that the socket brings, until there are so many. */
async function readBytes(socket: WebSocket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const [chunk] = (await once(socket, 'message')) as [Buffer];
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

describe('a console over a WebSocket', () => {
  it('carries bytes both ways', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served);
    socket.send(Buffer.from([0, 1, 254, 255]));
    expect([...(await readBytes(socket, 4))]).toEqual([0, 1, 254, 255]);
    socket.terminate();
  });

  it('accepts the subprotocol that noVNC offers', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served, ['binary']);
    expect(socket.protocol).toBe('binary');
    socket.terminate();
  });

  it('opens once for a ticket', async () => {
    await using served = await serveLittleCore();
    const { socket, url } = await openConsole(served);
    const again = await openWebSocket(url);
    if ('refusal' in again) throw new Error('refused before the ticket was looked at');
    const { code, reason } = await closeOf(again.socket);
    expect(code).toBe(1011);
    expect(reason).toContain('unknown, used or too old');
    socket.terminate();
  });

  it('is refused from a foreign origin, ticket or not', async () => {
    await using served = await serveLittleCore();
    const opening = await openWebSocket(`${served.url}/console?ticket=x`, { origin: 'http://evil.example' });
    expect('refusal' in opening && opening.refusal.status).toBe(403);
  });

  it('lets go of the machine when the window goes', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served);
    await expect.poll(() => served.core.channels.length).toBe(1);
    socket.terminate();
    await expect.poll(() => served.core.channels[0]?.destroyed).toBe(true);
  });

  it('tells when the machine closes the channel', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served);
    await expect.poll(() => served.core.channels.length).toBe(1);
    const closed = closeOf(socket);
    served.core.channels[0]?.destroy();
    expect(await closed).toEqual({ code: 1000, reason: 'The machine has closed the channel.' });
  });

  it('tells in the close frame why a channel broke, however long the reason is', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served);
    await expect.poll(() => served.core.channels.length).toBe(1);
    const closed = closeOf(socket);
    served.core.channels[0]?.destroy(new Error('ü'.repeat(300)));
    expect(await closed).toEqual({ code: 1011, reason: 'ü'.repeat(61) });
  });

  it('slows a machine that sends faster than the window reads, and loses nothing', async () => {
    await using served = await serveLittleCore();
    const { socket } = await openConsole(served);
    await expect.poll(() => served.core.channels.length).toBe(1);
    const channel = served.core.channels[0] as Duplex;
    socket.pause();
    const chunk = Buffer.alloc(256 * 1024, 7);
    let sent = 0;
    while (!channel.isPaused() && sent < 64 * 1024 * 1024) {
      channel.push(chunk);
      sent += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(channel.isPaused()).toBe(true);
    socket.resume();
    expect((await readBytes(socket, sent)).length).toBe(sent);
    socket.terminate();
  });

  it('is a byte stream for programs', async () => {
    await using served = await serveLittleCore();
    await served.core.services.machines.create({ name: 'web' });
    await using connection = await connectTo(served);
    const stream = await connection.openChannel('web', 'serial');
    stream.write('echo');
    const [answer] = (await once(stream, 'data')) as [Buffer];
    expect(answer.toString()).toBe('echo');
    stream.destroy();
  });
});

describe('console tickets', () => {
  const machine = MachineId.parse('11111111-1111-4111-8111-111111111111');
  const runner = { openChannel: async () => new Duplex({ read() {}, write() {} }) };

  it('are worth nothing after 30 seconds', async () => {
    let nowMs = 0;
    const tickets = new ConsoleTickets(runner, () => nowMs);
    const early = tickets.issue(machine, 'screen');
    const late = tickets.issue(machine, 'screen');
    nowMs = TICKET_LIFETIME_MS - 1;
    expect(await tickets.redeem(early.ticket)).toBeInstanceOf(Duplex);
    nowMs = TICKET_LIFETIME_MS;
    await expect(tickets.redeem(late.ticket)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('cannot be guessed from each other', () => {
    const tickets = new ConsoleTickets(runner);
    const made = new Set(Array.from({ length: 100 }, () => tickets.issue(machine, 'serial').ticket));
    expect(made.size).toBe(100);
    for (const ticket of made) expect(ticket).toMatch(/^[\w-]{32}$/);
  });
});
