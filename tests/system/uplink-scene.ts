/**
 * Runs inside a network of its own (see support/namespace.ts) and tells as JSON what it has seen: `node uplink-scene.ts
 * tap|bridge`. A real core, a real guest, and this computer's own interface at the other end of the uplink.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePaths } from '../../src/main/paths.ts';
import { isAlive, type ProcessIdentity } from '../../src/main/processes/process-identity.ts';
import { toErrorReport } from '../../src/shared/errors.ts';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import { homeEnv, makeHome, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

type Adapter = MachineConfig['adapters'][number];

const PATIENCE_MS = 60_000;
const MACHINE = 'guest';
const BRIDGE_LIST = '/etc/qemu/bridge.conf';

let core = await startRealCore(await makeHome());
const seen: Record<string, unknown> = {};
async function tapScene(): Promise<void> {
  seen.candidates = (await core.client.network.uplinks({})).candidates;
  await core.client.network.configure({ network: 'Host-only', uplink: { kind: 'tap', interface: 'inn0' } });
  await prepare('embedded', { mode: 'hostOnly', profile: 'open' });
  let serial = await boot();
  await serial.run('until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done');
  const address = /inet ([0-9.]+)/.exec(await serial.run('ip -4 addr show eth0'))?.[1] ?? '';
  seen.addressIsOfTheNetwork = address.startsWith('192.168.56.') && address !== '192.168.56.10';
  const ownPage = await serve('192.168.56.10');
  const meet = async () => [await fetchIn(serial, ownPage), await fetchPage(`http://${address}:8080/`)];
  seen.ping = await loss(serial, '192.168.56.10');
  seen.open = await meet();

  await change({ profile: 'standard' });
  seen.standard = [await loss(serial, '192.168.56.10'), await fetchPage(`http://${address}:8080/`)];
  await change({ profile: 'open' });

  const first = await carrier('Host-only');
  process.kill(first.pid, 'SIGKILL');
  seen.failure = await until(async () => (await uplinkOf('Host-only'))?.failure ?? undefined);
  await until(async () => (await uplinkOf('Host-only'))?.isUp || undefined);
  seen.afterCarrier = await meet();

  const second = await carrier('Host-only');
  const network = await networkProcess('Host-only');
  process.kill(network.pid, 'SIGKILL');
  await until(async () => !(await isAlive(second)) || undefined); // it never outlives its network
  await until(async () => (await uplinkOf('Host-only'))?.isUp || undefined);
  seen.afterNetwork = await meet();

  const third = await carrier('Host-only');
  await core.end('SIGKILL');
  seen.outlivesCore = await isAlive(third);
  core = await startRealCore(core.home);
  serial = new SerialConsole(await core.connection.openChannel(MACHINE, 'serial'));
  seen.takenBack = (await carrier('Host-only')).pid === third.pid && (await uplinkOf('Host-only'))?.isUp;
  seen.afterCore = await meet();

  await core.client.machine.powerOff({ machine: MACHINE });
  await until(async () => !(await isAlive(third)) || undefined);
  seen.endsWithTheLast = true;
}

async function bridgeScene(): Promise<void> {
  await core.client.network.create({ name: 'lan', kind: 'bridged', uplink: { kind: 'bridge', bridge: 'br0' } });
  await prepare('qemu', { mode: 'bridged', profile: 'standard' });
  seen.standard = await refusal();
  await change({ profile: 'open' });
  writeFileSync(BRIDGE_LIST, 'deny br0\n');
  seen.denied = await refusal();
  writeFileSync(BRIDGE_LIST, 'allow br0\n');
  const serial = await boot();
  await serial.run('ip addr flush dev eth0; ip addr add 10.78.0.2/24 dev eth0');
  const ownPage = await serve('10.78.0.1');
  const meet = async () => [await fetchIn(serial, ownPage), await fetchPage('http://10.78.0.2:8080/')];
  seen.ping = await loss(serial, '10.78.0.1');
  seen.open = await meet();
  await change({ profile: 'offline' });
  seen.offline = [await loss(serial, '10.78.0.1'), await fetchPage('http://10.78.0.2:8080/')];
  const { gatewayAddress, leases, uplink } = await core.client.network.get({ network: 'lan' });
  seen.network = { gatewayAddress, leases, isUp: uplink?.isUp, failure: uplink?.failure };
}

async function prepare(engine: 'embedded' | 'qemu', adapter: Partial<Adapter>): Promise<void> {
  await core.client.machine.create({ name: MACHINE, isDemo: true, engine });
  await change(adapter);
}

async function change(adapter: Partial<Adapter>): Promise<void> {
  const { revision, config } = await core.client.machine.get({ machine: MACHINE });
  const adapters = config.adapters.map((each, index) => (index === 0 ? { ...each, ...adapter } : each));
  await core.client.machine.configure({ machine: MACHINE, revision, config: { ...config, adapters } });
}

async function boot(): Promise<SerialConsole> {
  await core.client.machine.start({ machine: MACHINE });
  const serial = new SerialConsole(await core.connection.openChannel(MACHINE, 'serial'));
  await serial.expect(GUEST_READY);
  await serial.run(`mkdir -p /tmp/page; echo 'page of the guest' >/tmp/page/index.html; httpd -p 8080 -h /tmp/page`);
  return serial;
}

/** Why the machine does not start. */
async function refusal(): Promise<unknown> {
  try {
    await core.client.machine.start({ machine: MACHINE });
    return 'it started';
  } catch (error) {
    const { code, message, hint } = toErrorReport(error);
    return { code, message, hint };
  }
}

/** A page on this computer's own interface. */
async function serve(address: string): Promise<string> {
  const server = createServer((_, response) => response.end('page of the host'));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  server.unref();
  return `http://${address}:${(server.address() as AddressInfo).port}/`;
}

/** How much of some pings to an address is lost. */
const loss = async (serial: SerialConsole, address: string): Promise<string | undefined> =>
  (await serial.run(`ping -c 2 -W 5 ${address} || true`)).match(/\d+% packet loss/)?.[0];

const fetchIn = (serial: SerialConsole, url: string): Promise<string> =>
  serial.run(`wget -q -O - ${url} 2>&1 || true`, PATIENCE_MS);

async function fetchPage(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5_000) });
    return (await answer.text()).trim();
  } catch {
    return 'nothing';
  }
}

const uplinkOf = async (network: string) => (await core.client.network.get({ network })).uplink;

const networkProcess = (network: string): Promise<ProcessIdentity> => processIn(network, '');
const carrier = (network: string): Promise<ProcessIdentity> => processIn(network, 'uplink');

async function processIn(network: string, folder: string): Promise<ProcessIdentity> {
  const { network: found } = await core.client.network.get({ network });
  const runtime = makePaths(homeEnv(core.home)).networkRuntimeFolder(found.id);
  return JSON.parse(readFileSync(path.join(runtime, folder, 'process.json'), 'utf8'));
}

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`${ask} had no answer in time`);
    await sleep(50);
  }
}

try {
  if (process.argv[2] === 'bridge') await bridgeScene();
  else await tapScene();
} finally {
  await tearDown(core);
}
process.stdout.write(JSON.stringify(seen));
