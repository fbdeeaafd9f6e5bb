import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectTo, type RemoteConnection } from '../../src/main/api/client.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A core in a process of its own, on a data folder, as `inn serve` runs it. */
export interface RealCore {
  readonly home: string;
  readonly url: string;
  readonly token: string;
  readonly process: ChildProcess;
  readonly connection: RemoteConnection;
  readonly client: RemoteConnection['client'];
  /** Ends it with the signal and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export function makeHome(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'inn-'));
}

/** Environment of a core or of `inn` on this data folder, with sockets beside it. */
export function homeEnv(home: string): NodeJS.ProcessEnv {
  return { ...process.env, INNKEEPER_HOME: path.join(home, 'data'), XDG_RUNTIME_DIR: home, INNKEEPER_NO_DOWNLOAD: '1' };
}

export async function startRealCore(home: string): Promise<RealCore> {
  const child = spawn(process.execPath, [path.join(root, 'src/main/headless.ts')], {
    env: homeEnv(home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await readUrl(child);
  const token = url.searchParams.get('token') ?? '';
  const connection = await connectTo({ url: url.origin, token });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    home,
    url: url.origin,
    token,
    process: child,
    connection,
    client: connection.client,
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
}

/** Powers off every machine, ends the core and deletes the data folder. */
export async function tearDown(core: RealCore): Promise<void> {
  for (const machine of await core.client.machine.list({})) {
    await core.client.machine.powerOff({ machine: machine.id }).catch(() => undefined);
  }
  await core.end();
  await rm(core.home, { recursive: true, force: true });
}

/** The process of a machine that is on. @throws Error without one: a signal to -1 goes to every process there is */
export function pidOf({ pid }: { pid: number | null }): number {
  if (pid === null) throw new Error('The machine has no process.');
  return pid;
}

function readUrl(child: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /Innkeeper is at (\S+)/.exec(text)?.[1];
      if (found) resolve(new URL(found));
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', (code) => reject(new Error(`The core ended with ${code}: ${text}`)));
  });
}
