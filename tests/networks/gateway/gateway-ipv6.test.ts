import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ICMP6_TYPES } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import { formatIpv6, slaacAddress } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import type { UdpDatagram } from '../../../src/main/networks/gateway/packets/udp.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { GATEWAY6, HOST6, ip6, PREFIX, ScriptedGuest6 } from './scripted-guest6.ts';
import { createTestHost } from './test-host.ts';
import { GATEWAY_MAC, guestMac, type TestNetwork, testNetwork } from './test-network.ts';

const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true };
const GLOBAL = '2a01:4f8::5';
const PROHIBITED = { type: ICMP6_TYPES.unreachable, code: 1 };
const ADVERTISED = { type: ICMP6_TYPES.neighborAdvertisement, ttl: 255 };

/** A network that carries IPv6, of a host that has it or has it not. */
function network({ hostAddresses = ['127.0.0.1', '::1', GLOBAL], ...change } = {}): TestNetwork {
  const host = createTestHost(hostAddresses);
  return { ...testNetwork({ host, settings: { ...settings, ipv6Prefix: `${PREFIX}/64`, ...change } }), host };
}

const guestOn = (net: TestNetwork, number: number, profile: IsolationProfile = 'open'): ScriptedGuest6 =>
  new ScriptedGuest6(net.lan, `machine-${number}/0`, guestMac(number), profile);

/** A server on the host's IPv6 loopback. */
async function serve6(onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '::1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

describe('neighbours', () => {
  it('find the gateway and the host at their addresses, and nobody at others', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    for (const address of ['fe80::5054:ff:fe00:1', GATEWAY6, HOST6]) {
      const answer = await guest.whoHas(address);
      expect(answer).toMatchObject({ ...ADVERTISED, source: address, destination: formatIpv6(guest.address) });
      // Solicited, in place of what was known; the host is no router.
      expect(answer.rest[0]).toBe(address === HOST6 ? 0x60 : 0xe0);
    }
    void guest.whoHas(`${PREFIX}77`);
    expect((await guest.ping(GATEWAY6)).type).toBe(ICMP6_TYPES.echoReply);
  });

  it("that look for a double of the gateway's address hear of it, at all addresses", async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    const heard = guest.heard(ICMP6_TYPES.neighborAdvertisement);
    guest.lookForDouble(GATEWAY6);
    const answer = await heard;
    expect(answer).toMatchObject({ ...ADVERTISED, destination: 'ff02::1' });
    expect(answer.rest[0]).toBe(0xa0);
  });

  it('are known by the addresses that they look for doubles of, and each by its own', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    guest.lookForDouble(formatIpv6(guest.address));
    guest.lookForDouble(`${PREFIX}abcd`);
    guest.lookForDouble('2a01:4f8::77');
    await guest.ping(GATEWAY6);
    const addresses = [formatIpv6(guest.address), `${PREFIX}abcd`];
    expect(net.gateway.report().ipv6Addresses).toEqual([{ macAddress: guestMac(7), addresses }]);
    net.gateway.forgetPort('machine-7/0');
    expect(net.gateway.report().ipv6Addresses).toEqual([]);
  });

  it('are not believed from further away, nor for others, nor with lengths that lead nowhere', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    const claim = (target: string) => ({
      type: ICMP6_TYPES.neighborAdvertisement,
      code: 0,
      rest: Buffer.from(`20000000${ip6(target).toString(16)}0201525400000107`, 'hex'),
    });
    guest.sendIcmp(ip6(GATEWAY6), claim(`${PREFIX}a`), { ttl: 254 });
    guest.sendIcmp(ip6(GATEWAY6), { ...claim(`${PREFIX}b`), code: 1 }, { ttl: 255 });
    guest.sendIcmp(
      ip6(GATEWAY6),
      { ...claim(`${PREFIX}c`), rest: claim(`${PREFIX}c`).rest.fill(0, 21, 22) },
      { ttl: 255 },
    );
    guest.claim(`${PREFIX}d`, 0x525400000999);
    await guest.ping(GATEWAY6);
    expect(net.gateway.report().ipv6Addresses).toMatchObject([{ addresses: [formatIpv6(guest.address)] }]);
  });

  it('cannot have the address of another, nor speak with it, nor be the gateway', async () => {
    await using net = network();
    const [guest, thief] = [guestOn(net, 7), guestOn(net, 8)];
    guest.claim(`${PREFIX}77`);
    await guest.ping(GATEWAY6);
    thief.claim(`${PREFIX}77`);
    thief.claim(GATEWAY6);
    // Its owner has not even said anything with it: it is made of its MAC address.
    thief.claim(formatIpv6(slaacAddress(ip6(PREFIX), guest.mac)));
    const own = thief.address;
    for (const address of [`${PREFIX}77`, GATEWAY6, '2a01:4f8::99', '::', 'fd12:3456:789a:2::7']) {
      thief.address = ip6(address);
      thief.sendUdp(GLOBAL, 53, Buffer.from('x'));
    }
    thief.address = own;
    await thief.ping(GATEWAY6);
    expect(net.gateway.refusals('machine-8/0').map(({ rule }) => rule)).toEqual(Array(8).fill('gateway.spoofed'));
    expect(net.gateway.refusals('machine-7/0')).toEqual([]);
    expect(net.host.asked).toEqual([]);
  });
});

