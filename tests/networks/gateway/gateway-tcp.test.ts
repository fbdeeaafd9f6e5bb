import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TcpSegment } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { serve } from './test-host.ts';
import { testNetwork } from './test-network.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function local(onConnection: (socket: Socket) => void): Promise<number> {
  const { server, port } = await serve(onConnection);
  servers.push(server);
  return port;
}

const OUTSIDE = '203.0.113.7';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a guest that connects to the outside', () => {
  it('reaches a server and hears its answer, and both ends close', async () => {
    await using net = testNetwork();
    const port = await local((socket) => socket.on('data', (data) => socket.end(`echo ${data}`)));
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(Buffer.from('hello'));
    await socket.ended;
    socket.endpoint.end();
    expect(await socket.closed).toBe('done');
    expect(socket.text).toBe('echo hello');
    expect(net.host.asked).toEqual([`${OUTSIDE}:80`]);
  });

  it('is refused when the host is refused', async () => {
    await using net = testNetwork();
    const { server, port } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    expect(await socket.closed).toBe('refused');
  });

  it('hears that a host is unreachable', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    const heard = once(guest, 'icmp');
    guest.connect('203.0.113.99', 80);
    expect((await heard)[0]).toMatchObject({ type: 3, code: 1 });
  });

  it('is reset when the server resets', async () => {
    await using net = testNetwork();
    const port = await local((socket) => socket.on('data', () => socket.resetAndDestroy()));
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(Buffer.from('x'));
    expect(await socket.closed).toBe('reset');
  });

  it('resets the server when it resets', async () => {
    await using net = testNetwork();
    const failed = Promise.withResolvers<string | undefined>();
    const port = await local((socket) =>
      socket.on('error', (error: NodeJS.ErrnoException) => failed.resolve(error.code)).resume(),
    );
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(Buffer.from('x'));
    socket.endpoint.abort();
    expect(await failed.promise).toBe('ECONNRESET');
  });

  it('may end its half and still hear all of a long answer', async () => {
    await using net = testNetwork();
    const answer = randomBytes(3_000_000);
    const port = await local((socket) => socket.on('end', () => socket.end(answer)).resume());
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.end();
    expect(await socket.closed).toBe('done');
    expect(socket.digest()).toBe(sha256(answer));
  });

  it('is answered with a reset when it speaks of a connection that is not there', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    const socket = guest.connect('10.0.2.1', 81);
    expect(await socket.closed).toBe('refused');
  });
});

