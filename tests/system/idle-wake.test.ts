import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartOrder, USUAL_START_ORDER } from '../../src/shared/model/resources.ts';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

/** One machine of each engine, in one group; the second waits for the first's page. */
const MACHINES = [
  { name: 'web', engine: 'embedded', startOrder: { order: 10, waitsFor: 'port', port: 8080 } },
  { name: 'db', engine: 'qemu', startOrder: { order: 20 } },
] as const;
const NAMES = MACHINES.map(({ name }) => name);
/** Six seconds. */
const SAVE_SOON = { balloonAfterMinutes: null, pauseAfterMinutes: null, saveAfterMinutes: 0.1 };
const PATIENCE_MS = 100_000;

let core: RealCore;
beforeAll(async () => {
  core = await startRealCore(await makeHome());
  const { client } = core;
  for (const { name, engine, startOrder } of MACHINES) {
    await client.machine.create({ name, engine, isDemo: true });
    await change(name, { startOrder: { ...USUAL_START_ORDER, ...startOrder } });
    await client.network.addForward({ machine: name, protocol: 'tcp', hostPort: 0, guestPort: 8080 });
  }
});
afterAll(() => tearDown(core));

async function change(machine: string, resources: { startOrder?: StartOrder; idle?: typeof SAVE_SOON }): Promise<void> {
  const { revision, config } = await core.client.machine.get({ machine });
  const group = '/Shop';
  const all = { ...config.resources, ...resources };
  await core.client.machine.configure({ machine, revision, config: { ...config, group, resources: all } });
}

const reaches = (machine: string, state: 'Running' | 'Saved') =>
  core.client.events.waitFor({ machine, states: [state], timeoutMs: PATIENCE_MS });

/** The console of a guest that has its address. */
async function openGuest(name: string): Promise<SerialConsole> {
  const serial = new SerialConsole(await core.connection.openChannel(name, 'serial'));
  await serial.expect(GUEST_READY);
  await serial.run('until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done');
  return serial;
}

const servePage = (serial: SerialConsole, name: string): Promise<string> =>
  serial.run(`mkdir -p /tmp/page; echo 'page of ${name}' >/tmp/page/index.html; httpd -p 8080 -h /tmp/page`);

/** How many connections the guest's system has refused: field 15 of the line of numbers (RFC 2012, `tcpOutRsts`). */
const refusalsOf = async (serial: SerialConsole): Promise<number> =>
  Number((await serial.run('grep ^Tcp: /proc/net/snmp | tail -n 1')).split(' ')[14]);

async function portOf(machine: string): Promise<number> {
  const { id } = await core.client.machine.get({ machine });
  for (const network of await core.client.network.list({})) {
    const forward = network.forwards.find(({ machineId }) => machineId === id);
    if (!forward) continue;
    const { forwards } = await core.client.network.get({ network: network.id });
    return forwards.find((state) => state.id === forward.id)?.openPort ?? 0;
  }
  throw new Error(`No port leads to '${machine}'`);
}

const fetchPage = async (port: number): Promise<string> =>
  (await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()).trim();

describe('machines of both engines that serve a page', () => {
  it('start one after the other, the second when the first answers on its port', async () => {
    const starting = core.client.group.start({ group: '/Shop', timeoutSeconds: PATIENCE_MS / 1000 });
    await reaches('web', 'Running');
    await using web = await openGuest('web');
    // It was asked, it refused, and the other is still off.
    await expect.poll(() => refusalsOf(web), { timeout: PATIENCE_MS }).toBeGreaterThan(1);
    expect((await core.client.machine.get({ machine: 'db' })).state).toBe('PoweredOff');
    const before = new Date();
    await servePage(web, 'web');
    const [, db] = await starting;
    expect(db).toMatchObject({ config: { name: 'db' }, state: 'Running' });
    expect(Date.parse(db?.stateSince ?? '')).toBeGreaterThan(before.getTime());
    await using other = await openGuest('db');
    await servePage(other, 'db');
  });

  it('are saved when nobody uses them, and answer the very connection that wakes them', async () => {
    const ports = await Promise.all(NAMES.map(portOf));
    expect(await Promise.all(ports.map(fetchPage))).toEqual(['page of web', 'page of db']);
    await Promise.all(NAMES.map((name) => change(name, { idle: SAVE_SOON })));
    for (const name of NAMES) expect(await reaches(name, 'Saved')).toMatchObject({ reason: 'idle', pid: null });
    const woken = NAMES.map((name) => reaches(name, 'Running'));
    expect(await Promise.all(ports.map(fetchPage))).toEqual(['page of web', 'page of db']);
    for (const machine of await Promise.all(woken)) expect(machine).toMatchObject({ reason: 'restored' });
  });
});