describe('a router', () => {
  const option = (rest: Uint8Array, kind: number): Buffer => {
    for (let at = 12; at < rest.length; at += (rest[at + 1] ?? 0) * 8) {
      if (rest[at] === kind) return Buffer.from(rest.subarray(at, at + (rest[at + 1] ?? 0) * 8));
    }
    return expect.fail(`There is no option ${kind}`);
  };

  it('is there for who asks, with prefix, name server, domain and MTU', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    const { rest, ...heard } = await guest.askForRouter();
    expect(heard).toMatchObject({ ttl: 255, source: 'fe80::5054:ff:fe00:1', destination: 'ff02::1' });
    expect([rest[0], rest[1], Buffer.from(rest).readUInt16BE(2)]).toEqual([64, 0, 1800]);
    expect(option(rest, 1).toString('hex')).toBe('0101525400000001');
    expect(option(rest, 5).readUInt32BE(4)).toBe(1500);
    const prefix = option(rest, 3);
    expect([prefix[2], prefix[3], prefix.readUInt32BE(4), prefix.readUInt32BE(8)]).toEqual([64, 0xc0, 86_400, 14_400]);
    expect(prefix.subarray(16).toString('hex')).toBe(ip6(PREFIX).toString(16));
    expect(option(rest, 25).subarray(8).toString('hex')).toBe(ip6(GATEWAY6).toString(16));
    expect(option(rest, 31).subarray(8, 13).toString('latin1')).toBe('\x03inn\0');
    // Before it has any address.
    expect((await guest.askForRouter(0n)).destination).toBe('ff02::1');
  });

  it.each([
    ['the host has no IPv6', {}, ['127.0.0.1', '::1', 'fe80::1', 'fd00::2', '2001:db8::1'], 'open'],
    ['the network has no outside', { hasOutside: false }, [GLOBAL], 'open'],
    ['the machine is offline', {}, [GLOBAL], 'offline'],
  ] as const)('is no way out where %s, and no names lead there', async (_why, change, hostAddresses, profile) => {
    await using net = network({ ...change, hostAddresses: [...hostAddresses] });
    net.host.names = async (name, type) =>
      type === 'A' ? [{ name, type, ttl: 5, data: '203.0.113.7' }] : [{ name, type: 'AAAA', ttl: 5, data: GLOBAL }];
    const guest = guestOn(net, 7, profile);
    expect(Buffer.from((await guest.askForRouter()).rest).readUInt16BE(2)).toBe(0);
    const { rcode, answers } = await guest.ask('www.example');
    expect(answers).toEqual([]);
    if (profile === 'open' && !('hasOutside' in change)) {
      expect(rcode).toBe('NOERROR');
      expect((await guest.ask('www.example', 'A')).answers).toMatchObject([{ data: '203.0.113.7' }]);
    }
  });

  it('is not there for machines in quarantine, nor where packets are too small', async () => {
    await using net = network();
    const shut = guestOn(net, 7, 'quarantine');
    void shut.askForRouter();
    await guestOn(net, 8).ping(GATEWAY6);
    expect(net.gateway.refusals('machine-7/0')).toMatchObject([{ rule: 'quarantine.nothing', protocol: 'icmp' }]);
    await using small = network({ mtu: 1000 } as object);
    const guest = guestOn(small, 7);
    guest.on('icmp', () => expect.fail('There is no IPv6 here'));
    void guest.askForRouter();
    await small.guest(20);
  });
});

