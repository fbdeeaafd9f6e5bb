import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbound } from '../../../src/main/networks/gateway/outbound.ts';
import {
  formatIpv4,
  formatMac,
  parseIpv4,
  parseMac,
  parseSubnet,
} from '../../../src/main/networks/gateway/packets/addresses.ts';
import { addWords, foldChecksum } from '../../../src/main/networks/gateway/packets/checksum.ts';
import { DHCP_TYPES, type DhcpType, makeDhcp, parseDhcp } from '../../../src/main/networks/gateway/packets/dhcp.ts';
import { FragmentAssembler } from '../../../src/main/networks/gateway/packets/fragments.ts';
import { parseIpv4Packet, writeIpv4Header } from '../../../src/main/networks/gateway/packets/ipv4.ts';
import { isMalformed } from '../../../src/main/networks/gateway/packets/refusal.ts';
import { FLAGS, parseTcp, tcpHeaderBytes, writeTcp } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { makeUdp, parseUdp } from '../../../src/main/networks/gateway/packets/udp.ts';
import { SendBuffer } from '../../../src/main/networks/gateway/tcp/send-buffer.ts';
import { ScriptedGuest } from './scripted-guest.ts';
import { guestMac, testNetwork } from './test-network.ts';

const uint16 = fc.integer({ min: 0, max: 65_535 });
const port = fc.integer({ min: 1, max: 65_535 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const data = fc.uint8Array({ maxLength: 200 });

describe('addresses', () => {
  it('are read as they are written, and nothing else is', () => {
    fc.assert(fc.property(uint32, (address) => void expect(parseIpv4(formatIpv4(address))).toBe(address)));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (mac) => void expect(parseMac(formatMac(mac))).toBe(mac)),
    );
    for (const text of ['1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4 ', ''])
      expect(parseIpv4(text)).toBeUndefined();
    expect(parseSubnet('10.0.2.0/24')).toEqual({ network: 0x0a000200, prefixLength: 24 });
    for (const text of ['10.0.2.1/24', '10.0.2.0', '10.0.2.0/33', '10.0.2.0/24/1'])
      expect(parseSubnet(text)).toBeUndefined();
  });
});

