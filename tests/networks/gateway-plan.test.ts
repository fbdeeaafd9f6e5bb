import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gatewayPlan, type NetworkedMachine, strayForwards } from '../../src/main/networks/gateway-plan.ts';
import { NetworkId } from '../../src/shared/model/network.ts';
import { type Network, type NetworkKind, PortForward } from '../../src/shared/model/virtual-network.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';

const MAC = '52:54:00:00:00:01';

function network(kind: NetworkKind, forwards: PortForward[] = []): Network {
  const id = NetworkId.parse(randomUUID());
  return {
    id,
    name: kind,
    kind,
    subnet: '10.0.4.0/24',
    mtu: 1500,
    description: '',
    uplink: null,
    isBuiltIn: true,
    forwards,
  };
}

function machine(name: string, change: Partial<NetworkedMachine> = {}, fixedAddress: string | null = null) {
  const [adapter] = makeTestConfig().adapters;
  if (!adapter) throw new Error('the test machine has an adapter');
  const adapters = [{ ...adapter, mode: 'nat' as const, networkId: null, macAddress: MAC, fixedAddress }];
  return makeTestRecord({ config: makeTestConfig({ name, adapters }), state: 'Running', reason: 'booted', ...change });
}

const forwardTo = ({ id: machineId }: NetworkedMachine) =>
  PortForward.parse({ id: randomUUID(), protocol: 'tcp', hostPort: 8080, machineId, adapter: 0, guestPort: 80 });

describe('what a gateway should do', () => {
  it('knows names and fixed addresses of machines that are off, too; the first has a name', () => {
    const off = machine('Web 1', { state: 'PoweredOff', reason: 'created' }, '10.0.4.9');
    const nat = network('nat');
    const plan = gatewayPlan(nat, [off, machine('web-1')], [nat]);
    expect(plan.names).toEqual([{ name: 'web-1', macAddress: MAC }]);
    expect(plan.fixed).toEqual([{ macAddress: MAC, address: '10.0.4.9' }]);
  });

  it.each([
    ['Running', 'booted', 'open'],
    ['Restoring', 'user', 'held'],
    ['Saving', 'user', 'held'],
    ['Saved', 'idle', 'held'],
    ['Paused', 'idle', 'held'],
    ['Paused', 'user', 'open'],
    ['Saved', 'saved', 'closed'],
    ['PoweredOff', 'powerOff', 'closed'],
  ] as const)('has the ports of a machine that is %s (%s) %s', (state, reason, wanted) => {
    const web = machine('web', { state, reason });
    const forward = forwardTo(web);
    const nat = network('nat', [forward]);
    const { forwards, asleep } = gatewayPlan(nat, [web], [nat]);
    expect(forwards).toEqual(wanted === 'closed' ? [] : [{ forward, macAddress: MAC }]);
    expect(asleep).toEqual(wanted === 'held' ? [forward.id] : []);
  });

  it('leaves forwards to the network that their adapter is on', () => {
    const web = machine('web');
    const forward = forwardTo(web);
    const [nat, other] = [network('nat'), network('natNetwork', [forward])];
    expect(gatewayPlan(other, [web], [nat, other]).forwards).toEqual([]);
    expect(strayForwards(web, [nat, other])).toEqual([{ forward, to: nat }]);
  });
});
