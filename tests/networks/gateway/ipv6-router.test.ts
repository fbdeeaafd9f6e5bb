import { describe, expect, it } from 'vitest';
import { GLOBAL, guestOn, network } from './ipv6-network.ts';
import { GATEWAY6, ip6, PREFIX } from './scripted-guest6.ts';

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
