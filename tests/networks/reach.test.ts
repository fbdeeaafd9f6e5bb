import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FrameFate } from '../../src/main/networks/network-process/frame-probe.ts';
import { type ReachMachine, reachHost, reachMachine, reachPlace } from '../../src/main/networks/reach.ts';
import { framesTo, framesToAddress } from '../../src/main/networks/reach-frames.ts';
import { prove } from '../../src/main/networks/reach-proof.ts';
import { TrafficCounts } from '../../src/main/networks/traffic.ts';
import { NetworkAdapter, NetworkId } from '../../src/shared/model/network.ts';
import type { Network, NetworkKind } from '../../src/shared/model/virtual-network.ts';

function network(kind: NetworkKind, subnet: string | null = '10.0.4.0/24'): Network {
  const id = NetworkId.parse(randomUUID());
  return { id, name: kind, kind, subnet, mtu: 1500, description: '', uplink: null, isBuiltIn: false, forwards: [] };
}

function machine(name: string, on: Network | undefined, change: Partial<NetworkAdapter> = {}): ReachMachine {
  const usual = { model: 'auto', mode: 'natNetwork', macAddress: '52:54:00:00:00:01', isCableConnected: true };
  return {
    name,
    ends: [{ index: 0, adapter: NetworkAdapter.parse({ ...usual, ...change }), network: on }],
    forwards: [],
  };
}

const ruleOf = ({ isReachable, rule }: { isReachable: boolean; rule: string }) =>
  `${isReachable ? 'yes' : 'no'} ${rule}`;

describe('whether one machine reaches another', () => {
  const lan = network('natNetwork');
  it.each([
    ['both on one network', machine('a', lan), machine('b', lan), 'yes switch.carries'],
    ['on two networks', machine('a', lan), machine('b', network('natNetwork')), 'no network.different'],
    ['one on none', machine('a', lan), machine('b', undefined), 'no adapter.none'],
    ['a pulled cable', machine('a', lan, { isCableConnected: false }), machine('b', lan), 'no cable.pulled'],
    ['a pulled cable there', machine('a', lan), machine('b', lan, { isCableConnected: false }), 'no cable.pulled'],
    ['quarantine there', machine('a', lan), machine('b', lan, { profile: 'quarantine' }), 'no quarantine.nothing'],
    ['offline, on one network', machine('a', lan, { profile: 'offline' }), machine('b', lan), 'yes switch.carries'],
  ])('%s', (_, a, b, rule) => {
    expect(ruleOf(reachMachine(a, b, undefined))).toBe(rule);
  });

  it('never does on NAT', () => {
    const nat = network('nat');
    expect(ruleOf(reachMachine(machine('a', nat), machine('b', nat), undefined))).toBe('no switch.isolated');
  });

  it('does by the adapter that has a way, when another has none', () => {
    const [a, b] = [machine('a', network('nat')), machine('b', lan)];
    const both = { ...a, ends: [...a.ends, ...machine('a', lan).ends] };
    expect(ruleOf(reachMachine(both, b, undefined))).toBe('yes switch.carries');
  });
});

describe('whether a machine reaches a place', () => {
  const nat = network('natNetwork');
  it.each([
    ['standard', 'host', nat, 'no standard.host'],
    ['standard', 'internet', nat, 'yes standard.outside'],
    ['open', 'host', nat, 'yes open.everything'],
    ['noLan', 'lan', nat, 'no noLan.private'],
    ['noLan', 'internet', nat, 'yes noLan.internet'],
    ['offline', 'internet', nat, 'no offline.outside'],
    ['quarantine', 'gateway', nat, 'no quarantine.nothing'],
    ['open', 'internet', network('hostOnly'), 'no gateway.noOutside'],
    ['open', 'internet', network('internal', null), 'no network.internal'],
  ] as const)('%s: %s', (profile, place, on, rule) => {
    expect(ruleOf(reachPlace(machine('a', on, { profile }), () => place))).toBe(rule);
  });

  it.each([
    ['open', nat, 'yes open.everything'],
    ['standard', nat, 'yes gateway.services'],
    ['offline', nat, 'yes gateway.services'],
    ['quarantine', nat, 'no quarantine.nothing'],
    ['open', network('hostOnly'), 'yes gateway.services'],
    ['open', network('internal', null), 'no network.internal'],
  ] as const)('sees this computer by a ping, its services aside: %s', (profile, on, rule) => {
    expect(ruleOf(reachHost(machine('a', on, { profile })))).toBe(rule);
  });

  it('does not at an address of its own network that nobody has', () => {
    expect(ruleOf(reachPlace(machine('a', nat), () => 'network'))).toBe('no network.nobody');
  });

  it("gets out of a bridged network with the profile 'Open' alone", () => {
    const bridged = network('bridged', null);
    const rules = (['open', 'standard', 'quarantine'] as const).map((profile) =>
      ruleOf(reachPlace(machine('a', bridged, { profile }), () => 'internet')),
    );
    expect(rules).toEqual(['yes network.bridged', 'no switch.uplink', 'no quarantine.nothing']);
  });

  it('is said in the words of the window', () => {
    const { reason } = reachPlace(machine('a', nat, { profile: 'noLan' }), () => 'lan');
    expect(reason).toContain("The profile 'No LAN' keeps");
  });
});

