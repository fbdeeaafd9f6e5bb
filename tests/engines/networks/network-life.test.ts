import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connectInProcess } from '../../../src/main/api/client.ts';
import { createApi } from '../../../src/main/api/serve-core.ts';
import { type App, createApp } from '../../../src/main/app.ts';
import { runCommandLine } from '../../../src/main/cli/program.ts';
import { createLog } from '../../../src/main/log.ts';
import { makePaths } from '../../../src/main/paths.ts';
import { readProcessFile } from '../../../src/main/processes/leftover.ts';
import { killProcess } from '../../../src/main/processes/process-identity.ts';
import type { UsageQuantities } from '../../../src/shared/model/usage-quantities.ts';
import { GIB, MIB } from '../../../src/shared/units.ts';
import { readPcapng } from '../../support/read-pcapng.ts';
import { homeEnv, makeHome } from '../../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../../support/serial-console.ts';

/** The two machines are named for their engines. */
const ENGINES = ['embedded', 'qemu'] as const;
const NETWORK = 'NAT Network';
const PATIENT = { timeout: 60_000, interval: 200 };
const MUCH = { embedded: 2 * MIB, qemu: 8 * MIB };

let home: string;
let app: App;
let core: Connection;
let server: Server;
const guests = new Map<string, SerialConsole>();

async function openCore(): Promise<void> {
  const env = homeEnv(home);
  const log = createLog(makePaths(env), 'silent');
  app = await createApp({ env, log });
  core = connectInProcess(createApi(app, '0.0.0', log));
}

const openSerial = async (machine: string): Promise<void> =>
  void guests.set(machine, new SerialConsole(await core.openChannel(machine, 'serial')));

const run = (machine: string, command: string): Promise<string> => {
  const serial = guests.get(machine);
  if (!serial) throw new Error(`'${machine}' has no console`);
  return serial.run(command);
};

async function boot(name: (typeof ENGINES)[number]): Promise<void> {
  const { revision, config } = await core.client.machine.create({ name, isDemo: true, engine: name });
  const adapters = config.adapters.map((each) => ({ ...each, mode: 'natNetwork' as const, profile: 'open' as const }));
  await core.client.machine.configure({ machine: name, revision, config: { ...config, adapters } });
  await core.client.machine.start({ machine: name });
  await openSerial(name);
  await guests.get(name)?.expect(GUEST_READY);
  await run(name, 'until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done');
}

/** `inn` in this process, on this core. */
async function inn(args: string[], env: NodeJS.ProcessEnv = {}) {
  const printed: string[] = [];
  const { stdin, stdout, stderr } = process;
  const letGo = { ...core, [Symbol.asyncDispose]: async () => undefined };
  const context = {
    ...{ stdin, stdout, stderr, env: { ...homeEnv(home), ...env } },
    connect: async () => letGo,
    print: (line: string) => void printed.push(line),
  };
  return { code: await runCommandLine(args, context, '0.0.0'), text: printed.join('\n') };
}

