import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { networkOf } from '../../src/shared/adapter-network.ts';
import { NetworkAdapter } from '../../src/shared/model/network.ts';
import { Network } from '../../src/shared/model/virtual-network.ts';

const network = (name: string, kind: Network['kind'], isBuiltIn: boolean) => {
  const settings = { name, kind, subnet: null, mtu: 1500, description: '', uplink: null };
  return Network.parse({ id: randomUUID(), ...settings, isBuiltIn, forwards: [] });
};

const own = network('Lab', 'internal', false);
const internal = network('Internal', 'internal', true);
const nat = network('NAT', 'nat', true);
const all = [own, internal, nat];

const adapter = (mode: NetworkAdapter['mode'], networkId: string | null = null) =>
  NetworkAdapter.parse({ model: 'auto', mode, macAddress: '52:54:00:00:00:01', isCableConnected: true, networkId });

it.each([
  ['the built-in one of its kind, wherever that stands', adapter('internal'), internal],
  ['the one that it names', adapter('internal', own.id), own],
  ['none when the one it names is of another kind', adapter('nat', own.id), undefined],
  ['none when the one it names is gone', adapter('internal', randomUUID()), undefined],
  ['none when it is not attached', adapter('notAttached'), undefined],
])('an adapter is on %s', (_, asked, expected) => {
  expect(networkOf(asked, all)).toBe(expected);
});

it('an adapter that is bridged and names no network is on the only one there is', () => {
  const [lan, dmz] = [network('lan', 'bridged', false), network('dmz', 'bridged', false)];
  expect(networkOf(adapter('bridged'), all)).toBeUndefined();
  expect(networkOf(adapter('bridged'), [...all, lan])).toBe(lan);
  expect(networkOf(adapter('bridged'), [...all, lan, dmz])).toBeUndefined();
  expect(networkOf(adapter('bridged', dmz.id), [...all, lan, dmz])).toBe(dmz);
});
