import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectInProcess } from '../../src/main/api/client.ts';
import { createApi } from '../../src/main/api/serve-core.ts';
import { createApp } from '../../src/main/app.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import { homeEnv, makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

type Adapter = MachineConfig['adapters'][number];
const ENGINES = ['embedded', 'qemu'] as const;

let core: RealCore;
const consoles = new Map<string, SerialConsole>();
beforeAll(async () => {
  core = await startRealCore(await makeHome());
});
afterAll(() => tearDown(core));

async function change(machine: string, adapter: Partial<Adapter>): Promise<void> {
  const { client } = core;
  const { revision, config } = await client.machine.get({ machine });
  const adapters = config.adapters.map((each, index) => (index === 0 ? { ...each, ...adapter } : each));
  await client.machine.configure({ machine, revision, config: { ...config, adapters } });
}

const openSerial = async (machine: string): Promise<SerialConsole> => {
  const serial = new SerialConsole(await core.connection.openChannel(machine, 'serial'));
  consoles.set(machine, serial);
  return serial;
};

/** A demo guest that has its address by DHCP and serves a page that names it. */
async function boot(name: string, engine: (typeof ENGINES)[number], adapter: Partial<Adapter>): Promise<void> {
  const { client } = core;
  await client.machine.create({ name, isDemo: true, engine });
  await change(name, adapter);
  await client.machine.start({ machine: name });
  const serial = await openSerial(name);
  await serial.expect(GUEST_READY);
  await serial.run('until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done');
  await serial.run(`mkdir -p /tmp/page; echo 'page of ${name}' >/tmp/page/index.html; httpd -p 8080 -h /tmp/page`);
}

const guest = (name: string): SerialConsole => {
  const serial = consoles.get(name);
  if (!serial) throw new Error(`'${name}' has no console`);
  return serial;
};
const loss = async (from: string, to: string): Promise<string> =>
  (await guest(from).run(`ping -c 2 -W 2 ${to} || true`)).match(/\d+% packet loss|bad address/)?.[0] ?? '';
const fetchIn = (from: string, url: string): Promise<string> =>
  guest(from).run(`wget -q -O - ${url} 2>&1 || true`, 90_000);
const fetchPage = async (port: number): Promise<string> =>
  (await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()).trim();
const reach = async (machine: string, to: string) => {
  const { isReachable, rule, isProven } = await core.client.network.reach({ machine, to });
  return { isReachable, rule, isProven };
};
/** Which places a machine reaches by the isolation report, in the order of its columns; all of it proven with real frames. */
const placesOf = async (machine: string) => {
  const { ends, answers } = await core.client.network.matrix({});
  const own = answers.filter(({ from }) => from === machine);
  const places = ends.slice(-4).map((place) => own.find(({ to }) => to === place));
  expect(places.map((answer) => answer?.isProven)).toEqual([true, true, true, true]);
  return places.map((answer) => answer?.isReachable);
};
const addressIn = async (name: string): Promise<string> =>
  /inet ([0-9.]+)/.exec(await guest(name).run('ip -4 addr show eth0'))?.[1] ?? '';

