import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectInProcess } from '../../src/main/api/client.ts';
import { createApi } from '../../src/main/api/serve-core.ts';
import { createApp } from '../../src/main/app.ts';
import { runCommandLine } from '../../src/main/cli/program.ts';
import { FakeEngine } from '../../src/main/engines/fake/engine.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import { isoBytes, writeImage } from '../support/images.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** The command line on a core of its own in this process, with fake machines. */
async function openCommandLine({ isTerminal = false } = {}) {
  const folder = makeTempFolder();
  const env = { INNKEEPER_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: join(folder, 'run') };
  const log = createLog(makePaths(env), 'silent');
  const app = await createApp({ env, engines: [new FakeEngine()], log });
  onTestFinished(() => app.close());
  const connection = connectInProcess(createApi(app, '0.0.0', log));
  const printed: string[] = [];
  const progress: string[] = [];
  const { stdin, stdout } = process;
  const stderr = { isTTY: isTerminal, write: (text: string) => progress.push(text) > 0 };
  const context = {
    connect: async () => connection,
    print: (line: string) => printed.push(line),
    stdin,
    stdout,
    stderr,
    env,
  };
  /** Runs one command and returns its exit code and what it printed. */
  const inn = async (...args: string[]) => {
    printed.length = 0;
    const code = await runCommandLine(args, context, '0.0.0');
    return { code, text: printed.join('\n') };
  };
  const json = async (...args: string[]) => JSON.parse((await inn(...args, '--json')).text);
  return { folder, progress, client: connection.client, inn, json };
}

describe('inn disk', () => {
  it('creates, shows, enlarges, converts, checks and compacts', async () => {
    const { inn, json, folder } = await openCommandLine();
    const file = join(folder, 'data.qcow2');
    expect(await inn('disk', 'create', file, '64M')).toEqual({ code: 0, text: `data.qcow2: QCOW2, 64 MiB, ${file}` });
    expect((await inn('disk', 'resize', 'data.qcow2', '128M')).text).toContain('128 MiB');
    expect((await inn('disk', 'check', file)).text).toBe('No errors were found.');
    const copy = await json('disk', 'convert', file, join(folder, 'data.vdi'));
    expect(copy).toMatchObject({ format: 'vdi', virtualSizeBytes: 128 * 1024 * 1024 });
    expect((await inn('disk', 'info', copy.id)).text).toMatch(/Format: +VDI, dynamic/);
    expect((await inn('disk', 'compact', 'data.qcow2')).text).toMatch(/^data\.qcow2: /);
    const { text } = await inn('disk', 'list');
    expect(text.split('\n')[0]).toMatch(/^NAME +KIND +FORMAT +SIZE +ON HOST +USED BY +FILE$/);
    expect(text).toContain('data.vdi');
    expect(await json('disk', 'list', '--kind', 'optical')).toEqual([]);
  });

  it('attaches, names who uses a disk, and detaches', async () => {
    const { inn, json, client, folder } = await openCommandLine();
    await client.machine.create({ name: 'web', engine: 'fake', diskSizeBytes: null });
    await inn('disk', 'create', join(folder, 'data.qcow2'), '64');
    expect((await inn('disk', 'attach', 'data.qcow2', 'web', '--port', '0')).text).toMatch(/Used by: +web/);
    const removing = await json('disk', 'remove', 'data.qcow2');
    expect(removing.error).toMatchObject({ code: 'MEDIUM_IN_USE', details: { machines: ['web'] } });
    expect((await inn('disk', 'detach', 'data.qcow2')).code).toBe(0);
    expect(await inn('disk', 'remove', 'data.qcow2', '--delete-file')).toMatchObject({ code: 0 });
    expect([await json('disk', 'list'), existsSync(join(folder, 'data.qcow2'))]).toEqual([[], false]);
  });

  it('refuses while the machine runs, with the exit code of the refusal', async () => {
    const { inn, client, folder } = await openCommandLine();
    await client.machine.create({ name: 'web', engine: 'fake', diskSizeBytes: null });
    await inn('disk', 'create', join(folder, 'data.qcow2'), '64');
    await inn('disk', 'attach', 'data.qcow2', 'web');
    await client.machine.start({ machine: 'web' });
    const refused = await inn('disk', 'compact', 'data.qcow2', '--json');
    expect([refused.code, JSON.parse(refused.text).error.code]).toEqual([5, 'MEDIUM_IN_USE']);
    await client.machine.powerOff({ machine: 'web' });
    expect((await inn('disk', 'compact', 'data.qcow2')).code).toBe(0);
  });

  it('makes a file known that is named for the first time', async () => {
    const { json, folder } = await openCommandLine();
    const file = writeImage(folder, 'a.iso', isoBytes());
    expect(await json('disk', 'info', file)).toMatchObject({ medium: { kind: 'optical', location: file } });
    expect(await json('disk', 'register', file)).toMatchObject({ name: 'a.iso' });
    expect(await json('disk', 'list')).toHaveLength(1);
  });

  it('says what it does not know, and what it does not understand', async () => {
    const { inn, json } = await openCommandLine();
    expect((await json('disk', 'info', 'nothing')).error.code).toBe('MEDIUM_NOT_FOUND');
    expect((await inn('disk', 'create', 'a.qcow2', 'much')).code).toBe(2);
  });

  it('shows progress on standard error only when that is a terminal', async () => {
    const terminal = await openCommandLine({ isTerminal: true });
    await terminal.inn('disk', 'create', join(terminal.folder, 'a.img'), '64M', '--format', 'raw');
    await terminal.inn('disk', 'convert', 'a.img', join(terminal.folder, 'b.qcow2'));
    expect(terminal.progress.join('')).toContain("Copying 'a.img' to 'b.qcow2'");
    const pipe = await openCommandLine();
    await pipe.inn('disk', 'create', join(pipe.folder, 'a.img'), '64M');
    expect(pipe.progress).toEqual([]);
  });
});
