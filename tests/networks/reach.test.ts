import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ReachMachine, reachMachine, reachPlace } from '../../src/main/networks/reach.ts';
import { TrafficCounts } from '../../src/main/networks/traffic.ts';
import { NetworkAdapter, NetworkId } from '../../src/shared/model/network.ts';
import type { Network, NetworkKind } from '../../src/shared/model/virtual-network.ts';

function network(kind: NetworkKind, subnet: string | null = '10.0.4.0/24'): Network {
  const id = NetworkId.parse(randomUUID());
  return { id, name: kind, kind, subnet, mtu: 1500, description: '', isBuiltIn: false, forwards: [] };
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