describe('the gateway over IPv6', () => {
  it('answers pings, for itself and for the host, also larger than a frame', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    for (const address of [GATEWAY6, HOST6]) {
      const reply = await guest.ping(address, 5000);
      expect(reply).toMatchObject({ type: ICMP6_TYPES.echoReply, source: address });
      expect(reply.rest).toHaveLength(5004);
    }
    guest.address = guest.linkLocal;
    expect(await guest.ping('fe80::5054:ff:fe00:1')).toMatchObject({ source: 'fe80::5054:ff:fe00:1' });
  });

  it('says what is wrong with a packet', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    const heard = async (send: () => void) => {
      const message = once(guest, 'icmp');
      send();
      const [{ type, code, rest, source }] = (await message) as [Awaited<ReturnType<ScriptedGuest6['ping']>>];
      expect([source, Buffer.from(rest.subarray(4, 5)).toString('hex')]).toEqual([GATEWAY6, '60']);
      return { type, code, word: Buffer.from(rest).readUInt32BE(0) };
    };
    const udp = (to: string) => () => guest.sendUdp(to, 9999, Buffer.from('x'));
    const hop = () => guest.send(ip6(GLOBAL), 17, new Uint8Array(8), { ttl: 1 });
    expect(await heard(udp(GATEWAY6))).toMatchObject({ type: 1, code: 4 });
    expect(await heard(hop)).toMatchObject({ type: 3, code: 0 });
    expect(await heard(() => guest.send(ip6(GATEWAY6), 99, new Uint8Array(8)))).toEqual({ type: 4, code: 1, word: 6 });
    expect(await heard(udp('fe80::77'))).toMatchObject({ type: 1, code: 2 });
    expect(await heard(udp(`${PREFIX}77`))).toMatchObject({ type: 1, code: 3 });
    expect(await heard(() => void guest.ping('2a01:4f8::99'))).toMatchObject(PROHIBITED);
    expect(await heard(() => void guest.connect('2a01:4f8::99', 80))).toMatchObject({ type: 1, code: 3 });
  });

  it('says of a packet that is larger than the network how large one may be', async () => {
    await using net = network({ mtu: 1280 } as object);
    const guest = guestOn(net, 7);
    const heard = await guest.ping(GATEWAY6, 1300);
    expect([heard.type, Buffer.from(heard.rest).readUInt32BE(0)]).toEqual([ICMP6_TYPES.packetTooBig, 1280]);
    expect(heard.rest.length).toBe(1280 - 40 - 4);
  });

  it('never answers errors, groups and nobody', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    guest.sendIcmp(ip6('fe80::77'), { type: ICMP6_TYPES.unreachable, code: 0, rest: new Uint8Array(52) });
    guest.sendIcmp(ip6('ff02::1'), { type: ICMP6_TYPES.echoRequest, code: 0, rest: new Uint8Array(4) });
    guest.send(ip6(GATEWAY6), 99, new Uint8Array(8), { source: 0n });
    for (const address of ['::1', '::ffff:127.0.0.1', '::ffff:0:0', '::7f00:1', '::ffff:0:7f00:1']) {
      guest.send(ip6(address), 17, Buffer.from('1388003500080000', 'hex'));
    }
    expect((await guest.ping(GATEWAY6)).type).toBe(ICMP6_TYPES.echoReply);
    expect(net.host.asked).toEqual([]);
  });
});

describe('names over IPv6', () => {
  it('of machines, gateway and host have the addresses of both families, both ways', async () => {
    await using net = network();
    const guest = guestOn(net, 7);
    net.gateway.setNames([
      { name: 'Web', macAddress: guestMac(7) },
      { name: 'silent', macAddress: guestMac(9) },
      { name: 'printer', address: `${PREFIX}99` },
    ]);
    guest.claim(`${PREFIX}77`);
    const own = formatIpv6(guest.address);
    for (const name of ['web.inn', 'WEB.inn', 'web']) {
      expect((await guest.ask(name)).answers).toMatchObject([{ name, type: 'AAAA', data: own }]);
    }
    expect((await guest.ask('printer.inn')).answers).toMatchObject([{ data: `${PREFIX}99` }]);
    expect((await guest.ask('gateway.inn')).answers).toMatchObject([{ data: GATEWAY6 }]);
    expect((await guest.ask('host.inn')).answers).toMatchObject([{ data: HOST6 }]);
    expect((await guest.ask('host.inn', 'A')).answers).toMatchObject([{ data: '10.0.2.2' }]);
    expect(await guest.ask('web.inn', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await guest.ask('silent.inn')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    const reverse = (address: string) => `${[...ip6(address).toString(16)].reverse().join('.')}.ip6.arpa`;
    expect((await guest.ask(reverse(own), 'PTR')).answers).toMatchObject([{ data: 'web.inn' }]);
    expect((await guest.ask(reverse(HOST6), 'PTR')).answers).toMatchObject([{ data: 'host.inn' }]);
    expect((await guest.ask(reverse(`${PREFIX}1234`), 'PTR')).rcode).toBe('NXDOMAIN');
  });

  it('of the outside lead there where the host gets there itself', async () => {
    await using net = network();
    net.host.names = async (name, type) => [{ name, type: type as 'AAAA', ttl: 5, data: GLOBAL }];
    const guest = guestOn(net, 7);
    expect((await guest.ask('www.example')).answers).toMatchObject([{ type: 'AAAA', data: GLOBAL }]);
    guest.address = guest.linkLocal;
    expect((await guest.ask('www.example', 'AAAA', 'fe80::5054:ff:fe00:1')).answers).toHaveLength(1);
  });
});

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
