import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ICMP6_TYPES } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import { formatIpv6 } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import { GLOBAL, guestOn, network, PROHIBITED } from './ipv6-network.ts';
import { GATEWAY6, HOST6, ip6, PREFIX, type ScriptedGuest6 } from './scripted-guest6.ts';
import { guestMac } from './test-network.ts';

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
