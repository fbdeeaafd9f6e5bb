import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCoreFile } from '../../src/main/api/core-file.ts';
import { makePaths } from '../../src/main/paths.ts';
import { startCore } from '../../src/main/start-core.ts';
import * as electron from './electron-stand-in.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inn-desktop-'));
  vi.stubEnv('INNKEEPER_HOME', join(folder, 'data'));
  vi.stubEnv('XDG_RUNTIME_DIR', join(folder, 'run'));
  electron.app.removeAllListeners();
  electron.app.exitCode = undefined;
  electron.BrowserWindow.opened.length = 0;
  // The entry runs when it is imported: each test imports it anew, over one and the same stand-in.
  vi.resetModules();
  vi.doMock('electron', () => electron);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the desktop program and resolves with its window. */
async function startDesktop(): Promise<electron.BrowserWindow> {
  await import('../../src/main/index.ts');
  await vi.waitUntil(() => electron.BrowserWindow.opened.length > 0, { timeout: 10_000 });
  return electron.BrowserWindow.opened[0] as electron.BrowserWindow;
}

describe('the desktop program', () => {
  it('opens its window over a core of its own, which others find, and closes it before it quits', async () => {
    const window = await startDesktop();
    expect(electron.app.isSandboxed).toBe(true);
    expect(window.url).toBe('innkeeper://window/');
    expect(window.options.webPreferences.preload).toMatch(/preload\.cjs$/);
    const { runtime } = makePaths(process.env);
    expect(await readCoreFile(runtime)).toMatchObject({ pid: process.pid });

    electron.app.emit('second-instance');
    expect(electron.BrowserWindow.opened).toHaveLength(1);
    expect(window.timesFocused).toBe(2);

    const exited = once(electron.app, 'stand-in:exit');
    electron.app.emit('window-all-closed');
    electron.app.quit(); // Impatience changes nothing.
    expect(electron.app.exitCode).toBeUndefined();
    expect(await exited).toEqual([0]);
    expect(await readCoreFile(runtime)).toBeUndefined();
  });

  it('shows the window of a core that runs already, as a browser does', async () => {
    const first = await startCore({ env: process.env, port: 0 });
    const window = await startDesktop();
    expect(window.url).toBe(first.url);
    expect(window.options.webPreferences.preload).toBeUndefined();
    electron.app.quit();
    expect(electron.app.exitCode).toBe(0);
    await first.close();
  });

  it('leaves at once when it runs already', async () => {
    electron.app.isFirstInstance = false;
    await import('../../src/main/index.ts');
    electron.app.isFirstInstance = true;
    expect(electron.app.exitCode).toBe(0);
    expect(electron.BrowserWindow.opened).toEqual([]);
  });

  it('says in a dialog why it cannot start', async () => {
    writeFileSync(join(folder, 'file'), '');
    vi.stubEnv('INNKEEPER_HOME', join(folder, 'file', 'data'));
    const exited = once(electron.app, 'stand-in:exit');
    await import('../../src/main/index.ts');
    expect(await exited).toEqual([1]);
    expect(electron.dialog.shown.at(-1)).toMatchObject({ kind: 'error', options: { title: 'Innkeeper cannot start' } });
  });
});
