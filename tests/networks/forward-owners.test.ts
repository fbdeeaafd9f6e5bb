import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi, serveCore } from '../../src/main/api/serve-core.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

const NETWORK = 'NAT';
const MAIN = path.resolve(import.meta.dirname, '../../src/main/cli/main.ts');

const envOf = ({ folder }: FakeCore) => ({
  INNKEEPER_HOME: path.join(folder, 'home'),
  XDG_RUNTIME_DIR: path.join(folder, 'run'),
});

/** Serves a core as `inn serve` does, for programs beside this one. */
async function serve(core: FakeCore): Promise<void> {
  const log = createLog(makePaths(envOf(core)), 'silent');
  const options = { port: 0, version: '0.0.0', windowFolder: core.folder, log };
  const server = await serveCore(core.app, createApi(core.app, '0.0.0', log), options);
  onTestFinished(() => server.close());
}

function start(script: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const forwardsOf = async ({ client }: FakeCore) => (await client.network.get({ network: NETWORK })).network.forwards;

describe('a port that is open for a program', () => {
  it('is closed when `inn ssh` is killed', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    await serve(core);
    await core.add('web');
    const { id } = await core.client.machine.start({ machine: 'web' });
    await core.app.services.runner.pause(id, 'idle'); // who connects to it is held: `inn ssh` waits for a greeting
    const inn = start(MAIN, ['ssh', 'web'], envOf(core));
    await expect.poll(async () => (await forwardsOf(core)).map(({ owner }) => owner?.pid)).toEqual([inn.pid]);
    const opened = async () => (await core.client.network.get({ network: NETWORK })).forwards[0];
    await expect.poll(opened).toMatchObject({ connections: 1 });
    const port = (await opened())?.openPort ?? 0;
    await kill(inn);
    await expect.poll(() => forwardsOf(core)).toEqual([]);
    await expect.poll(() => isClosed(port)).toBe(true);
  });

  it('is closed while no core is there', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    await core.add('web');
    await core.client.machine.start({ machine: 'web' });
    const program = start('-e', ['setInterval(() => {}, 1000)']);
    const request = { machine: 'web', protocol: 'tcp', hostPort: 0, guestPort: 80, ownerPid: program.pid } as const;
    const { openPort } = (await core.client.network.addForward(request)).state;
    await core.close();
    expect(await isClosed(openPort ?? 0)).toBe(false); // the network goes on
    await kill(program);
    await expect.poll(() => isClosed(openPort ?? 0)).toBe(true);
    const again = await openFakeCore({ folder: core.folder, world: core.world, hasNetworks: true });
    await expect.poll(() => forwardsOf(again)).toEqual([]);
    await again.client.machine.powerOff({ machine: 'web' });
  });

  it('is closed by the next core when its program ended without one', async () => {
    const core = await openFakeCore();
    await core.add('web');
    const program = start('-e', ['setInterval(() => {}, 1000)']);
    const { forward } = await core.client.network.addForward({
      ...{ machine: 'web', protocol: 'tcp', hostPort: 0, guestPort: 80, ownerPid: program.pid },
    });
    const other = { machine: 'web', protocol: 'tcp', hostPort: 0, guestPort: 81 } as const;
    const { forward: lasting } = await core.client.network.addForward(other);
    await core.close();
    const again = await openFakeCore({ folder: core.folder });
    expect(await forwardsOf(again)).toEqual([forward, lasting]);
    await again.close();
    await kill(program);
    const last = await openFakeCore({ folder: core.folder });
    await expect.poll(() => forwardsOf(last)).toEqual([lasting]);
  });

  it('is not opened for one that is not there', async () => {
    const { client, ...core } = await openFakeCore();
    await core.add('web');
    const request = { machine: 'web', protocol: 'tcp', hostPort: 0, guestPort: 80, ownerPid: 2 ** 30 } as const;
    await expect(client.network.addForward(request)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

async function isClosed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  socket.once('connect', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
