import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

async function put(core: FakeCore, machine: string, adapter: Partial<MachineConfig['adapters'][number]>) {
  const { revision, config } = await core.client.machine.get({ machine });
  const adapters = config.adapters.map((each) => ({ ...each, ...adapter }));
  return core.client.machine.configure({ machine, revision, config: { ...config, adapters } });
}

const web = { machine: 'web', protocol: 'tcp', guestPort: 80 } as const;

describe('virtual networks', () => {
  it('are there from the beginning, one of each kind, and the same after the next start', async () => {
    const core = await openFakeCore();
    const first = await core.client.network.list({});
    expect(first.map(({ kind }) => kind)).toEqual(['nat', 'natNetwork', 'internal', 'hostOnly']);
    const made = await core.client.network.create({ name: 'Lab', kind: 'natNetwork' });
    await core.close();
    const again = await openFakeCore({ folder: core.folder });
    expect(await again.client.network.list({})).toEqual([...first, made]);
    expect((await again.client.network.get({ network: 'lab' })).gatewayAddress).toBe('10.0.4.1');
  });

  it('are told to everybody, from the opening snapshot on', async () => {
    const core = await openFakeCore();
    const end = new AbortController();
    const events = await core.client.events.subscribe({}, { signal: end.signal });
    const opening = (await events.next()).value;
    expect(opening).toMatchObject({ kind: 'snapshot', networks: await core.client.network.list({}) });
    const network = await core.client.network.create({ name: 'Lab', kind: 'internal' });
    expect((await events.next()).value).toEqual({ kind: 'networkChanged', network });
    await core.client.network.remove({ network: 'Lab' });
    expect((await events.next()).value).toEqual({ kind: 'networkRemoved', id: network.id });
    end.abort();
  });

  it('have names and ranges that can be', async () => {
    const { client } = await openFakeCore();
    const create = (input: Parameters<typeof client.network.create>[0]) => client.network.create(input);
    await expect(create({ name: 'nat', kind: 'nat' })).rejects.toMatchObject({ code: 'NAME_IN_USE' });
    await expect(create({ name: 'x', kind: 'nat', subnet: null })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(create({ name: 'x', kind: 'nat', subnet: '10.0.0.0/30' })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
    await expect(client.network.get({ network: 'x' })).rejects.toMatchObject({ code: 'NETWORK_NOT_FOUND' });
  });

  it('cannot be removed while adapters are on them, nor when they are built in', async () => {
    const core = await openFakeCore();
    const { client } = core;
    const { id } = await client.network.create({ name: 'Lab', kind: 'internal' });
    await core.add('web');
    await put(core, 'web', { mode: 'internal', networkId: id });
    await expect(client.network.remove({ network: 'Lab' })).rejects.toMatchObject({
      code: 'NETWORK_IN_USE',
      message: expect.stringContaining("'web'"),
    });
    await put(core, 'web', { mode: 'nat', networkId: null });
    await client.network.remove({ network: 'Lab' });
    await expect(client.network.remove({ network: 'NAT' })).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await expect(put(core, 'web', { mode: 'internal', networkId: id })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });

  it('keep their range while a machine on them is on', async () => {
    const core = await openFakeCore();
    await core.add('web');
    await core.client.machine.start({ machine: 'web' });
    const move = () => core.client.network.configure({ network: 'NAT', subnet: '10.9.0.0/24' });
    await expect(move()).rejects.toMatchObject({ code: 'NETWORK_IN_USE' });
    await core.client.machine.powerOff({ machine: 'web' });
    expect(await move()).toMatchObject({ subnet: '10.9.0.0/24' });
  });

  it('warn of a bridge, and refuse a fixed address outside of the range', async () => {
    const core = await openFakeCore();
    const { config } = await core.add('web');
    const issuesOf = async (adapter: Partial<MachineConfig['adapters'][number]>) => {
      const adapters = config.adapters.map((each) => ({ ...each, ...adapter }));
      const { issues } = await core.client.machine.check({ config: { ...config, adapters }, machine: 'web' });
      return issues
        .filter(({ field }) => field.startsWith('adapters'))
        .map(({ severity, field }) => `${severity} ${field}`);
    };
    expect(await issuesOf({ mode: 'bridged' })).toEqual(['warning adapters.0.mode']);
    expect(await issuesOf({ fixedAddress: '10.0.2.77' })).toEqual([]);
    expect(await issuesOf({ fixedAddress: '10.0.3.77' })).toEqual(['error adapters.0.fixedAddress']);
  });
});

describe('port forwards', () => {
  it('are kept, go with their adapter to another network, and end with their machine', async () => {
    const core = await openFakeCore();
    const { client } = core;
    await core.add('web');
    const { forward } = await client.network.addForward({ ...web, hostPort: 0 });
    await core.close();
    const again = await openFakeCore({ folder: core.folder });
    const forwardsOf = async (network: string) => (await again.client.network.get({ network })).network.forwards;
    expect(await forwardsOf('NAT')).toEqual([forward]);
    await put(again, 'web', { mode: 'natNetwork' });
    await expect.poll(() => forwardsOf('NAT Network')).toEqual([forward]);
    expect(await forwardsOf('NAT')).toEqual([]);
    await again.client.machine.remove({ machine: 'web' });
    expect(await forwardsOf('NAT Network')).toEqual([]);
  });

  it('name who has the port already', async () => {
    const core = await openFakeCore();
    const { client } = core;
    await core.add('web');
    await core.add('db');
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const taken = typeof address === 'object' && address ? address.port : 0;
    await expect(client.network.addForward({ ...web, hostPort: taken })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await new Promise((resolve) => server.close(resolve));
    await client.network.addForward({ ...web, hostPort: taken });
    await expect(client.network.addForward({ ...web, machine: 'db', hostPort: taken })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining("'web'"),
    });
  });

  it('say whose port it is that one of them was given', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    const { client } = core;
    for (const name of ['web', 'db']) await core.add(name);
    await client.machine.start({ machine: 'web' });
    const { state } = await client.network.addForward({ ...web, hostPort: 0 });
    const hostPort = state.openPort ?? 0;
    const words = `leads to port 80 of 'web' on the network 'NAT' already.`;
    const add = client.network.addForward({ ...web, machine: 'db', hostPort });
    await expect(add).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(words) });
  });

  it('say why none can lead to their adapter any more', async () => {
    const core = await openFakeCore();
    const { client } = core;
    await core.add('web');
    await client.network.addForward({ ...web, hostPort: 0 });
    const stateOn = async (network: string) => (await client.network.get({ network })).forwards[0];
    expect(await stateOn('NAT')).toMatchObject({ openPort: null, failure: null });
    await put(core, 'web', { mode: 'internal' });
    await expect
      .poll(async () => (await stateOn('Internal'))?.failure)
      .toContain("Adapter 1 of 'web' is on the internal network 'Internal'");
    await put(core, 'web', { mode: 'notAttached' });
    await expect
      .poll(async () => (await stateOn('Internal'))?.failure)
      .toContain("Adapter 1 of 'web' is on no network");
  });

  it('of UDP are refused where the port is taken, whether their machine is on or off', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    await core.add('web');
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const input = { ...web, protocol: 'udp', hostPort: socket.address().port } as const;
    await expect(core.client.network.addForward(input)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await core.client.machine.start({ machine: 'web' });
    await expect(core.client.network.addForward(input)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect((await core.client.network.get({ network: 'NAT' })).network.forwards).toEqual([]);
  });

  it('lead nowhere on an internal network', async () => {
    const core = await openFakeCore();
    await core.add('web');
    await put(core, 'web', { mode: 'internal' });
    await expect(core.client.network.addForward({ ...web, hostPort: 0 })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });
});

// Processes of networks are started, some after each other.
describe('a network that runs', { timeout: 120_000 }, () => {
  it('has the ports of machines that are on, and is taken back with them', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    await core.add('web');
    await core.client.machine.start({ machine: 'web' });
    const { state } = await core.client.network.addForward({ ...web, hostPort: 0 });
    const running = await core.client.network.get({ network: 'NAT' });
    expect(running).toMatchObject({
      isRunning: true,
      ports: [{ machineName: 'web', name: 'web.inn', profile: 'standard' }],
    });
    expect(running.forwards).toEqual([state]);
    expect(running.ipv6?.prefix).toMatch(/^fd[0-9a-f]{2}:.*::\/64$/);
    expect(await core.client.network.addresses({ machine: 'web' })).toMatchObject([{ addresses6: [] }]);
    await put(core, 'web', { profile: 'offline' });
    expect((await core.client.network.get({ network: 'NAT' })).ports).toMatchObject([{ profile: 'offline' }]);
    await core.close();

    const again = await openFakeCore({ folder: core.folder, world: core.world, hasNetworks: true });
    const back = await again.client.network.get({ network: 'NAT' });
    expect(back.ports).toMatchObject([{ machineName: 'web', profile: 'offline' }]);
    expect(back.ipv6).toEqual(running.ipv6);
    expect(back.forwards).toEqual([state]); // the same port: the process is the same
    await put(again, 'web', { mode: 'natNetwork' });
    expect((await again.client.network.get({ network: 'NAT Network' })).ports).toHaveLength(1);
    await again.client.machine.powerOff({ machine: 'web' });
    const isRunning = async () => (await again.client.network.list({})).map(({ id }) => id);
    for (const network of await isRunning()) {
      await expect.poll(async () => (await again.client.network.get({ network })).isRunning).toBe(false);
    }
  });

  it('is refused as a bridge, in words, and the machine stays off', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    await core.add('web');
    await put(core, 'web', { mode: 'bridged' });
    await expect(core.client.machine.start({ machine: 'web' })).rejects.toMatchObject({
      code: 'NETWORK_NOT_FOUND',
      hint: expect.stringContaining('inn network uplinks'),
    });
    expect(await core.client.machine.get({ machine: 'web' })).toMatchObject({
      state: 'PoweredOff',
      reason: 'startFailed',
    });
  });
});
