import { describe, expect, it } from 'vitest';
import { ICMP6_TYPES } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import { formatIpv6, slaacAddress } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import { GLOBAL, guestOn, network } from './ipv6-network.ts';
import { GATEWAY6, HOST6, ip6, PREFIX } from './scripted-guest6.ts';
import { guestMac } from './test-network.ts';

const ADVERTISED = { type: ICMP6_TYPES.neighborAdvertisement, ttl: 255 };

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
