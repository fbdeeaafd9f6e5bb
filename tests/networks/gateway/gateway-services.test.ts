import dnsPacket from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { LeaseRecord } from '../../../src/main/networks/gateway/lease-record.ts';
import { formatIpv4, parseIpv4 } from '../../../src/main/networks/gateway/packets/addresses.ts';
import { DHCP_OPTIONS, readUint32Option, uint32Option } from '../../../src/main/networks/gateway/packets/dhcp.ts';
import { ScriptedGuest } from './scripted-guest.ts';
import { GATEWAY_MAC, guestMac, type TestNetwork, testNetwork } from './test-network.ts';

const ip = (text: string): number => parseIpv4(text) ?? expect.fail(text);
const newcomer = (net: TestNetwork, number: number, profile: 'open' | 'quarantine' = 'open') =>
  new ScriptedGuest(net.lan, `machine-${number}/0`, guestMac(number), profile);
const wish = (address: string) => new Map([[DHCP_OPTIONS.requestedAddress as number, uint32Option(ip(address))]]);
const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true };

describe('addresses', () => {
  it('are leased with all that a guest needs, and kept for the core to store', async () => {
    const leases: LeaseRecord[] = [];
    await using net = testNetwork({ onLease: (lease) => leases.push(lease) });
    const guest = newcomer(net, 1);
    const offer = await guest.dhcp({ type: 'discover' });
    expect(formatIpv4(offer.yourAddress)).toBe('10.0.2.15');
    const values = [DHCP_OPTIONS.router, DHCP_OPTIONS.nameServers, DHCP_OPTIONS.subnetMask, DHCP_OPTIONS.leaseSeconds];
    expect(values.map((option) => formatIpv4(readUint32Option(offer, option) ?? 0))).toEqual([
      '10.0.2.1',
      '10.0.2.1',
      '255.255.255.0',
      formatIpv4(86_400),
    ]);
    expect(Buffer.from(offer.options.get(DHCP_OPTIONS.domainName) ?? []).toString()).toBe('inn');
    expect(leases).toEqual([]);
    expect(await guest.lease()).toBe('10.0.2.15');
    expect(leases).toMatchObject([{ macAddress: guestMac(1), address: '10.0.2.15' }]);
    expect(net.gateway.addressOf(guestMac(1))).toBe('10.0.2.15');
  });

  it('stay with their adapters over a restart of the gateway', async () => {
    const old = { macAddress: guestMac(2), address: '10.0.2.77', hostName: null, expiresAtMs: 1 };
    const foreign = { macAddress: guestMac(3), address: '192.168.7.7', hostName: null, expiresAtMs: 1 };
    await using net = testNetwork({ leases: [old, foreign] });
    expect(await newcomer(net, 1).lease()).toBe('10.0.2.15');
    expect(await newcomer(net, 2).lease()).toBe('10.0.2.77');
    expect(await newcomer(net, 3).lease()).toBe('10.0.2.16');
  });

  it('are fixed where the machine says so, and given to nobody else', async () => {
    await using net = testNetwork();
    net.gateway.setFixedAddresses([{ macAddress: guestMac(5), address: '10.0.2.15' }]);
    expect(await newcomer(net, 1).lease()).toBe('10.0.2.16');
    expect(await newcomer(net, 5).lease()).toBe('10.0.2.15');
  });

  it('are renewed, and refused to those who wish for one that another has', async () => {
    await using net = testNetwork();
    const first = newcomer(net, 1);
    const second = newcomer(net, 2);
    await first.lease();
    expect((await first.dhcp({ type: 'request', clientAddress: first.address })).type).toBe('ack');
    expect((await second.dhcp({ type: 'request', options: wish('10.0.2.15') })).type).toBe('nak');
    expect((await second.dhcp({ type: 'request', options: wish('192.168.1.4') })).type).toBe('nak');
    expect((await second.dhcp({ type: 'request', options: wish('10.0.2.40') })).type).toBe('ack');
  });

  it('go back to their adapter after a release, and to others when no new ones are left', async () => {
    await using net = testNetwork({ settings: { ...settings, subnet: '10.0.2.0/29' } });
    const guests = [1, 2, 3, 4].map((number) => newcomer(net, number));
    const given: string[] = [];
    for (const guest of guests) given.push(await guest.lease());
    expect(given).toEqual(['10.0.2.3', '10.0.2.4', '10.0.2.5', '10.0.2.6']);
    const fifth = newcomer(net, 5);
    fifth.sendDhcp({ type: 'discover' });
    guests[1]?.sendDhcp({ type: 'release', clientAddress: ip('10.0.2.4') });
    expect(await fifth.lease()).toBe('10.0.2.4');
  });

  it('that a guest finds in use are not given again at once', async () => {
    await using net = testNetwork();
    const guest = newcomer(net, 1);
    await guest.lease();
    guest.sendDhcp({ type: 'decline', options: wish('10.0.2.15') });
    expect(await guest.lease()).toBe('10.0.2.16');
  });

  it('cannot be used up by one adapter in the names of others', async () => {
    await using net = testNetwork();
    const guest = newcomer(net, 1);
    guest.sendDhcp({ type: 'discover', clientMac: 0x525400999999 });
    expect(await guest.lease()).toBe('10.0.2.15');
    expect(net.gateway.refusals().map(({ rule, protocol }) => `${protocol} ${rule}`)).toEqual(['dhcp gateway.spoofed']);
  });

  it('come without a router where there is no outside', async () => {
    await using net = testNetwork({ settings: { ...settings, hasOutside: false } });
    const offer = await newcomer(net, 1).dhcp({ type: 'discover' });
    expect(offer.options.has(DHCP_OPTIONS.router)).toBe(false);
  });

  it('are not given in quarantine', async () => {
    await using net = testNetwork();
    newcomer(net, 1, 'quarantine').sendDhcp({ type: 'discover' });
    await newcomer(net, 2).lease();
    expect(net.gateway.report().leases).toHaveLength(1);
    expect(net.gateway.refusals('machine-1/0')).toMatchObject([{ rule: 'quarantine.nothing' }]);
  });
});

