import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { writeEthernet } from '../../../src/main/networks/gateway/packets/ethernet.ts';
import { writeIpv4Header } from '../../../src/main/networks/gateway/packets/ipv4.ts';
import type { UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import { serve } from './test-host.ts';
import { GATEWAY_MAC, testNetwork } from './test-network.ts';

const PROHIBITED = { type: 3, code: 13 };
const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true };

async function echoServer() {
  const socket = createSocket('udp4');
  socket.on('message', (data, { port, address }) =>
    socket.send(Buffer.concat([Buffer.from('re:'), data]), port, address),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, '127.0.0.1', resolve);
  await promise;
  return { port: (socket.address() as AddressInfo).port, [Symbol.dispose]: () => void socket.close() };
}

describe('the gateway', () => {
  it('answers who it is and pings, for itself and for the host', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    expect((await guest.ping('10.0.2.1')).type).toBe(0);
    expect(Buffer.from((await guest.ping('10.0.2.2')).rest).toString()).toContain('hello');
  });

  it('says of a ping to others that it may not send one', async () => {
    await using net = testNetwork();
    expect(await (await net.guest(20)).ping('203.0.113.7')).toMatchObject(PROHIBITED);
    expect(net.gateway.refusals()).toMatchObject([{ rule: 'gateway.protocol', protocol: 'icmp' }]);
  });

  it('says that nobody listens at a port of its own', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    guest.sendUdp('10.0.2.1', 9999, Buffer.from('x'));
    expect((await once(guest, 'icmp'))[0]).toMatchObject({ type: 3, code: 3 });
  });

  it('is one hop, as traceroute sees it', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    const frame = new Uint8Array(14 + 20 + 8);
    writeEthernet(frame, guest.gatewayMac, guest.mac, 0x0800);
    writeIpv4Header(frame, 14, {
      source: guest.address,
      destination: 0xcb007107,
      protocol: 17,
      payloadBytes: 8,
      identification: 1,
    });
    // One hop left, with the checksum that goes with it: 63 hops less are 0x3f00 more.
    frame[22] = 1;
    const sum = ((frame[24] ?? 0) << 8) + (frame[25] ?? 0) + 0x3f00;
    const folded = (sum & 0xffff) + (sum >>> 16);
    frame.set([folded >>> 8, folded & 255], 24);
    guest.cable.send(frame);
    expect((await once(guest, 'icmp'))[0]).toMatchObject({ type: 11 });
  });
});

describe('datagrams', () => {
  it('go out and come back, also larger than a frame', async () => {
    using echo = await echoServer();
    await using net = testNetwork();
    net.host.lead('203.0.113.7', 123, echo.port);
    const guest = await net.guest(20);
    for (const size of [5, 9000]) {
      const heard = once(guest, 'udp 5000');
      guest.sendUdp('203.0.113.7', 123, Buffer.alloc(size, 'z'));
      const [datagram, from] = (await heard) as [UdpDatagram, string];
      expect(Buffer.from(datagram.payload).toString()).toBe(`re:${'z'.repeat(size)}`);
      expect([from, datagram.sourcePort]).toEqual(['203.0.113.7', 123]);
    }
  });

  it('to port 0, which no system sends, harm nobody', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    guest.sendUdp('10.0.2.2', 0, Buffer.from('x'));
    expect(await guest.connect('10.0.2.2', 0).closed).toBe('refused');
    expect((await guest.ping('10.0.2.1')).type).toBe(0);
  });

  it('keep one port of the host for each port of a guest, up to a limit', async () => {
    using echo = await echoServer();
    await using net = testNetwork({ limits: { udpMappings: 2 } });
    net.host.lead('203.0.113.7', 123, echo.port);
    const guest = await net.guest(20);
    for (const port of [5000, 5000, 5001, 5002]) {
      guest.sendUdp('203.0.113.7', 123, Buffer.from('x'), port);
      if (port !== 5002) await once(guest, `udp ${port}`);
    }
    await guest.ping('10.0.2.1');
    expect(net.gateway.report().udpMappings).toBe(2);
    expect(net.gateway.refusals()).toMatchObject([{ rule: 'limit.udp' }]);
    net.gateway.forgetPort('machine-20/0');
    expect(net.gateway.report().udpMappings).toBe(0);
  });
});

