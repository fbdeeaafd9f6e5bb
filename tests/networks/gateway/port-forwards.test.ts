import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import type { PortForward } from '../../../src/main/networks/gateway/port-forward.ts';
import { findPortHolder } from '../../../src/main/networks/gateway/port-holder.ts';
import { serve } from './test-host.ts';
import { guestMac, testNetwork } from './test-network.ts';

const forward = (rest: Partial<PortForward> = {}): PortForward => ({
  id: 'web',
  protocol: 'tcp',
  hostAddress: '127.0.0.1',
  hostPort: 0,
  target: { address: '10.0.2.20' },
  guestPort: 80,
  ...rest,
});

/** All that comes until the end; rejects with the error of the connection. */
async function readAll(port: number, say = 'GET'): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end(say);
  let text = '';
  for await (const part of socket) text += part;
  return text;
}

describe('a port forward', () => {
  it('leads to the guest by its address and by its adapter, until it is removed', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20, 'standard');
    await guest.lease();
    guest.listen(80, (socket) => {
      void socket.ended.then(() => {
        socket.endpoint.write(Buffer.from(`you said ${socket.text}`));
        socket.endpoint.end();
      });
    });
    const port = await net.gateway.addForward(forward({ target: { macAddress: guestMac(20) } }));
    expect(await readAll(port)).toBe('you said GET');
    expect(net.gateway.report().forwards).toMatchObject([{ id: 'web', hostPort: port, connections: 1 }]);
    const other = await net.gateway.addForward(forward({ id: 'two', target: { address: '10.0.2.15' } }));
    expect(await readAll(other, 'POST')).toBe('you said POST');
    expect([net.gateway.removeForward('web'), net.gateway.removeForward('web')]).toEqual([true, false]);
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('resets the client when the guest refuses, or is not there', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    const port = await net.gateway.addForward(forward());
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    guest.cable.unplug();
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const absent = await net.gateway.addForward(forward({ id: 'absent', target: { macAddress: guestMac(77) } }));
    await expect(readAll(absent)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('leads to no machine that is offline or in quarantine, and says why', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20, 'offline');
    const port = await net.gateway.addForward(forward({ target: { macAddress: guestMac(20) } }));
    await guest.lease();
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    guest.cable.setProfile('quarantine');
    await expect(readAll(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(net.gateway.refusals().map(({ rule }) => rule)).toEqual(['offline.outside', 'quarantine.nothing']);
  });

  it('names the program that holds the port', async () => {
    await using net = testNetwork();
    const { server, port } = await serve(() => undefined);
    const failure = net.gateway.addForward(forward({ hostPort: port }));
    await expect(failure).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`TCP port ${port} of '127.0.0.1'`),
      ...(process.platform === 'linux' ? { details: { holder: { pid: process.pid } } } : {}),
    });
    expect(net.gateway.report().forwards).toEqual([]);
    server.close();
    await once(server, 'close');
    expect(await net.gateway.addForward(forward({ hostPort: port }))).toBe(port);
    await expect(net.gateway.addForward(forward())).rejects.toMatchObject({ code: 'NAME_IN_USE' });
  });

  it('names an address that the host does not have', async () => {
    await using net = testNetwork();
    await expect(net.gateway.addForward(forward({ hostAddress: '203.0.113.1' }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });

  it('knows of no holder where there is none', async () => {
    expect(await findPortHolder('tcp', 1)).toBeUndefined();
  });

  it('holds the client while its machine is woken, also until its server has begun', async () => {
    const woken = Promise.withResolvers<PortForward>();
    await using net = testNetwork({
      onWaiting: (which) => {
        woken.resolve(which);
        return true;
      },
    });
    const port = await net.gateway.addForward(forward());
    const answer = readAll(port);
    expect(await woken.promise).toMatchObject({ id: 'web' });
    const guest = await net.guest(20);
    // The machine is up, its server is not: the first attempt is refused.
    await once(guest, 'segment');
    guest.listen(80, (socket) => {
      socket.endpoint.end();
      void socket.opened.then(() => {
        socket.endpoint.write(Buffer.from('good morning'));
        socket.endpoint.end();
      });
    });
    expect(await answer).toBe('good morning');
  });

  it('lets go of a client that waits when it is removed', async () => {
    await using net = testNetwork({ onWaiting: () => true });
    const port = await net.gateway.addForward(forward({ target: { macAddress: guestMac(77) } }));
    const answer = readAll(port);
    const refused = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (net.gateway.report().forwards[0]?.connections === 0) await new Promise(setImmediate);
    net.gateway.removeForward('web');
    await refused;
  });

  it('of UDP holds datagrams while its machine is woken, and delivers them in order', async () => {
    let isAsleep = true;
    const woken = Promise.withResolvers<PortForward>();
    await using net = testNetwork({
      isAsleep: () => isAsleep,
      onWaiting: (which) => {
        woken.resolve(which);
        return true;
      },
    });
    const port = await net.gateway.addForward(forward({ protocol: 'udp', guestPort: 53 }));
    const client = createSocket('udp4');
    const answered = once(client, 'message');
    for (const word of ['wake', 'up', 'please']) client.send(word, port, '127.0.0.1');
    expect(await woken.promise).toMatchObject({ id: 'web' });
    const guest = await net.guest(20);
    const words: string[] = [];
    const heard = Promise.withResolvers<UdpDatagram>();
    guest.on('udp 53', (datagram: UdpDatagram) => {
      if (words.push(Buffer.from(datagram.payload).toString()) === 3) heard.resolve(datagram);
    });
    isAsleep = false;
    const { sourcePort } = await heard.promise;
    expect(words).toEqual(['wake', 'up', 'please']);
    guest.sendUdp('10.0.2.1', sourcePort, Buffer.from('good morning'), 53);
    expect(String((await answered)[0])).toBe('good morning');
    client.close();
    expect(net.gateway.report().forwards).toMatchObject([{ connections: 1 }]);
  });

  it('of UDP keeps its clients apart', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    guest.on('udp 53', ({ sourcePort, payload }: UdpDatagram) => {
      guest.sendUdp('10.0.2.1', sourcePort, Buffer.from(`re:${Buffer.from(payload)}`), 53);
    });
    const port = await net.gateway.addForward(forward({ protocol: 'udp', guestPort: 53 }));
    const ask = async (say: string): Promise<string> => {
      const socket = createSocket('udp4');
      socket.send(say, port, '127.0.0.1');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      socket.close();
      return answer.toString();
    };
    expect(await Promise.all([ask('one'), ask('two'), ask('three')])).toEqual(['re:one', 're:two', 're:three']);
  });
});
