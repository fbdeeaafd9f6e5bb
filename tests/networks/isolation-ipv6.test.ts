import { describe, expect, it } from 'vitest';
import { parseIpv6 } from '../../src/main/networks/gateway/packets/ip-address.ts';
import { writeIpv6Header } from '../../src/main/networks/gateway/packets/ipv6.ts';
import { addressesOf, mayMeetMember } from '../../src/main/networks/switch/isolation.ts';

const GATEWAY = 'fd12:3456:789a:1::1';
const own = addressesOf({ ipv4Addresses: ['10.0.2.1'], ipv6Addresses: [GATEWAY, 'no address'] });
const ip = (text: string): bigint => parseIpv6(text) ?? expect.fail(text);

function frame(source: string, destination: string): { bytes: Uint8Array; start: number; end: number } {
  const bytes = new Uint8Array(54);
  bytes.set([0x86, 0xdd], 12);
  const header = { source: ip(source), destination: ip(destination), protocol: 17, payloadBytes: 0, ttl: 64 };
  writeIpv6Header(bytes, 14, header);
  return { bytes, start: 0, end: 54 };
}

describe('an offline machine', () => {
  it.each([
    [GATEWAY, true],
    ['fe80::1', true],
    ['ff02::2', true],
    ['fd12:3456:789a:1::3', false],
    ['2001:470::5', false],
    ['ff05::2', false],
    ['::ffff:10.0.2.1', false],
  ])('speaks over IPv6 with the gateway alone: %s is %s', (address, isAllowed) => {
    expect(mayMeetMember('offline', 'toMember', own, frame('fd12:3456:789a:1::99', address))).toBe(isAllowed);
    expect(mayMeetMember('offline', 'toMachine', own, frame(address, 'fd12:3456:789a:1::99'))).toBe(isAllowed);
  });

  it('sends nothing that ends within the address', () => {
    expect(mayMeetMember('offline', 'toMember', own, { ...frame('fe80::9', GATEWAY), end: 53 })).toBe(false);
  });
});