describe('names', () => {
  it('of machines are answered both ways, also bare and in capitals', async () => {
    await using net = testNetwork();
    net.gateway.setNames([
      { name: 'Web', macAddress: guestMac(1) },
      { name: 'printer', address: '10.0.2.9' },
      { name: 'sleeping', macAddress: guestMac(9) },
    ]);
    const guest = newcomer(net, 1);
    await guest.lease();
    for (const name of ['web.inn', 'WEB.inn', 'web']) {
      expect((await guest.ask(name)).answers).toMatchObject([{ name, type: 'A', data: '10.0.2.15' }]);
    }
    expect((await guest.ask('printer.inn')).answers).toMatchObject([{ data: '10.0.2.9' }]);
    expect((await guest.ask('host.inn')).answers).toMatchObject([{ data: '10.0.2.2' }]);
    expect((await guest.ask('15.2.0.10.in-addr.arpa', 'PTR')).answers).toMatchObject([{ data: 'web.inn' }]);
    expect(await guest.ask('44.2.0.10.in-addr.arpa', 'PTR')).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true });
    // The name is there, only not an address of this kind, or not yet.
    expect(await guest.ask('web.inn', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await guest.ask('sleeping.inn')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect(await guest.ask('nobody.inn')).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true });
  });

  it('of the outside are asked of the host, whose failures are told as they are', async () => {
    await using net = testNetwork();
    const codes: Record<string, string> = {
      'no.example': 'ENOTFOUND',
      'empty.example': 'ENODATA',
      'broken.example': 'ETIMEOUT',
    };
    net.host.names = async (name, type) => {
      const code = codes[name];
      if (code) throw Object.assign(new Error(code), { code });
      return type === 'MX'
        ? [{ name, type, ttl: 60, data: { preference: 5, exchange: 'mail.example' } }]
        : [{ name, type: 'A', ttl: 300, data: '203.0.113.7' }];
    };
    const guest = await net.guest(20);
    expect((await guest.ask('www.example')).answers).toMatchObject([{ type: 'A', ttl: 300, data: '203.0.113.7' }]);
    expect((await guest.ask('www.example', 'MX')).answers).toMatchObject([
      { data: { exchange: 'mail.example', preference: 5 } },
    ]);
    expect((await guest.ask('no.example')).rcode).toBe('NXDOMAIN');
    expect(await guest.ask('empty.example')).toMatchObject({ rcode: 'NOERROR', answers: [] });
    expect((await guest.ask('broken.example')).rcode).toBe('SERVFAIL');
    expect((await guest.ask('www.example', 'HINFO')).rcode).toBe('NOTIMP');
  });

  it('of the outside are not asked for machines that may not reach it', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20, 'offline');
    expect((await guest.ask('secret.example')).rcode).toBe('REFUSED');
    expect((await guest.ask('host.inn')).rcode).toBe('NOERROR');
    expect(net.gateway.refusals()).toMatchObject([
      { rule: 'offline.outside', protocol: 'dns', destination: 'secret.example' },
    ]);
  });

  it('with long answers come over TCP', async () => {
    await using net = testNetwork();
    net.host.names = async (name) =>
      Array.from({ length: 100 }, (_, at) => ({ name, type: 'A', ttl: 1, data: `203.0.113.${at}` }));
    const guest = await net.guest(20);
    expect(await guest.ask('many.example')).toMatchObject({ flag_tc: true, answers: [] });
    const query = dnsPacket.encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'many.example' }] });
    const socket = guest.connect('10.0.2.1', 53);
    await socket.opened;
    // Two questions in three pieces.
    const framed = Buffer.concat([Buffer.from([0, query.length]), query]);
    socket.endpoint.write(framed.subarray(0, 5));
    socket.endpoint.write(Buffer.concat([framed.subarray(5), framed]));
    socket.endpoint.end();
    expect(await socket.closed).toBe('done');
    const first = Buffer.from(socket.text, 'latin1');
    expect(dnsPacket.decode(first.subarray(2, 2 + first.readUInt16BE(0))).answers).toHaveLength(100);
    expect(socket.receivedBytes).toBe(2 * (2 + first.readUInt16BE(0)));
  });

  it('survive questions that are none', async () => {
    await using net = testNetwork();
    const guest = await net.guest(20);
    for (const junk of [
      '',
      '00',
      '0007000000ff000000000000',
      'c00cc00cc00cc00cc00cc00cc00cc00c',
      '00070000000100000000000003ff41fe00',
    ]) {
      guest.sendUdp('10.0.2.1', 53, Buffer.from(junk, 'hex'));
    }
    expect((await guest.ask('gateway.inn')).answers).toMatchObject([{ data: '10.0.2.1' }]);
  });

  it('are limited for each machine', async () => {
    await using net = testNetwork({ limits: { pendingNames: 2 } });
    net.host.names = () => new Promise(() => undefined);
    const guest = await net.guest(20);
    for (let count = 0; count < 3; count += 1) void guest.ask(`${count}.example`);
    await guest.ping('10.0.2.1');
    expect(net.gateway.refusals()).toMatchObject([{ rule: 'limit.dns' }]);
    expect((await (await net.guest(21)).ask('host.inn')).rcode).toBe('NOERROR');
  });
});
