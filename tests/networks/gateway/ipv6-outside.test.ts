import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { formatIpv6 } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import type { UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { GLOBAL, guestOn, network, PROHIBITED } from './ipv6-network.ts';
import { GATEWAY6, HOST6, PREFIX } from './scripted-guest6.ts';

/** A server on the host's IPv6 loopback. */
async function serve6(onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '::1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

describe('the outside over IPv6', () => {
  it('is reached by connections: the host itself by its alias, where the profile allows it', async () => {
    await using net = network();
    using server = await serve6((socket) => socket.end('hello from the host'));
    net.host.lead('2a01:4f8::80', 80, server.port);
    const guest = guestOn(net, 7);
    const socket = guest.connect(HOST6, server.port);
    expect(await socket.ended.then(() => socket.text)).toBe('hello from the host');
    expect(net.host.asked).toEqual([`::1:${server.port}`]);
    expect(net.gateway.report().flows).toMatchObject([{ farAddress: HOST6, guestAddress: formatIpv6(guest.address) }]);
    expect(await guest.connect(HOST6, 1).closed).toBe('refused');
  });

  it.each([
    ['standard', HOST6, 'standard.host'],
    ['standard', GLOBAL, 'standard.host'],
    ['noLan', HOST6, 'noLan.private'],
    ['noLan', 'fd99::1', 'noLan.private'],
    ['noLan', '64:ff9b::a00:1', 'noLan.private'],
    ['offline', '2a01:4f8::99', 'offline.outside'],
  ] as const)('is refused to "%s" at %s by %s', async (profile, address, rule) => {
    await using net = network();
    const guest = guestOn(net, 7, profile);
    const heard = once(guest, 'icmp');
    guest.connect(address, 80);
    expect((await heard)[0]).toMatchObject(PROHIBITED);
    guest.sendUdp(address, 80, Buffer.from('x'));
    await once(guest, 'icmp');
    const told = { rule, destination: address, destinationPort: 80 };
    expect(net.gateway.refusals()).toMatchObject([
      { ...told, protocol: 'tcp' },
      { ...told, protocol: 'udp' },
    ]);
    expect(net.host.asked).toEqual([]);
  });

  it('gets datagrams and answers them, also larger than a frame', async () => {
    const echo = createSocket('udp6');
    echo.on('message', (data, { port, address }) =>
      echo.send(Buffer.concat([Buffer.from('re:'), data]), port, address),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    echo.bind(0, '::1', resolve);
    await promise;
    const { port } = echo.address();
    await using net = network();
    const guest = guestOn(net, 7);
    for (const size of [5, 9000]) {
      const heard = once(guest, 'udp 5000');
      guest.sendUdp(HOST6, port, Buffer.alloc(size, 'z'));
      const [datagram, from] = (await heard) as [UdpDatagram, string];
      expect(Buffer.from(datagram.payload).toString()).toBe(`re:${'z'.repeat(size)}`);
      expect([from, datagram.sourcePort]).toEqual([HOST6, port]);
    }
    echo.close();
  });

  it('explains itself for addresses of IPv6', async () => {
    await using net = network();
    const rule = (address: string, profile: IsolationProfile = 'standard') =>
      net.gateway.explain(profile, address).rule;
    expect(rule(GATEWAY6)).toBe('gateway.services');
    expect(rule('fe80::5054:ff:fe00:1')).toBe('gateway.services');
    expect(rule('FD12:3456:789A:1:0:0:0:2')).toBe('standard.host');
    expect(rule('::1')).toBe('standard.host');
    expect(rule(`${PREFIX}77`)).toBe('gateway.network');
    expect(rule('2a01:4f8::99')).toBe('standard.outside');
    expect(rule('fd99::1', 'noLan')).toBe('noLan.private');
  });
});
