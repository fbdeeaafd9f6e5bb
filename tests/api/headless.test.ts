import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCoreFile } from '../../src/main/api/core-file.ts';
import { makePaths } from '../../src/main/paths.ts';
import { programFolder } from '../../src/main/program-folder.ts';
import { ask } from './raw-http.ts';

let folder: string;
const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inn-headless-'));
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  ...process.env,
  INNKEEPER_HOME: join(folder, 'data'),
  XDG_RUNTIME_DIR: join(folder, 'run'),
});

function start(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(programFolder(), 'src/main/headless.ts'), ...args], {
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  return child;
}

/** Reads the output until the core says where it is. */
async function addressOf(child: ReturnType<typeof start>): Promise<{ url: URL; output: string }> {
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const address = /^Innkeeper is at (\S+)\n/m.exec(output)?.[1];
    if (address) return { url: new URL(address), output };
  }
  throw new Error(`The core ended without an address: ${await text(child.stderr)}`);
}

async function resultOf(child: ReturnType<typeof start>): Promise<{ code: number | null; errors: string }> {
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, errors };
}

describe('the headless core', () => {
  it('prints one line with its address, serves there, and leaves in order at SIGTERM', async () => {
    const child = start();
    const { url, output } = await addressOf(child);
    expect(output).toBe(`Innkeeper is at ${url.href}\n`);
    const token = url.searchParams.get('token') ?? '';
    const answer = await ask(url.origin, '/api/core', { headers: { authorization: `Bearer ${token}` } });
    expect(JSON.parse(answer.body)).toMatchObject({ pid: child.pid, url: url.origin });
    const { runtime } = makePaths(environment());
    expect(await readCoreFile(runtime)).toMatchObject({ url: url.origin, token, pid: child.pid });
    child.kill('SIGTERM');
    expect(await resultOf(child)).toEqual({ code: 0, errors: '' });
    expect(existsSync(join(runtime, 'core.json'))).toBe(false);
  });

  it('refuses a second one on the same data folder, and says where the first is', async () => {
    const { url } = await addressOf(start());
    const { code, errors } = await resultOf(start());
    expect(code).toBe(9);
    expect(errors).toContain(`It is at ${url.href}`);
  });

  it('follows one that was killed', async () => {
    const first = start();
    await addressOf(first);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const { url } = await addressOf(start());
    expect(url.hostname).toBe('127.0.0.1');
  });

  it('says in a line that a damaged database was set aside', async () => {
    const { data, database } = makePaths(environment());
    const first = start();
    await addressOf(first);
    first.kill('SIGTERM');
    await once(first, 'exit');
    writeFileSync(database, 'this is no database, however long one looks at it');
    const { output } = await addressOf(start());
    expect(output).toMatch(/^Note: The database was damaged .*\nInnkeeper is at /);
    expect(output).toContain(data);
  });

  it('lets the window in with the launch ticket of its environment', async () => {
    const { url } = await addressOf(start([], { INNKEEPER_LAUNCH_TICKET: 'a-ticket' }));
    const answer = await ask(url.origin, '/?launch=a-ticket');
    expect(answer.headers['set-cookie']).toHaveLength(1);
  });

  it.each([
    [['--port', 'many'], "'many' is no port."],
    [['--port', '70000'], "'70000' is no port."],
    [['--prot'], "'--prot'"],
  ])('refuses the arguments %j', async (args, complaint) => {
    const { code, errors } = await resultOf(start(args));
    expect(code).toBe(2);
    expect(errors).toContain(complaint);
  });

  it('says that a port is taken', async () => {
    const { url } = await addressOf(start());
    const { code, errors } = await resultOf(start(['--port', url.port, '--data', join(folder, 'other')]));
    expect(code).toBe(8);
    expect(errors).toContain(`port ${url.port} because it is taken by another program`);
  });
});