describe('machines of both engines on virtual networks', () => {
  const ports: number[] = [];

  it('meet by name and fetch pages from each other', async () => {
    await Promise.all([boot('web', 'embedded', { mode: 'natNetwork' }), boot('db', 'qemu', { mode: 'natNetwork' })]);
    expect(await loss('web', 'db.inn')).toBe('0% packet loss');
    expect(await loss('db', 'web.inn')).toBe('0% packet loss');
    expect(await fetchIn('web', 'http://db.inn:8080/')).toBe('page of db');
    expect(await fetchIn('db', 'http://web.inn:8080/')).toBe('page of web');
    expect(await reach('web', 'db')).toEqual({ isReachable: true, rule: 'switch.carries', isProven: true });
    const [address] = await core.client.network.addresses({ machine: 'db' });
    expect(address).toMatchObject({ network: 'NAT Network', name: 'db.inn', address: await addressIn('db') });
  });

  it('lose each other with the cable, on two networks, and in quarantine', async () => {
    const [db] = await core.client.network.addresses({ machine: 'db' });
    const address = db?.address ?? '';
    const isSilent = { isReachable: false, isProven: true };
    await change('db', { isCableConnected: false });
    expect(await loss('web', address)).toBe('100% packet loss');
    expect(await reach('web', 'db')).toEqual({ ...isSilent, rule: 'cable.pulled' });
    await change('db', { isCableConnected: true });
    await expect.poll(() => loss('web', address), { timeout: 30_000 }).toBe('0% packet loss');

    const lab = await core.client.network.create({ name: 'Lab', kind: 'natNetwork' });
    await change('db', { networkId: lab.id });
    expect(await loss('web', address)).toBe('100% packet loss');
    expect(await loss('db', 'web.inn')).toMatch(/100% packet loss|bad address/);
    expect(await reach('web', 'db')).toEqual({ ...isSilent, rule: 'network.different' });
    await change('db', { networkId: null });
    await expect.poll(() => loss('web', address), { timeout: 30_000 }).toBe('0% packet loss');
    await core.client.network.remove({ network: 'Lab' });

    await change('db', { profile: 'quarantine' });
    expect(await loss('web', address)).toBe('100% packet loss');
    expect(await reach('web', 'db')).toEqual({ ...isSilent, rule: 'quarantine.nothing' });
    await change('db', { profile: 'standard' });
    await expect.poll(() => loss('web', address), { timeout: 30_000 }).toBe('0% packet loss');
  });

  it('are reached by the host through port forwards, and reach its services as their profile says', async () => {
    for (const machine of ['web', 'db']) {
      const { state } = await core.client.network.addForward({
        machine,
        protocol: 'tcp',
        hostPort: 0,
        guestPort: 8080,
      });
      expect(state.failure).toBeNull();
      ports.push(state.openPort ?? 0);
    }
    expect(await Promise.all(ports.map(fetchPage))).toEqual(['page of web', 'page of db']);

    const server = createServer((_, response) => response.end('page of the host'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://host.inn:${(server.address() as AddressInfo).port}/`;
    for (const machine of ['web', 'db']) {
      expect(await fetchIn(machine, url)).not.toContain('page of the host');
      expect(await reach(machine, 'hostServices')).toMatchObject({ isReachable: false, rule: 'standard.host' });
      await change(machine, { profile: 'open' });
      expect(await fetchIn(machine, url)).toBe('page of the host');
      await change(machine, { profile: 'standard' });
      expect(await fetchIn(machine, url)).not.toContain('page of the host');
    }
    server.close();
    const { refusals } = await core.client.network.get({ network: 'NAT Network' });
    expect(refusals).toContainEqual(expect.objectContaining({ rule: 'standard.host' }));
  });

  it('reach the places that their profile allows, as real frames prove, and none of these is counted', async () => {
    const server = createServer((_, response) => response.end('page of the host'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://host.inn:${(server.address() as AddressInfo).port}/`;
    const now = () => core.client.network.get({ network: 'NAT Network' });
    const { gatewayAddress } = await now();
    const refusedByHost = async () => (await now()).refusals.find(({ rule }) => rule === 'standard.host')?.count;
    // This computer by a ping, its services, private ranges, the internet.
    const profiles = {
      open: [true, true, true, true],
      standard: [true, false, true, true],
      noLan: [true, false, false, true],
      offline: [true, false, false, false],
      quarantine: [false, false, false, false],
    } as const;
    for (const machine of ['web', 'db']) {
      for (const profile of ['open', 'noLan', 'offline', 'quarantine', 'standard'] as const) {
        await change(machine, { profile });
        const before = await refusedByHost();
        expect([profile, await placesOf(machine)]).toEqual([profile, profiles[profile]]);
        expect(await refusedByHost()).toBe(before);
        const [pings, fetches] = profiles[profile];
        expect(await loss(machine, gatewayAddress ?? '')).toBe(pings ? '0% packet loss' : '100% packet loss');
        if (profile !== 'quarantine') expect((await fetchIn(machine, url)) === 'page of the host').toBe(fetches);
      }
    }
    server.close();
    const { trials } = await core.client.network.reach({ machine: 'web', to: 'lan' });
    expect(trials.map(({ hasPassed }) => hasPassed)).toEqual([true, true, true, true, true]);
  });

  it('go on meeting while the core is gone, and are taken back by the next one', async () => {
    const known = await core.client.network.get({ network: 'NAT Network' });
    await core.end('SIGKILL');
    expect(await Promise.all(ports.map(fetchPage))).toEqual(['page of web', 'page of db']);
    core = await startRealCore(core.home);
    expect(await Promise.all(ports.map(fetchPage))).toEqual(['page of web', 'page of db']);
    const back = await core.client.network.get({ network: 'NAT Network' });
    expect(back.forwards.map(({ openPort }) => openPort)).toEqual(ports);
    expect(back.ports.map(({ address }) => address)).toEqual(known.ports.map(({ address }) => address));
    for (const [index, { outFrames }] of known.ports.entries()) {
      expect(back.ports[index]?.outFrames).toBeGreaterThan(outFrames);
    }
    for (const name of ['web', 'db']) await openSerial(name);
    expect(await fetchIn('db', 'http://web.inn:8080/')).toBe('page of web');
    const usage = await core.client.usage.latest({});
    expect(usage.machines).toHaveLength(2);
  });

  it('wake when somebody connects to a port of theirs, and answer that very connection', async () => {
    await core.end(); // from here on in this process, where a machine can be put to sleep at once
    const env = homeEnv(core.home);
    const log = createLog(makePaths(env), 'silent');
    const app = await createApp({ env, log });
    const { client } = connectInProcess(createApi(app, '0.0.0', log));
    try {
      for (const [index, machine] of ['web', 'db'].entries()) {
        const before = await client.network.addresses({ machine });
        await app.services.runner.saveState((await client.machine.get({ machine })).id, 'idle');
        expect(await client.machine.get({ machine })).toMatchObject({ state: 'Saved', reason: 'idle' });
        expect(await fetchPage(ports[index] ?? 0)).toBe(`page of ${machine}`);
        expect(await client.machine.get({ machine })).toMatchObject({ state: 'Running', reason: 'restored' });
        expect(await client.network.addresses({ machine })).toEqual(before);
      }
      // Saved by a person, it stays asleep.
      await client.machine.saveState({ machine: 'web' });
      await expect.poll(async () => (await client.network.get({ network: 'NAT Network' })).ports.length).toBe(1);
      await expect(fetchPage(ports[0] ?? 0)).rejects.toThrow();
      expect((await client.machine.get({ machine: 'web' })).state).toBe('Saved');
    } finally {
      await app.close();
    }
    core = await startRealCore(core.home);
  });
});
