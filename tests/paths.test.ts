import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog } from '../src/main/log.ts';
import { ensurePrivateFolder, makePaths, prepareFolders, SOCKET_FOLDER_LIMIT } from '../src/main/paths.ts';
import { MachineId } from '../src/shared/model/machine.ts';
import { refusalOf } from './support/refusal.ts';
import { makeTempFolder } from './support/temp-folder.ts';

const id = () => MachineId.parse(randomUUID());

describe('the data folder', () => {
  it('is the one of INNKEEPER_HOME, else the usual place of the platform', () => {
    const home = makeTempFolder();
    const data = (env: Record<string, string>, platform: NodeJS.Platform) =>
      makePaths({ HOME: home, ...env }, platform).data;
    expect(data({ INNKEEPER_HOME: join(home, 'own') }, 'linux')).toBe(join(home, 'own'));
    expect(data({}, 'linux')).toBe(join(home, '.local/share/innkeeper'));
    expect(data({ XDG_DATA_HOME: join(home, 'xdg') }, 'linux')).toBe(join(home, 'xdg/innkeeper'));
    expect(data({}, 'darwin')).toBe(join(home, 'Library/Application Support/Innkeeper'));
    expect(data({ LOCALAPPDATA: join(home, 'Local') }, 'win32')).toBe(join(home, 'Local/Innkeeper'));
  });

  it('has one name, however it is reached', () => {
    const home = makeTempFolder();
    mkdirSync(join(home, 'real'));
    symlinkSync(join(home, 'real'), join(home, 'link'));
    const [real, link] = ['real', 'link'].map((name) => makePaths({ INNKEEPER_HOME: join(home, name, 'deep') }));
    expect(link?.data).toBe(real?.data);
    expect(link?.runtime).toBe(real?.runtime);
  });
});

describe('the runtime folder', () => {
  it('differs between data folders', () => {
    const runtime = (home: string) => makePaths({ INNKEEPER_HOME: home, XDG_RUNTIME_DIR: '/run/user/1' }).runtime;
    expect(runtime('/a')).not.toBe(runtime('/b'));
    expect(runtime('/a')).toMatch(/^\/run\/user\/1\/innkeeper\/[0-9a-f]{8}$/);
  });

  it.each([
    ['the usual one', { XDG_RUNTIME_DIR: '/run/user/1000' }],
    ['a long one', { XDG_RUNTIME_DIR: `/run/${'x'.repeat(60)}`, TMPDIR: `/var/${'y'.repeat(80)}` }],
    ['none', {}],
    ['that of macOS', { TMPDIR: '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T' }],
  ])('keeps socket paths short with %s', (_, env) => {
    const folder = makePaths({ INNKEEPER_HOME: '/data', ...env }, 'linux').machineRuntimeFolder(id());
    expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(SOCKET_FOLDER_LIMIT);
  });
});

describe('preparing', () => {
  it('makes folders that nobody else may enter, and closes one that was open', () => {
    const home = makeTempFolder();
    const paths = makePaths({ INNKEEPER_HOME: join(home, 'data'), XDG_RUNTIME_DIR: home });
    mkdirSync(join(home, 'innkeeper'), { mode: 0o755 });
    prepareFolders(paths);
    prepareFolders(paths);
    const folders = [paths.data, paths.machines, paths.logs, paths.runtime, join(home, 'innkeeper')];
    expect(folders.map((folder) => statSync(folder).mode & 0o777)).toEqual(folders.map(() => 0o700));
  });

  it('refuses a link in place of the folder, and a file', async () => {
    const folder = makeTempFolder();
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    for (const name of ['link', 'file']) {
      const prepare = () => ensurePrivateFolder(join(folder, name));
      expect(await refusalOf(prepare)).toMatchObject({ code: 'FILE_NOT_ACCESSIBLE' });
    }
  });
});

describe('resources', () => {
  it('are found from the sources', () => {
    const { resources } = makePaths({ INNKEEPER_HOME: '/data' });
    expect(existsSync(join(resources, 'firmware', 'seabios.bin'))).toBe(true);
  });
});

describe('the log', () => {
  it('is written as JSON lines, readable by nobody else, and starts anew above its size', () => {
    const logs = join(makeTempFolder(), 'logs');
    const file = join(logs, 'innkeeper.log');
    mkdirSync(logs);
    writeFileSync(file, 'x'.repeat(6_000_000));
    chmodSync(file, 0o600);
    const log = createLog({ logs });
    log.info({ machine: 'web' }, 'It runs.');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ machine: 'web', msg: 'It runs.' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}.1`).size).toBe(6_000_000);
  });

  it('opens no file when it is silent', () => {
    const logs = join(makeTempFolder(), 'logs');
    createLog({ logs }, 'silent').error('unheard');
    expect(existsSync(logs)).toBe(false);
  });
});