beforeAll(async () => {
  home = await makeHome();
  await openCore();
  const page = randomBytes(MUCH.qemu);
  server = createServer(({ url }, response) => response.end(page.subarray(0, Number(url?.slice(1)))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await Promise.all(ENGINES.map(boot));
});
afterAll(async () => {
  for (const { id } of await core.client.machine.list({})) {
    await core.client.machine.powerOff({ machine: id }).catch(() => undefined);
  }
  await app.close();
  server.close();
});

const download = (machine: string, bytes: number): Promise<string> =>
  run(machine, `wget -q -O - http://host.inn:${(server.address() as AddressInfo).port}/${bytes} | wc -c`);
const loss = async (from: string, to: string): Promise<string> =>
  (await run(from, `ping -c 2 -W 2 ${to} || true`)).match(/\d+% packet loss|bad address/)?.[0] ?? '';
const addressIn = async (machine: string): Promise<string> =>
  /inet ([0-9.]+)/.exec(await run(machine, 'ip -4 addr show eth0'))?.[1] ?? '';

async function usageOf(machine: string): Promise<UsageQuantities> {
  const { lines } = await core.client.usage.report({ by: 'machine' });
  const line = lines.find(({ name }) => name === machine);
  if (!line) throw new Error(`'${machine}' was not metered`);
  return line.usage;
}

describe('what machines send and get', () => {
  it('is in the usage report: all of it, and little beside it', async () => {
    for (const machine of ENGINES) {
      const before = await usageOf(machine);
      const bytes = MUCH[machine];
      expect(await download(machine, bytes)).toBe(String(bytes));
      const counted = async () => (await usageOf(machine)).networkInBytes - before.networkInBytes;
      await expect.poll(counted, PATIENT).toBeGreaterThanOrEqual(bytes);
      expect(await counted()).toBeLessThan(bytes * 1.15);
    }
    const { networkInBytes } = await usageOf('qemu');
    const [header = [], ...rows] = (await inn(['usage', '--csv'])).text.split('\r\n').map((row) => row.split(','));
    const row = rows.find((cells) => cells.includes('qemu'));
    expect(Number(row?.[header.indexOf('network_in_gib')]) * GIB).toBeGreaterThanOrEqual(networkInBytes * 0.999);
  });

  it('is captured to a file of their own, which only their user reads', async () => {
    const { id: machineId, config } = await core.client.machine.get({ machine: 'qemu' });
    const started = JSON.parse((await inn(['network', 'capture', NETWORK, '--machine', 'qemu', '--json'])).text);
    expect(started).toMatchObject({ machineId, adapter: 0 });
    expect(await loss('embedded', 'host.inn')).toBe('0% packet loss'); // which is no business of the other
    await download('qemu', 100_000);
    const stopped = await inn(['network', 'capture', NETWORK, '--stop', started.id]);
    expect(stopped).toMatchObject({ code: 0, text: expect.stringContaining(started.path) });
    expect(statSync(started.path).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(started.path)).mode & 0o777).toBe(0o700);
    const { interfaces, frames } = readPcapng(readFileSync(started.path));
    expect(interfaces).toEqual([`${machineId}/0`]);
    const mac = config.adapters[0]?.macAddress.replaceAll(':', '') ?? '';
    for (const { direction, frame } of frames) {
      const [to, from] = [frame.toString('hex', 0, 6), frame.toString('hex', 6, 12)];
      const isForAll = (Number.parseInt(to.slice(0, 2), 16) & 1) === 1;
      expect(direction === 'out' ? from === mac : from !== mac && (to === mac || isForAll)).toBe(true);
    }
    const bytesIn = frames.filter(({ direction }) => direction === 'in').map(({ frame }) => frame.length);
    expect(bytesIn.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(100_000);
    expect(frames.some(({ frame }) => frame.includes('GET /100000'))).toBe(true);
  });

  it('takes no more room in a file than was said', async () => {
    const limitBytes = 65_536;
    const { id, path: file } = await core.client.network.startCapture({ network: NETWORK, limitBytes });
    await download('qemu', MIB);
    const { bytes } = await core.client.network.stopCapture({ network: NETWORK, id });
    expect(bytes).toBeGreaterThan(MIB);
    const frameAtMost = 1600;
    for (const each of [file, `${file}.1`]) {
      expect(statSync(each).size).toBeLessThan(limitBytes + frameAtMost);
      expect(statSync(each).mode & 0o777).toBe(0o600);
      expect(readPcapng(readFileSync(each)).frames.length).toBeGreaterThan(0);
    }
    expect(statSync(`${file}.1`).size).toBeGreaterThan(limitBytes - frameAtMost);
    expect(() => statSync(`${file}.2`)).toThrow();
  });
});

describe('a network whose process is killed', () => {
  it('is there again at once, with the same addresses and ports', async () => {
    await run('embedded', 'mkdir -p /tmp/page; echo here >/tmp/page/index.html; httpd -p 8080 -h /tmp/page');
    const { network } = await core.client.network.get({ network: NETWORK });
    const added = await core.client.network.addForward({
      ...{ machine: 'embedded', protocol: 'tcp', hostPort: 0, guestPort: 8080 },
    });
    const { openPort } = added.state;
    const before = await Promise.all(ENGINES.map(addressIn));
    const counted = await usageOf('qemu');
    const killed = readProcessFile(makePaths(homeEnv(home)).networkRuntimeFolder(network.id));
    if (!killed) throw new Error('The network has no process');
    await killProcess(killed, 'SIGKILL');

    await expect.poll(() => loss('qemu', 'embedded.inn'), PATIENT).toBe('0% packet loss');
    await expect.poll(() => loss('embedded', 'qemu.inn'), PATIENT).toBe('0% packet loss');
    const { forwards, leases } = await core.client.network.get({ network: NETWORK });
    const state = forwards.find(({ id }) => id === added.forward.id);
    expect(state).toMatchObject({ failure: null, openPort }); // any free one was asked for: it is the same
    expect(await (await fetch(`http://127.0.0.1:${openPort}/`)).text()).toContain('here');
    // Asked anew, the new process gives what the old one gave.
    for (const machine of ENGINES) await run(machine, 'udhcpc -i eth0 -n -q -t 5 -T 2 >/dev/null 2>&1');
    expect(await Promise.all(ENGINES.map(addressIn))).toEqual(before);
    expect(leases.map(({ address }) => address).sort()).toEqual([...before].sort());
    expect((await usageOf('qemu')).networkInBytes).toBeGreaterThanOrEqual(counted.networkInBytes);
    await core.client.network.removeForward({ id: added.forward.id });
  });
});

/** Datagrams that came for ports at which nobody listens: the demo guest has no server of UDP. */
const datagramsIn = async (machine: string): Promise<number> => {
  const [names = '', values = ''] = (await run(machine, 'grep ^Udp: /proc/net/snmp')).split('\n');
  return Number(values.split(' ')[names.split(' ').indexOf('NoPorts')]);
};

describe('a datagram to a machine that sleeps', () => {
  it.each(ENGINES)('wakes it (%s), and comes to it with those that followed', async (machine) => {
    const { forward, state } = await core.client.network.addForward({
      ...{ machine, protocol: 'udp', hostPort: 0, guestPort: 5353 },
    });
    const before = await datagramsIn(machine);
    await app.services.runner.saveState((await core.client.machine.get({ machine })).id, 'idle');
    const client = createSocket('udp4');
    for (const word of ['wake', 'up', 'please']) client.send(word, state.openPort ?? 0, '127.0.0.1');
    await core.client.events.waitFor({ machine, states: ['Running'], timeoutMs: 60_000 });
    client.close();
    await openSerial(machine);
    await expect.poll(() => datagramsIn(machine), PATIENT).toBe(before + 3);
    await core.client.network.removeForward({ id: forward.id });
  });
});

/** Stands in for the system's ssh: notes its arguments and what the server there says, and ends with 7. */
const FAKE_SSH = `#!${process.execPath}
const { connect } = require('node:net');
const { writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const socket = connect(Number(args[args.indexOf('-p') + 1]), '127.0.0.1');
socket.once('data', (data) => {
  writeFileSync(process.env.SSH_RECORD, JSON.stringify({ args, banner: data.toString() }));
  process.exit(7);
});
`;

describe('inn ssh', () => {
  const forwardsOf = async () => (await core.client.network.get({ network: NETWORK })).network.forwards;

  it("hands over to the system's ssh by a port that is there for so long, or that was there before", async () => {
    const record = path.join(home, 'ssh.json');
    writeFileSync(path.join(home, 'ssh'), FAKE_SSH);
    chmodSync(path.join(home, 'ssh'), 0o755);
    const env = { PATH: home, SSH_RECORD: record };
    const machine = 'embedded';
    expect((await inn(['ssh', machine], env)).code).toBe(7); // NOT_SUPPORTED: nobody serves it yet
    expect(await forwardsOf()).toEqual([]);
    await run(machine, `printf '#!/bin/sh\\nprintf "SSH-2.0-stand-in\\\\r\\\\n"; read line\\n' >/tmp/banner`);
    await run(machine, 'chmod +x /tmp/banner; (nc -ll -p 22 -e /tmp/banner >/dev/null 2>&1 &)');
    await run(machine, 'until netstat -ltn | grep -q ":22 "; do sleep 0.1; done');

    expect((await inn(['ssh', `root@${machine}`, '-v', 'uptime', '--all'], env)).code).toBe(7);
    const { args, banner } = JSON.parse(readFileSync(record, 'utf8'));
    const alias = ['-o', 'HostKeyAlias=embedded.inn', '-o', 'CheckHostIP=no'];
    const port = expect.stringMatching(/^\d+$/);
    expect(args).toEqual(['-p', port, ...alias, '-l', 'root', '127.0.0.1', '-v', 'uptime', '--all']);
    expect(banner).toBe('SSH-2.0-stand-in\r\n');
    expect(await forwardsOf()).toEqual([]);

    const { forward, state } = await core.client.network.addForward({
      ...{ machine, protocol: 'tcp', hostPort: 0, guestPort: 22 },
    });
    expect((await inn(['ssh', machine], env)).code).toBe(7);
    const known = JSON.parse(readFileSync(record, 'utf8'));
    expect(known.args).toEqual(['-p', String(state.openPort), ...alias, '127.0.0.1']);
    expect(await forwardsOf()).toEqual([forward]);
    await core.client.network.removeForward({ id: forward.id });

    await expect(inn(['ssh', machine], { PATH: '/nonexistent' })).resolves.toMatchObject({ code: 4 });
    expect(await forwardsOf()).toEqual([]);
    await core.client.machine.pause({ machine });
    expect((await inn(['ssh', machine], env)).code).toBe(5);
    await core.client.machine.resume({ machine });
  });
});
