import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InnError } from '../../src/shared/errors.ts';
import { homeEnv, makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

describe('bad input, at a real core with a real guest', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  /** Code and hint of the refusal; fails when there is none. */
  const refusal = async (call: Promise<unknown>) => {
    const thrown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof InnError)) throw new Error(`not refused: ${String(thrown)}`);
    return { code: thrown.code, hasHint: thrown.hint !== undefined };
  };

  it('refuses files that are missing or no images, and leaves nothing behind', async () => {
    const { client } = core;
    const folder = path.join(core.home, 'folder.img');
    await mkdir(folder);
    const text = path.join(core.home, 'text.iso');
    await writeFile(text, 'this is no disc');
    expect(await refusal(client.machine.create({ name: 'a', isoPath: '/nowhere/disc.iso' }))).toEqual({
      code: 'FILE_NOT_FOUND',
      hasHint: true,
    });
    expect((await refusal(client.machine.create({ name: 'a', diskPath: folder }))).code).toBe('FILE_NOT_ACCESSIBLE');
    expect((await refusal(client.machine.create({ name: 'a', isoPath: text }))).code).toBe('IMAGE_INVALID');
    expect(await client.machine.list({})).toEqual([]);
    expect(await client.medium.list({})).toEqual([]);
  });

  it('refuses hardware that the engine cannot give, and a name twice', async () => {
    const { client } = core;
    const tooMuch = client.machine.create({ name: 'a', isDemo: true, engine: 'embedded', memoryMiB: 4096 });
    expect(await refusal(tooMuch)).toEqual({ code: 'INVALID_CONFIG', hasHint: true });
    const twoProcessors = client.machine.create({ name: 'a', isDemo: true, engine: 'embedded', processors: 2 });
    expect((await refusal(twoProcessors)).code).toBe('INVALID_CONFIG');
    await client.machine.create({ name: 'taken', isDemo: true, engine: 'embedded' });
    expect(await refusal(client.machine.create({ name: 'Taken', isDemo: true }))).toEqual({
      code: 'NAME_IN_USE',
      hasHint: true,
    });
    expect((await client.machine.list({})).map(({ config }) => config.name)).toEqual(['taken']);
  });

  it('refuses a second core on the same data folder and names the first', async () => {
    const main = path.resolve(import.meta.dirname, '../../src/main/headless.ts');
    const second = spawn(process.execPath, [main], { env: homeEnv(core.home), stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    second.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const code = await new Promise((resolve) => second.once('close', resolve));
    expect(code).toBe(9);
    expect(text).toContain(core.url);
  });

  it('survives garbage on every socket of a running machine', async () => {
    const { client } = core;
    const { id } = await client.machine.start({ machine: 'taken' });
    await using serial = new SerialConsole(await core.connection.openChannel('taken', 'serial'));
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    const folder = await runtimeFolder(core.home, id);
    for (const name of ['qmp.sock', 'monitor.sock', 'screen.sock']) await shout(path.join(folder, name));
    await shout(Number(new URL(core.url).port));
    expect(await serial.run('echo unharmed')).toBe('unharmed');
    expect((await client.machine.pause({ machine: id })).state).toBe('Paused');
    expect((await client.machine.resume({ machine: id })).state).toBe('Running');
    expect((await client.machine.screenshot({ machine: id })).width).toBeGreaterThan(0);
  });
});

async function runtimeFolder(home: string, id: string): Promise<string> {
  const { makePaths } = await import('../../src/main/paths.ts');
  const { MachineId } = await import('../../src/shared/model/machine.ts');
  return makePaths(homeEnv(home)).machineRuntimeFolder(MachineId.parse(id));
}

/** Sends noise and waits until the other side has closed, or has taken it all and we close. */
function shout(where: string | number): Promise<void> {
  const noise = Buffer.alloc(64 * 1024, 'GET \x00\xff{"execute":[[[[\n RFB 999.999');
  return new Promise((resolve) => {
    const socket = typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('data', () => undefined);
    socket.end(noise);
  });
}
