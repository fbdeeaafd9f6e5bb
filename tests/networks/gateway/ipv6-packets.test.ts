import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbound } from '../../../src/main/networks/gateway/outbound.ts';
import { addWords, foldChecksum, pseudoHeaderSum } from '../../../src/main/networks/gateway/packets/checksum.ts';
import { FragmentAssembler } from '../../../src/main/networks/gateway/packets/fragments.ts';
import { makeIcmp6, parseIcmp6 } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import {
  formatIpv6,
  linkLocalAddress,
  macOfAddress,
  multicastMacOf,
  parseIp,
  parseIpv6,
  parsePrefix64,
  slaacAddress,
  solicitedNodeOf,
  writeIpv6,
} from '../../../src/main/networks/gateway/packets/ip-address.ts';
import {
  type Ipv6Packet,
  parseAssembled,
  parseIpv6Packet,
  writeIpv6Header,
} from '../../../src/main/networks/gateway/packets/ipv6.ts';
import { isMalformed } from '../../../src/main/networks/gateway/packets/refusal.ts';
import { FLAGS, parseTcp, tcpHeaderBytes, writeTcp } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { makeUdp, parseUdp } from '../../../src/main/networks/gateway/packets/udp.ts';
import { ulaPrefixOf } from '../../../src/main/networks/gateway/ula-prefix.ts';
import { GATEWAY6, HOST6, ip6, PREFIX, ScriptedGuest6 } from './scripted-guest6.ts';
import { GATEWAY_MAC, guestMac, testNetwork } from './test-network.ts';

const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
const address = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((sum, each) => (sum << 16n) | BigInt(each), 0n));
const mac = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const content = fc.uint8Array({ maxLength: 200 });