describe('a profile', () => {
  it('"open" reaches a server on the host\'s loopback; "standard" does not, and can say why', async () => {
    await using net = testNetwork();
    const { server, port } = await serve((socket) => socket.end('hello from the host'));
    const open = (await net.guest(20, 'open')).connect('10.0.2.2', port);
    await open.ended;
    expect(open.text).toBe('hello from the host');
    const guest = await net.guest(21, 'standard');
    for (const address of ['10.0.2.2', '127.0.0.1', '192.0.2.200']) {
      const heard = once(guest, 'icmp');
      guest.connect(address, port);
      expect((await heard)[0]).toMatchObject(PROHIBITED);
    }
    expect(net.host.asked).toEqual([`127.0.0.1:${port}`]);
    expect(net.gateway.refusals('machine-21/0')).toMatchObject([
      { rule: 'standard.host', destination: '10.0.2.2', destinationPort: port, protocol: 'tcp' },
      { rule: 'standard.host', destination: '127.0.0.1' },
      { rule: 'standard.host', destination: '192.0.2.200' },
    ]);
    expect(net.gateway.report().refusalCounts).toEqual({ 'standard.host': 3 });
    server.close();
  });

  it('"noLan" is checked at the address really connected to, whatever name it had', async () => {
    await using net = testNetwork();
    net.host.names = async (name, type) => [{ name, type: type as 'A', ttl: 1, data: '192.168.1.1' }];
    const guest = await net.guest(20, 'noLan');
    expect((await guest.ask('rebind.example')).answers).toMatchObject([{ data: '192.168.1.1' }]);
    const heard = once(guest, 'icmp');
    guest.connect('192.168.1.1', 80);
    expect((await heard)[0]).toMatchObject(PROHIBITED);
    guest.sendUdp('169.254.169.254', 80, Buffer.from('x'));
    await once(guest, 'icmp');
    expect(net.gateway.refusals().map(({ rule }) => rule)).toEqual(['noLan.private', 'noLan.private']);
    expect(net.host.asked).toEqual([]);
  });

  it('that changes cuts connections that it no longer allows', async () => {
    await using net = testNetwork();
    const { server, port } = await serve((socket) => socket.resume());
    net.host.lead('203.0.113.7', 80, port);
    const guest = await net.guest(20);
    const socket = guest.connect('203.0.113.7', 80);
    await socket.opened;
    guest.cable.setProfile('offline');
    socket.endpoint.write(Buffer.from('still there?'));
    expect(await socket.closed).toBe('reset');
    expect(net.gateway.refusals()).toMatchObject([{ rule: 'offline.outside', destination: '203.0.113.7' }]);
    server.close();
  });

  it('"quarantine" is not even heard', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    guest.cable.setProfile('quarantine');
    guest.connect('203.0.113.7', 80);
    guest.sendUdp('10.0.2.1', 53, Buffer.from('x'));
    await (await net.guest(21)).ping('10.0.2.1');
    expect(net.gateway.refusals('machine-20/0').map(({ rule }) => rule)).toEqual([
      'quarantine.nothing',
      'quarantine.nothing',
    ]);
  });

  it('reaches nothing beyond a network that has no outside, whatever it is', async () => {
    await using net = testNetwork({ settings: { ...settings, hasOutside: false } });
    const guest = await net.guest(20, 'open');
    for (const address of ['203.0.113.7', '10.0.2.2']) {
      const heard = once(guest, 'icmp');
      guest.connect(address, 80);
      expect((await heard)[0]).toMatchObject(PROHIBITED);
    }
    expect(net.gateway.refusals().map(({ rule }) => rule)).toEqual(['gateway.noOutside', 'gateway.noOutside']);
    expect(net.gateway.explain('open', '203.0.113.7')).toMatchObject({ isAllowed: false, rule: 'gateway.noOutside' });
  });
});