describe('packets', () => {
  it('have the checksum of RFC 1071', () => {
    // The example of its section 3.
    expect(foldChecksum(addWords(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8, 0))).toBe(
      ~0xddf2 & 0xffff,
    );
  });

  it('of UDP and TCP are read as they were written, and not with one byte changed', () => {
    fc.assert(
      fc.property(
        port,
        port,
        uint32,
        uint32,
        data,
        uint16,
        (sourcePort, destinationPort, source, destination, payload, at) => {
          const udp = makeUdp({ sourcePort, destinationPort, payload }, source, destination);
          expect(parseUdp(udp, source, destination)).toEqual({ sourcePort, destinationPort, payload });
          const segment = {
            sourcePort,
            destinationPort,
            sequence: source,
            acknowledgment: destination,
            flags: FLAGS.syn,
            window: at,
            maxSegmentSize: 1460,
            windowScale: 7,
            payload,
          };
          const tcp = new Uint8Array(tcpHeaderBytes(segment) + payload.length);
          expect(writeTcp(tcp, 0, segment, source, destination)).toBe(tcp.length);
          expect(parseTcp(tcp, source, destination)).toEqual(segment);
          const index = at % tcp.length;
          tcp[index] = (tcp[index] ?? 0) ^ 0x10;
          expect(isMalformed(parseTcp(tcp, source, destination))).toBe(true);
        },
      ),
    );
  });

  it('of DHCP are read as they were written', () => {
    const options = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 250 }).filter((code) => code !== 53),
        fc.uint8Array({ maxLength: 30 }),
      ),
      { maxLength: 12 },
    );
    const type = fc.constantFrom(...(Object.keys(DHCP_TYPES) as DhcpType[]));
    fc.assert(
      fc.property(type, uint32, fc.boolean(), options, (kind, transactionId, isBroadcast, list) => {
        const message = {
          type: kind,
          transactionId,
          isBroadcast,
          clientAddress: 1,
          yourAddress: 2,
          clientMac: 3,
          options: new Map(list),
        };
        const read = parseDhcp(makeDhcp(message, false));
        if (isMalformed(read)) expect.fail(read);
        expect(read.options.delete(53)).toBe(true);
        expect(read).toEqual(message);
      }),
    );
  });

  it('in fragments are put together in any order, and never from pieces that overlap', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2000, maxLength: 9000 }), fc.integer(), (content, seed) => {
        const frames: Uint8Array[] = [];
        const out = new Outbound({ macAddress: 1, mtu: 600, send: (frame) => frames.push(frame.slice()) });
        out.packet({ toMac: 2, source: 3, destination: 4 }, 17, content);
        const assembler = new FragmentAssembler();
        const shuffled = frames
          .map((frame, at) => ({ frame, key: Math.sin(seed + at * 7) }))
          .sort((a, b) => a.key - b.key);
        const wholes = shuffled.map(({ frame }) => {
          const packet = parseIpv4Packet(frame.subarray(14));
          return isMalformed(packet) ? expect.fail(packet) : assembler.add(packet, 0);
        });
        expect(wholes.slice(0, -1).every((whole) => whole === undefined)).toBe(true);
        expect(Buffer.from(wholes.at(-1)?.payload ?? []).equals(Buffer.from(content))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the send buffer', () => {
  it('gives back any part of what was put in, after any drops', () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 50 }) }),
      fc.record({ drop: fc.nat(60) }),
      fc.record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffer = new SendBuffer();
        let model = Buffer.alloc(0);
        for (const each of steps) {
          if ('push' in each) {
            buffer.push(each.push);
            model = Buffer.concat([model, each.push]);
          } else if ('drop' in each) {
            const count = Math.min(each.drop, model.length);
            buffer.drop(count);
            model = model.subarray(count);
          } else if (each.from + each.length <= model.length) {
            const part = Buffer.from(buffer.peek(each.from, each.length));
            expect(part.equals(model.subarray(each.from, each.from + each.length))).toBe(true);
          }
          expect(buffer.byteLength).toBe(model.length);
        }
      }),
    );
  });
});

describe('the gateway', () => {
  it('survives 20 000 frames that are wrong in every way, and serves on', async () => {
    await using net = testNetwork();
    const guest = new ScriptedGuest(net.lan, 'machine-9/0', guestMac(9));
    await guest.join('10.0.2.9');
    const source = net.lan.sources()[0] ?? expect.fail();
    // Headers that lead deep inside: addresses of the gateway, types and protocols that it knows.
    const ip = fc.record({
      protocol: fc.constantFrom(1, 6, 17, 47),
      to: fc.constantFrom(0x0a000201, 0x0a000202, 0xffffffff, 0x08080808),
      content: fc.uint8Array({ maxLength: 90 }),
      wrong: fc.option(fc.nat(40)),
    });
    const frames = fc.sample(ip, { numRuns: 20_000, seed: 5 });
    for (const { protocol, to, content, wrong } of frames) {
      const frame = new Uint8Array(34 + content.length);
      frame.set([0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 1, 9, 8, 0]);
      writeIpv4Header(frame, 14, {
        source: 0x0a000209,
        destination: to,
        protocol,
        payloadBytes: content.length,
        identification: 1,
      });
      frame.set(content, 34);
      if (wrong !== null) frame[wrong % frame.length] = (frame[wrong % frame.length] ?? 0) ^ 0xff;
      net.gateway.receive(frame, source);
    }
    expect((await guest.ping('10.0.2.1')).type).toBeDefined();
    expect((await (await net.guest(20)).ask('gateway.inn')).answers).toHaveLength(1);
  });
});