/** A packet as it stands in a frame. */
function packetOf(protocol: number, body: Uint8Array, destination = ip6(GATEWAY6)): Uint8Array {
  const bytes = new Uint8Array(40 + body.length);
  const header = { source: ip6(`${PREFIX}7`), destination, protocol, payloadBytes: body.length, ttl: 64 };
  writeIpv6Header(bytes, 0, header);
  bytes.set(body, 40);
  return bytes;
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('addresses of IPv6', () => {
  it('are read as they are written, which is as every system writes them', () => {
    fc.assert(
      fc.property(address, (each) => {
        const text = formatIpv6(each);
        expect(parseIpv6(text)).toBe(each);
        // The library's own writing, but for mapped addresses, which it does not write in dots.
        if (each >> 32n !== 0xffffn) expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 500 },
    );
    expect(formatIpv6(ip6('::FFFF:c0a8:0132'))).toBe('::ffff:192.168.1.50');
    expect(parseIp('::1.2.3.4')).toBe(0x01020304n);
    expect(parseIp('1.2.3.4')).toBe(0x01020304);
    for (const text of ['fe80::1%eth0', '1::2::3', ':::', '12345::', '']) expect(parseIpv6(text)).toBeUndefined();
  });

  it('of prefixes have 64 bits and no more', () => {
    expect(parsePrefix64('fd12:3456:789a:1::/64')).toBe(ip6(PREFIX));
    for (const text of ['fd12::1/64', 'fd12::/48', 'fd12::', 'fd12::/64/1', '10.0.0.0/64']) {
      expect(parsePrefix64(text)).toBeUndefined();
    }
  });

  it('are made of MAC addresses, and tell them again', () => {
    expect(formatIpv6(linkLocalAddress(0x525400000107))).toBe('fe80::5054:ff:fe00:107');
    fc.assert(fc.property(mac, (each) => void expect(macOfAddress(slaacAddress(ip6(PREFIX), each))).toBe(each)));
    expect(macOfAddress(ip6(GATEWAY6))).toBeUndefined();
  });

  it('have their groups (RFC 4291, section 2.7.1, and RFC 2464, section 7)', () => {
    const solicited = solicitedNodeOf(ip6('4037::01:800:200e:8c6c'));
    expect(formatIpv6(solicited)).toBe('ff02::1:ff0e:8c6c');
    expect(multicastMacOf(solicited)).toBe(0x3333ff0e8c6c);
  });

  it('of a network stay with it, are local, and are nobody else’s', () => {
    const id = fc.uuid();
    fc.assert(
      fc.property(id, id, (one, other) => {
        const prefix = ulaPrefixOf(one);
        expect(ulaPrefixOf(one)).toBe(prefix);
        expect(prefix).toMatch(/^fd[0-9a-f]{2}:.*::\/64$/);
        expect(parsePrefix64(prefix)).toBeDefined();
        if (one !== other) expect(ulaPrefixOf(other)).not.toBe(prefix);
      }),
    );
    expect(ulaPrefixOf('11111111-2222-4333-8444-555555555555')).toBe('fdae:9cc:601c:ce7::/64');
  });
});

describe('packets of IPv6', () => {
  it('have the sum of all words of their addresses in their checksums', () => {
    fc.assert(
      fc.property(address, address, content, (source, destination, bytes) => {
        const pseudo = new Uint8Array(40);
        writeIpv6(pseudo, 0, source);
        writeIpv6(pseudo, 16, destination);
        new DataView(pseudo.buffer).setUint32(32, bytes.length);
        pseudo[39] = 17;
        const expected = foldChecksum(addWords(bytes, 0, bytes.length, addWords(pseudo, 0, 40, 0)));
        const sum = pseudoHeaderSum(source, destination, 17, bytes.length);
        expect(foldChecksum(addWords(bytes, 0, bytes.length, sum))).toBe(expected);
      }),
    );
  });

  it('of UDP, TCP and ICMP are read as they were written, and not with one byte changed', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(port, port, address, address, content, fc.nat(), (sourcePort, destinationPort, a, b, payload, at) => {
        const udp = makeUdp({ sourcePort, destinationPort, payload }, a, b);
        expect(parseUdp(udp, a, b)).toEqual({ sourcePort, destinationPort, payload });
        expect(parseUdp(udp.fill(0, 6, 8), a, b)).toBe('badChecksum');
        const numbers = { sourcePort, destinationPort, sequence: 1, acknowledgment: 2, window: 3 };
        const segment = { ...numbers, flags: FLAGS.ack, payload };
        const tcp = new Uint8Array(tcpHeaderBytes(segment) + payload.length);
        writeTcp(tcp, 0, segment, a, b);
        expect(parseTcp(tcp, a, b)).toEqual(segment);
        const icmp = makeIcmp6({ type: 128, code: 0, rest: Buffer.concat([Buffer.alloc(4), payload]) }, a, b);
        expect(isMalformed(parseIcmp6(icmp, a, b))).toBe(false);
        for (const bytes of [tcp, icmp]) {
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ 0x10;
        }
        expect([isMalformed(parseTcp(tcp, a, b)), isMalformed(parseIcmp6(icmp, a, b))]).toEqual([true, true]);
      }),
    );
  });

  it.each([
    ['no extension', 17, '', 17],
    ['options for every hop, such as the alert for routers', 0, '11 00 05020000 0100', 17],
    ['options for the end', 60, '11 00 01 04 00000000', 17],
    ['options twice, and a whole as a fragment', 0, '3c00010400000000 2c00010400000000 1100000012345678', 17],
    ['a route that has been gone', 43, '11 00 00 00 00000000', 17],
  ])('with %s are read up to their content', (_what, first, headers, protocol) => {
    const body = hex(`${headers} cafe`);
    const packet = parseIpv6Packet(packetOf(first, body));
    expect(packet).toMatchObject({ protocol, fragmentOffset: 0, hasMoreFragments: false, payload: hex('cafe') });
  });

  it.each([
    ['an option that must be understood', 60, '11 00 c5020000 0100'],
    ['an option that is longer than its header', 60, '11 00 010500000000'],
    ['a header that is longer than the packet', 60, '11 02 010400000000'],
    ['options for every hop behind others', 60, '0000010400000000 1100010400000000'],
    ['a route of its own', 43, '11 02 00 01 00000000 20010db8000000000000000000000001'],
    ['nothing behind its headers', 60, '3b00010400000000'],
    ['more headers than are honest', 60, '3c00010400000000'.repeat(9)],
    ['a fragment that ends within its header', 44, '110000'],
  ])('with %s are refused', (_what, first, headers) => {
    expect(isMalformed(parseIpv6Packet(packetOf(first, hex(headers))))).toBe(true);
  });

  it('that are cut off, of another version or longer than their frame are refused; padding is left out', () => {
    const packet = packetOf(17, hex('cafe'));
    expect(parseIpv6Packet(packet.subarray(0, 39))).toBe('tooShort');
    expect(parseIpv6Packet(packet.subarray(0, 41))).toBe('badLength');
    expect(parseIpv6Packet(packet.slice().fill(0x45, 0, 1))).toBe('badHeader');
    expect(parseIpv6Packet(new Uint8Array([...packet, 1, 2, 3]))).toMatchObject({ payload: hex('cafe') });
  });

  it('in fragments are put together in any order, with the headers inside, and never from pieces that overlap', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2000, maxLength: 9000 }), fc.integer(), (bytes, seed) => {
        const frames: Uint8Array[] = [];
        const out = new Outbound({ macAddress: 1, mtu: 1280, send: (frame) => frames.push(frame.slice()) });
        const body = new Uint8Array([...hex('1100010400000000'), ...bytes]);
        out.packet({ toMac: 2, source: 3n, destination: 4n }, 60, body);
        const read = (frame: Uint8Array): Ipv6Packet => {
          const packet = parseIpv6Packet(frame.subarray(14));
          return isMalformed(packet) ? expect.fail(packet) : packet;
        };
        const key = (at: number): number => Math.sin(seed + at * 7);
        const order = [...frames.keys()].sort((a, b) => key(a) - key(b));
        const parts = order.map((at) => read(frames[at] ?? expect.fail('no frame')));
        const assembler = new FragmentAssembler();
        const whole = parts.map((part) => assembler.add(part, 0)).at(-1);
        const packet = whole && parseAssembled(whole);
        if (!packet || isMalformed(packet)) expect.fail('not put together');
        expect(packet.protocol).toBe(17);
        expect(Buffer.from(packet.payload).equals(Buffer.from(bytes))).toBe(true);
        const [first = expect.fail('no part'), ...others] = parts;
        const torn = new FragmentAssembler();
        torn.add(first, 0);
        torn.add({ ...first, payload: first.payload.subarray(0, 8), hasMoreFragments: true }, 0);
        expect(others.map((part) => torn.add(part, 0)).filter(Boolean)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the gateway', () => {
  it('survives 20 000 frames of IPv6 that are wrong in every way, and serves on', async () => {
    const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true };
    await using net = testNetwork({ settings: { ...settings, ipv6Prefix: `${PREFIX}/64` } });
    const guest = new ScriptedGuest6(net.lan, 'machine-9/0', guestMac(9));
    const source = net.lan.sources()[0] ?? expect.fail('no port');
    // Headers that lead deep inside: addresses of the gateway, and all protocols and extensions that it knows.
    const arbitrary = fc.record({
      protocol: fc.constantFrom(0, 6, 17, 43, 44, 58, 59, 60, 99),
      from: fc.constantFrom(guest.address, guest.linkLocal, 0n, ip6('ff02::1'), ip6(`${PREFIX}9`)),
      to: fc.constantFrom(GATEWAY6, HOST6, 'ff02::1', 'ff02::2', 'ff02::1:ff00:1', '2a01:4f8::1', '::1').map(ip6),
      ttl: fc.constantFrom(255, 64, 1, 0),
      next: fc.constantFrom(6, 17, 44, 58, 60),
      type: fc.constantFrom(1, 2, 128, 133, 134, 135, 136, 137),
      body: fc.uint8Array({ maxLength: 90 }),
      isSealed: fc.boolean(),
      wrong: fc.option(fc.nat(60)),
    });
    for (const each of fc.sample(arbitrary, { numRuns: 20_000, seed: 6 })) {
      const { protocol, from, to, ttl, next, type, isSealed, wrong } = each;
      const rest = Buffer.concat([Buffer.from([type]), each.body]);
      const body = isSealed && protocol === 58 ? makeIcmp6({ type, code: 0, rest }, from, to) : each.body;
      if (!isSealed && body.length > 0) body[0] = next;
      const frame = new Uint8Array(54 + body.length);
      frame.set([0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 1, 9, 0x86, 0xdd]);
      writeIpv6Header(frame, 14, { source: from, destination: to, protocol, payloadBytes: body.length, ttl });
      frame.set(body, 54);
      if (wrong !== null) frame[wrong % frame.length] = (frame[wrong % frame.length] ?? 0) ^ 0xff;
      net.gateway.receive(frame, source);
    }
    const other = new ScriptedGuest6(net.lan, 'machine-8/0', guestMac(8));
    expect((await other.ping(GATEWAY6)).type).toBe(129);
    expect((await other.ask('gateway.inn')).answers).toHaveLength(1);
  });
});
