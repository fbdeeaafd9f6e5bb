import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Place, placeOf, RULES, type Surroundings } from '../../../src/main/networks/gateway/policy.ts';
import { IsolationProfile } from '../../../src/shared/model/network.ts';

const around: Surroundings = {
  gatewayAddress: '10.0.2.1',
  hostAlias: '10.0.2.2',
  isOwn: (address) => address.startsWith('10.0.2.'),
  hostAddresses: ['127.0.0.1', '192.168.1.50', '203.0.113.50', 'fe80::1', '2001:470::5'],
};
const PLACES: Place[] = ['gateway', 'network', 'host', 'lan', 'linkLocal', 'multicast', 'reserved', 'internet'];
const profile = fc.constantFrom(...IsolationProfile.options);
const place = fc.constantFrom(...PLACES);

describe('where an address leads', () => {
  it.each([
    ['10.0.2.1', 'gateway'],
    ['10.0.2.2', 'host'],
    ['10.0.2.30', 'network'],
    ['127.0.0.1', 'host'],
    ['127.45.6.7', 'host'],
    ['0.0.0.0', 'host'],
    ['::', 'host'],
    ['::1', 'host'],
    ['::ffff:127.0.0.1', 'host'],
    ['::ffff:7f00:1', 'host'],
    ['192.168.1.50', 'host'],
    ['::ffff:192.168.1.50', 'host'],
    ['203.0.113.50', 'host'],
    ['2001:470::5', 'host'],
    ['10.0.3.1', 'lan'],
    ['172.16.0.1', 'lan'],
    ['172.32.0.1', 'internet'],
    ['192.168.1.51', 'lan'],
    ['100.64.0.1', 'lan'],
    ['100.128.0.1', 'internet'],
    ['fd00::1', 'lan'],
    ['::ffff:10.9.9.9', 'lan'],
    ['169.254.169.254', 'linkLocal'],
    ['fe80::2', 'linkLocal'],
    ['224.0.0.251', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['64:ff9b::a00:1', 'reserved'],
    ['2002:a00:1::', 'reserved'],
    ['8.8.8.8', 'internet'],
    ['2606:4700::1111', 'internet'],
  ])('%s is %s', (address, expected) => {
    expect(placeOf(address, around)).toBe(expected);
  });
});

describe('the profiles', () => {
  it('form a ladder: what a stricter one allows, the next one allows too', () => {
    const ladder = ['quarantine', 'offline', 'noLan', 'standard', 'open'] as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        place,
        fc.constantFrom('in' as const, 'out' as const),
        (step, where, direction) => {
          // The own network is the switch's matter; only "offline" names it, because it is all that is left there.
          fc.pre(where !== 'network');
          const [stricter = 'open', freer = 'open'] = [ladder[step], ladder[step + 1]];
          if (decide(stricter, where, direction).isAllowed)
            expect(decide(freer, where, direction).isAllowed).toBe(true);
        },
      ),
    );
  });

  it('let nobody but "open" at the host, and nobody at a multicast outside', () => {
    fc.assert(
      fc.property(profile, (each) => {
        expect(decide(each, 'host', 'out').isAllowed).toBe(each === 'open');
        expect(decide(each, 'multicast', 'out').isAllowed).toBe(false);
      }),
    );
  });

  it('never let "noLan" at an address of RFC 1918, 6598 or 3927, whatever the host has', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const prefix = fc.constantFrom('10.77', '192.168', '172.20', '100.99', '169.254');
    fc.assert(
      fc.property(prefix, octet, octet, (start, c, d) => {
        const { isAllowed, rule } = decide('noLan', placeOf(`${start}.${c}.${d}`, around), 'out');
        expect([isAllowed, rule]).toEqual([false, 'noLan.private']);
      }),
    );
  });

  it('always name a rule, which belongs to the profile or to the gateway', () => {
    fc.assert(
      fc.property(profile, place, fc.constantFrom('in' as const, 'out' as const), (each, where, direction) => {
        const { rule } = decide(each, where, direction);
        expect(RULES[rule]).toMatch(/\.$/);
        expect([each, 'gateway']).toContain(rule.split('.')[0]);
      }),
    );
  });

  it('let the host in where it was asked to, but never to a machine that is offline or in quarantine', () => {
    const allowed = IsolationProfile.options.filter((each) => decide(each, 'network', 'in').isAllowed);
    expect(allowed).toEqual(['open', 'standard', 'noLan']);
  });
});