describe('the frames that are tried', () => {
  const around = { placeOf: () => 'lan' as const, hostAddress: undefined };

  it('go to each range of local networks, but to no address that means something else on the network', () => {
    const all = framesTo('lan', network('natNetwork'), around);
    expect(all.map(({ sent }) => /\((.*)\)/.exec(sent)?.[1])).toEqual([
      ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
    ]);
    const placeOf = (address: string) => (address.startsWith('10.') ? ('network' as const) : ('lan' as const));
    expect(framesTo('lan', network('natNetwork'), { ...around, placeOf })).toEqual(all.slice(1));
  });

  it('ask the host for a ping, and for a service at the address that stands for it', () => {
    const to = (place: 'host' | 'hostServices', port?: number) =>
      framesTo(place, network('natNetwork'), { ...around, hostAddress: '192.0.2.7' }, port).map(({ frame }) => frame);
    expect(to('host')).toEqual([
      { kind: 'echo', address: '10.0.4.2' },
      { kind: 'echo', address: '10.0.4.1' },
    ]);
    expect(to('hostServices')).toEqual([
      { kind: 'service', address: '10.0.4.2' },
      { kind: 'udp', address: '10.0.4.2', port: 9 },
      { kind: 'tcp', address: '192.0.2.7', port: 443 },
    ]);
    expect(to('hostServices', 22)[0]).toEqual({ kind: 'tcp', address: '10.0.4.2', port: 22 });
  });

  it('are none to an address of the own network', () => {
    expect(framesToAddress('10.0.4.9', { ...around, placeOf: () => 'network' })).toEqual([]);
    expect(framesToAddress('192.0.2.9', around, 80)).toMatchObject([{ frame: { kind: 'tcp', port: 80 } }]);
  });
});

describe('an answer with the frames that were tried', () => {
  const settings = { from: 'a', to: 'lan', decidedBy: 'profile', rule: 'noLan.private', reason: 'So it is.' };
  const proved = (isReachable: boolean, isWhole: boolean, fates: readonly FrameFate[]) =>
    prove(
      { ...settings, isReachable, isProven: null, trials: [] },
      fates.map((fate) => ({ adapter: 0, sent: 'TCP to 192.0.2.9 port 80', fate })),
      isWhole,
    );
  const answer = (isReachable: boolean, ...fates: FrameFate[]) => proved(isReachable, true, fates);
  const refused = { fate: 'refused', rule: 'noLan.private', answer: 'prohibited' } as const;
  const opened = { fate: 'wouldOpen', address: '192.0.2.9', port: 80 } as const;

  it('is proven when they agree, and left open when none was tried or none came back', () => {
    expect(answer(false, refused, refused)).toMatchObject({ isReachable: false, isProven: true });
    expect(answer(true, opened)).toMatchObject({ isReachable: true, isProven: true });
    expect(answer(true)).toMatchObject({ isReachable: true, isProven: null, trials: [] });
    expect(answer(true, { fate: 'late' })).toMatchObject({ isReachable: true, isProven: null });
    expect(answer(false, { fate: 'silent' })).toMatchObject({ isProven: true });
    expect(answer(false, refused).trials).toEqual([
      {
        ...{ adapter: 0, sent: 'TCP to 192.0.2.9 port 80', hasPassed: false },
        says: 'refused by the gateway ("administratively prohibited"): noLan.private.',
      },
    ]);
  });

  it('is not theirs when they ended at one adapter and another could not be tried', () => {
    for (const isReachable of [true, false]) {
      expect(proved(isReachable, false, [refused])).toMatchObject({ isReachable, isProven: null });
      expect(proved(isReachable, false, [refused, opened])).toMatchObject({ isReachable: true, isProven: isReachable });
    }
  });

  it('is theirs where they contradict the settings', () => {
    expect(answer(false, refused, opened)).toMatchObject({
      ...{ isReachable: true, isProven: false, decidedBy: 'gateway', rule: 'gateway.carries' },
      reason: expect.stringContaining('The settings say otherwise (noLan.private): So it is.'),
    });
    expect(answer(true, refused)).toMatchObject({ isReachable: false, isProven: false, rule: 'noLan.private' });
    const dropped = answer(true, { fate: 'dropped', reason: 'cable' });
    expect(dropped).toMatchObject({ isReachable: false, isProven: false, decidedBy: 'switch', rule: 'switch.cable' });
  });
});

describe('what went over an adapter', () => {
  it('is added up when its port is made anew, and begins at nothing with a session', () => {
    const counts = new TrafficCounts();
    counts.note('m/0', { inBytes: 100, outBytes: 10 });
    counts.note('m/0', { inBytes: 150, outBytes: 20 });
    counts.note('m/0', { inBytes: 5, outBytes: 1 });
    counts.note('m/1', { inBytes: 1000, outBytes: 1000 });
    counts.note('other/0', { inBytes: 1, outBytes: 1 });
    expect(counts.of('m')).toEqual({ inBytes: 1155, outBytes: 1021 });
    counts.forget('m');
    expect(counts.of('m')).toBeUndefined();
    expect(counts.of('other')).toEqual({ inBytes: 1, outBytes: 1 });
  });
});
