import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { GuestSocket } from './guest-socket.ts';
import { guestMac, type TestNetwork, testNetwork } from './test-network.ts';

const PATIENT = { timeout: 15_000 };

const forwardTo = (net: TestNetwork, number = 20): Promise<number> =>
  net.gateway.addForward({
    ...{ id: 'web', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 },
    target: number === 20 ? { address: '10.0.2.20' } : { macAddress: guestMac(number) },
  });

/** A client of the host; how it closed is its code, or `closed`. */
function client(port: number): { socket: Socket; closed: Promise<string> } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
  socket.once('close', () => resolve('closed'));
  return { socket, closed };
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const part of socket.setEncoding('utf8')) text += part;
  return text;
}

/** A forward with one connection through it, open at both ends. */
async function joined(net: TestNetwork) {
  const guest = await net.guest(20);
  const taken = Promise.withResolvers<GuestSocket>();
  guest.listen(80, (socket) => taken.resolve(socket));
  const { socket, closed } = client(await forwardTo(net));
  const inGuest = await taken.promise;
  await inGuest.opened;
  return { guest, socket, closed, inGuest };
}

describe('a connection through a port forward', () => {
  it('goes on in one direction when the other has ended', async () => {
    await using net = testNetwork();
    const { socket, closed, inGuest } = await joined(net);
    inGuest.endpoint.write(Buffer.from('all that I have to say'));
    inGuest.endpoint.end();
    expect(await textOf(socket)).toBe('all that I have to say');
    const much = randomBytes(2_000_000);
    socket.end(much);
    await inGuest.ended;
    expect(inGuest.receivedBytes).toBe(much.length);
    expect([await inGuest.closed, await closed]).toEqual(['done', 'closed']);
    await expect.poll(() => net.gateway.report().flows, PATIENT).toEqual([]);
  });

  it('is reset at the other end when one end resets it', async () => {
    await using net = testNetwork();
    const byGuest = await joined(net);
    byGuest.inGuest.endpoint.abort();
    expect(await byGuest.closed).toBe('ECONNRESET');
    net.gateway.removeForward('web');
    const byClient = await joined(net);
    byClient.socket.resetAndDestroy();
    expect(await byClient.inGuest.closed).toBe('reset');
    await expect.poll(() => net.gateway.report().flows, PATIENT).toEqual([]);
  });

  it('ends when its guest is reset, as soon as somebody speaks', async () => {
    await using net = testNetwork();
    const { guest, socket, closed } = await joined(net);
    guest.cable.unplug(); // without a word: the guest that begins anew knows of no connection
    await net.guest(20);
    socket.write('are you there?');
    expect(await closed).toBe('ECONNRESET');
    await expect.poll(() => net.gateway.report().flows, PATIENT).toEqual([]);
  });

  it('ends when the cable of its guest is pulled', async () => {
    await using net = testNetwork();
    const { guest, closed } = await joined(net);
    guest.cable.unplug();
    net.gateway.forgetPort('machine-20/0');
    expect(await closed).toBe('ECONNRESET');
    expect(net.gateway.report().flows).toEqual([]);
  });

  it('survives the removal of the forward', async () => {
    await using net = testNetwork();
    const { socket, inGuest } = await joined(net);
    net.gateway.removeForward('web');
    socket.end('still here');
    await inGuest.ended;
    expect(inGuest.text).toBe('still here');
  });
});

describe('many connections at once', () => {
  it('each get their own answer, and leave nothing behind: 200 of them', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    guest.listen(80, (socket) => {
      void socket.received(4).then(() => {
        socket.endpoint.write(Buffer.from(`you are ${socket.text}`));
        socket.endpoint.end();
      });
    });
    const port = await forwardTo(net);
    const names = Array.from({ length: 200 }, (_, number) => String(number).padStart(4, '0'));
    const answers = names.map(async (name) => {
      const { socket } = client(port);
      socket.write(name);
      return textOf(socket).finally(() => socket.end()); // the guest ends first: it lingers, and not the gateway
    });
    expect(await Promise.all(answers)).toEqual(names.map((name) => `you are ${name}`));
    expect(net.gateway.report().forwards).toMatchObject([{ connections: 200 }]);
    await expect.poll(() => net.gateway.report().flows.length, PATIENT).toBe(0);
  });

  it('are no more than one machine may have; the others are reset at once', async () => {
    await using net = testNetwork({ limits: { tcpFlows: 50 } });
    const guest = await net.guest(20);
    guest.listen(80, () => undefined);
    const port = await forwardTo(net);
    const clients = Array.from({ length: 200 }, () => client(port));
    const ends: string[] = [];
    for (const { closed } of clients) void closed.then((end) => ends.push(end));
    await expect.poll(() => ends.length, PATIENT).toBe(150);
    expect(new Set(ends)).toEqual(new Set(['ECONNRESET']));
    expect(net.gateway.report().flows).toHaveLength(50);
    for (const { socket } of clients) socket.resetAndDestroy();
    await expect.poll(() => net.gateway.report().flows.length, PATIENT).toBe(0);
  });

  it('wait for a machine that sleeps only up to a number', async () => {
    await using net = testNetwork({ onWaiting: () => true, isAsleep: () => true });
    const port = await forwardTo(net, 77);
    const clients = Array.from({ length: 200 }, () => client(port));
    const ends: string[] = [];
    for (const { closed } of clients) void closed.then((end) => ends.push(end));
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect').catch(() => undefined)));
    await expect.poll(() => ends.length, PATIENT).toBe(136);
    net.gateway.removeForward('web');
    await Promise.all(clients.map(({ closed }) => closed));
    expect(ends.every((end) => end === 'ECONNRESET')).toBe(true);
  });
});