describe('much data', () => {
  const MUCH = randomBytes(24 * 1024 * 1024);

  it('arrives whole in both directions at once', async () => {
    await using net = testNetwork();
    const hash = createHash('sha256');
    const hostRead = Promise.withResolvers<string>();
    const port = await local((socket) => {
      socket.on('data', (data) => hash.update(data)).on('end', () => hostRead.resolve(hash.digest('hex')));
      socket.end(MUCH);
    });
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(MUCH);
    socket.endpoint.end();
    expect(await hostRead.promise).toBe(sha256(MUCH));
    await socket.ended;
    expect(socket.digest()).toBe(sha256(MUCH));
  });

  it('arrives whole over a network that loses, doubles and reorders', async () => {
    let index = 0;
    const fate = () => {
      index += 1;
      return { copies: index % 97 === 0 ? 0 : index % 89 === 0 ? 2 : 1, isLate: index % 83 === 0 };
    };
    await using net = testNetwork({}, fate);
    const some = MUCH.subarray(0, 2_000_000);
    const hash = createHash('sha256');
    const hostRead = Promise.withResolvers<string>();
    const port = await local((socket) => {
      socket.on('data', (data) => hash.update(data)).on('end', () => hostRead.resolve(hash.digest('hex')));
      socket.end(some);
    });
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(some);
    socket.endpoint.end();
    expect(await hostRead.promise).toBe(sha256(some));
    await socket.ended;
    expect(socket.digest()).toBe(sha256(some));
  });

  it('waits at the server while the guest does not read', async () => {
    await using net = testNetwork({ limits: { tcpBufferBytes: 256 * 1024 } });
    let sent = 0;
    const stalled = Promise.withResolvers<void>();
    const port = await local((socket) => {
      const fill = (): void => {
        while (socket.write(MUCH.subarray(sent % 1_000_000, (sent % 1_000_000) + 65_536))) sent += 65_536;
        stalled.resolve();
      };
      fill();
    });
    net.host.lead(OUTSIDE, 80, port);
    const socket = (await net.guest(20)).connect(OUTSIDE, 80, { capacityBytes: 65_536 });
    socket.isReading = false;
    await socket.opened;
    await stalled.promise;
    await socket.received(60_000);
    // The guest's window, and what the gateway holds: what is beyond waits in the host's sockets.
    const [flow] = net.gateway.report().flows;
    expect(flow).toMatchObject({ direction: 'out', farAddress: OUTSIDE, state: 'open' });
    expect(socket.receivedBytes).toBeLessThanOrEqual(65_536);
    socket.readOn();
    await socket.received(65_536 * 4);
  });

  it('waits at the guest while the server does not read', async () => {
    await using net = testNetwork({ limits: { tcpBufferBytes: 256 * 1024 } });
    const accepted = Promise.withResolvers<Socket>();
    const port = await local((socket) => accepted.resolve(socket.pause()));
    net.host.lead(OUTSIDE, 80, port);
    const guest = await net.guest(20);
    const socket = guest.connect(OUTSIDE, 80);
    await socket.opened;
    socket.endpoint.write(MUCH);
    socket.endpoint.end();
    const server = await accepted.promise;
    // The kernel's own buffers take some megabytes; then the window stays shut, however often the guest asks.
    let shutInARow = 0;
    while (shutInARow < 4) {
      const [segment] = (await once(guest, 'segment')) as [TcpSegment];
      shutInARow = segment.window === 0 ? shutInARow + 1 : 0;
    }
    expect(socket.endpoint.bufferedBytes).toBeGreaterThan(MUCH.length / 2);
    const hash = createHash('sha256');
    server.on('data', (data) => hash.update(data)).resume();
    await once(server, 'end');
    expect(hash.digest('hex')).toBe(sha256(MUCH));
  });
});

describe('limits', () => {
  it('refuse connections beyond those that one machine may have, and no other machine suffers', async () => {
    await using net = testNetwork({ limits: { tcpFlows: 5 } });
    const port = await local(() => undefined);
    net.host.lead(OUTSIDE, 80, port);
    const guest = await net.guest(20);
    const sockets = Array.from({ length: 5 }, () => guest.connect(OUTSIDE, 80));
    await Promise.all(sockets.map(({ opened }) => opened));
    expect(await guest.connect(OUTSIDE, 80).closed).toBe('refused');
    expect(net.gateway.refusals('machine-20/0').at(-1)).toMatchObject({ rule: 'limit.tcp', destination: OUTSIDE });
    const other = (await net.guest(21)).connect(OUTSIDE, 80);
    await other.opened;
    net.gateway.forgetPort('machine-20/0');
    expect(net.gateway.report().flows).toHaveLength(1);
  });

  it('keep a machine from the connections of another', async () => {
    await using net = testNetwork();
    const port = await local(() => undefined);
    net.host.lead(OUTSIDE, 80, port);
    const victim = await net.guest(20);
    const socket = victim.connect(OUTSIDE, 80);
    await socket.opened;
    const thief = await net.guest(21);
    // The same addresses and ports, from another adapter: a reset that would fit.
    thief.address = victim.address;
    thief.connect(OUTSIDE, 80);
    await thief.ping('10.0.2.1').catch(() => undefined);
    expect(net.gateway.refusals('machine-21/0').at(-1)?.rule).toBe('gateway.spoofed');
    expect(socket.endpoint.state).toBe('open');
  });
});
