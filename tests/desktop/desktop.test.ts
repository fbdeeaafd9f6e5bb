import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { RPCLink } from '@orpc/client/message-port';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createInnClient } from '../../src/main/api/client-link.ts';
import { type CoreApi, createApi } from '../../src/main/api/serve-core.ts';
import { openFileDialog, showFailure } from '../../src/main/desktop/dialogs.ts';
import { serveWindow } from '../../src/main/desktop/ipc.ts';
import { CHANNELS } from '../../src/main/desktop/ipc-channels.ts';
import { setMenu } from '../../src/main/desktop/menu.ts';
import { openWindow, refusePermissions } from '../../src/main/desktop/window.ts';
import { serveWindowFiles, WINDOW_URL } from '../../src/main/desktop/window-files.ts';
import { consolePort, type DesktopBridge, RPC_PORT } from '../../src/shared/desktop-bridge.ts';
import { InnError } from '../../src/shared/errors.ts';
import { PortChannel, type PortLike } from '../../src/shared/port-channel.ts';
import { LittleCore } from '../api/little-core.ts';
import { RecordingLog } from '../api/recording-log.ts';
import * as electron from './electron-stand-in.ts';

vi.mock('electron', () => import('./electron-stand-in.ts'));

let core: LittleCore;
let api: CoreApi;

beforeAll(async () => {
  core = new LittleCore();
  api = createApi(core, '1.2.3', new RecordingLog());
  await core.services.machines.create({ name: 'web' });
  serveWindow(api, WINDOW_URL);
});

afterAll(() => core[Symbol.dispose]());

function portOf(frame: electron.StandInFrame, name: string): MessagePort {
  const found = frame.received.find((each) => each.name === name);
  if (!found) throw new Error(`No port '${name}' came.`);
  expect(found.channel).toBe(CHANNELS.port);
  return found.port;
}

/** Node's port is the browser's, but its declaration says nothing of the `data` of its events. */
const asPagePort = (port: MessagePort) => port as unknown as PortLike;

function connect(): { frame: electron.StandInFrame; port: MessagePort } {
  const frame = new electron.StandInFrame(`${WINDOW_URL}index.html`);
  electron.ipcMain.receive(CHANNELS.connect, frame);
  return { frame, port: portOf(frame, RPC_PORT) };
}

describe('the ports of the window', () => {
  it('carry calls, errors and events of the contract', async () => {
    const { port } = connect();
    const client = createInnClient(new RPCLink({ port }));
    expect(await client.machine.list({})).toHaveLength(1);
    await expect(client.machine.get({ machine: 'no' })).rejects.toMatchObject({ code: 'MACHINE_NOT_FOUND' });
    const stream = await client.events.subscribe({});
    expect((await stream.next()).value).toMatchObject({ kind: 'snapshot' });
    core.setState('web', 'Running');
    expect((await stream.next()).value).toMatchObject({ kind: 'machineChanged', machine: { state: 'Running' } });
    port.close();
  });

  it('drop subscriptions with the page', async () => {
    const { port } = connect();
    const client = createInnClient(new RPCLink({ port }));
    const stream = await client.usage.subscribe({});
    await stream.next();
    expect(core.usageListeners.size).toBe(1);
    port.close();
    await expect.poll(() => core.usageListeners.size).toBe(0);
  });

  it('survive messages that are none', async () => {
    const { port } = connect();
    for (const message of ['hello', 7, null, { i: 1 }, new Uint8Array(3), '{"i":"1","p":{"u":7}}'])
      port.postMessage(message);
    const client = createInnClient(new RPCLink({ port }));
    expect(await client.core.info({})).toMatchObject({ version: '1.2.3' });
    port.close();
  });

  it('are for the page of the program only', () => {
    const foreign = new electron.StandInFrame('https://evil.example/');
    electron.ipcMain.receive(CHANNELS.connect, foreign);
    electron.ipcMain.receive(CHANNELS.openConsole, foreign, 'x');
    expect(electron.ipcMain.receive(CHANNELS.openFileDialog, foreign, {})).toBeNull();
    expect(foreign.received).toEqual([]);
  });
});

describe('a console of the window', () => {
  async function open(): Promise<PortChannel> {
    const { frame, port } = connect();
    const client = createInnClient(new RPCLink({ port }));
    const { ticket } = await client.machine.openConsole({ machine: 'web', channel: 'screen' });
    const before = core.channels.length;
    electron.ipcMain.receive(CHANNELS.openConsole, frame, ticket);
    port.close();
    await expect.poll(() => core.channels.length).toBe(before + 1);
    return new PortChannel(asPagePort(portOf(frame, consolePort(ticket))));
  }

  it('carries bytes both ways, in the shape of a WebSocket', async () => {
    const channel = await open();
    const answer = new Promise<ArrayBuffer>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
    });
    channel.send(new Uint8Array([1, 2, 255]));
    expect([...new Uint8Array(await answer)]).toEqual([1, 2, 255]);
    channel.close();
    await expect.poll(() => core.channels.at(-1)?.destroyed).toBe(true);
  });

  it('slows a machine that sends faster than the page takes, and loses nothing', async () => {
    const channel = await open();
    const machine = core.channels.at(-1);
    const chunk = new Uint8Array(512 * 1024);
    let sent = 0;
    while (machine && !machine.isPaused() && sent < 64 * 1024 * 1024) {
      machine.push(chunk);
      sent += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(machine?.isPaused()).toBe(true);
    let taken = 0;
    channel.onmessage = ({ data }) => {
      taken += data.byteLength;
    };
    await expect.poll(() => taken).toBe(sent);
    await expect.poll(() => machine?.isPaused()).toBe(false);
    channel.close();
  });

  it('is closed with the reason when the machine goes or the ticket is worth nothing', async () => {
    const channel = await open();
    const closed = new Promise<string>((resolve) => {
      channel.onclose = ({ reason }) => resolve(reason);
    });
    core.channels.at(-1)?.destroy();
    expect(await closed).toBe('The machine has closed the channel.');

    const { frame, port } = connect();
    electron.ipcMain.receive(CHANNELS.openConsole, frame, 'used');
    const refused = new PortChannel(asPagePort(portOf(frame, consolePort('used'))));
    const reason = await new Promise<string>((resolve) => {
      refused.onclose = (event) => resolve(event.reason);
    });
    expect(reason).toContain('unknown, used or too old');
    port.close();
  });
});

describe('the window', () => {
  it('is sandboxed, stays at its address and opens no others', () => {
    const window = openWindow({ url: WINDOW_URL, preload: '/p.cjs' }) as unknown as electron.BrowserWindow;
    expect(window.options.webPreferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      preload: '/p.cjs',
    });
    expect(window).toMatchObject({ url: WINDOW_URL, isShown: true });
    const { webContents } = window;
    expect(webContents.windowOpenHandler?.()).toEqual({ action: 'deny' });
    expect(webContents.navigates(`${WINDOW_URL}#/machine`)).toBe(true);
    for (const url of [
      'https://evil.example/',
      'file:///etc/passwd',
      'innkeeper://other/',
      'javascript:1',
      'nonsense',
    ]) {
      expect(webContents.navigates(url), url).toBe(false);
    }
    expect(webContents.navigates(WINDOW_URL, 'will-attach-webview')).toBe(false);
  });

  it('has no permission that the console does not need', () => {
    refusePermissions();
    const { defaultSession } = electron.session;
    const granted = ['media', 'geolocation', 'notifications', 'openExternal', 'fullscreen', 'keyboardLock'].filter(
      (name) => {
        let isGranted = false;
        defaultSession.requestHandler?.(undefined, name, (answer) => {
          isGranted = answer;
        });
        expect(defaultSession.checkHandler?.(undefined, name)).toBe(isGranted);
        return isGranted;
      },
    );
    expect(granted).toEqual(['fullscreen', 'keyboardLock']);
  });

  it('gets its files with types and policy, and nothing from outside of its folder', async () => {
    mkdirSync(core.windowFolder);
    writeFileSync(join(core.windowFolder, 'index.html'), '<!doctype html>');
    writeFileSync(join(core.folder, 'secret'), 'x');
    serveWindowFiles(core.windowFolder);
    const get = (path: string) => electron.protocol.handlers.get('innkeeper')?.(new Request(WINDOW_URL + path));
    const page = await get('');
    expect(await page?.text()).toBe('<!doctype html>');
    expect(page?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page?.headers.get('content-security-policy')).toContain("connect-src 'self';");
    for (const path of ['..%2fsecret', '%2e%2e/secret', 'nothing.js'])
      expect((await get(path))?.status, path).toBe(404);
  });

  it('leaves shortcuts to the guest except where the system needs a menu', () => {
    setMenu('linux');
    expect(electron.Menu.current).toBeNull();
    setMenu('darwin');
    expect(electron.Menu.current).toContainEqual({ role: 'editMenu' });
  });
});

describe('dialogs', () => {
  const window = () => new electron.BrowserWindow({ webPreferences: {} }) as unknown as Electron.BrowserWindow;

  it('hand over the file, or null when the person changed their mind', async () => {
    electron.dialog.choice = '/isos/debian.iso';
    expect(await openFileDialog(window(), { title: 'Disc' })).toBe('/isos/debian.iso');
    expect(await openFileDialog(window(), { mode: 'save' })).toBe('/isos/debian.iso');
    electron.dialog.choice = undefined;
    expect(await openFileDialog(window(), { mode: 'folder' })).toBeNull();
    expect(electron.dialog.shown.map(({ kind }) => kind)).toEqual(['open', 'save', 'open']);
    expect(electron.dialog.shown.at(-1)?.options).toEqual({ properties: ['openDirectory'] });
  });

  it('are asked for over the bridge, with options that are checked', async () => {
    electron.dialog.choice = '/a';
    const { frame, port } = connect();
    expect(await electron.ipcMain.receive(CHANNELS.openFileDialog, frame, { title: 'Disc', properties: ['x'] })).toBe(
      '/a',
    );
    expect(electron.dialog.shown.at(-1)?.options).toEqual({ title: 'Disc', properties: ['openFile'] });
    expect(() => electron.ipcMain.receive(CHANNELS.openFileDialog, frame, { mode: 'erase' })).toThrow();
    port.close();
  });

  it('tell why the program cannot start, with the hint', () => {
    showFailure(new InnError('DATABASE_TOO_NEW', 'It is newer.', { hint: 'Update.' }));
    expect(electron.dialog.shown.at(-1)?.options).toEqual({
      title: 'Innkeeper cannot start',
      content: 'It is newer.\n\nUpdate.',
    });
  });
});

describe('the preload script', () => {
  it('gives the page the bridge, and passes ports on to it', async () => {
    const posted: unknown[][] = [];
    vi.stubGlobal('window', {
      location: { origin: 'innkeeper://window' },
      postMessage: (...message: unknown[]) => posted.push(message),
    });
    await import('../../src/main/preload.ts');
    const bridge = electron.contextBridge.exposed.innkeeper as DesktopBridge;
    expect(bridge.platform).toBe(process.platform);
    bridge.connect();
    bridge.openConsole('t');
    expect(await bridge.openFileDialog({ title: 'Disc' })).toBe('/chosen');
    expect(electron.ipcRenderer.sent).toEqual([
      [CHANNELS.connect],
      [CHANNELS.openConsole, 't'],
      [CHANNELS.openFileDialog, { title: 'Disc' }],
    ]);
    electron.ipcRenderer.emit(CHANNELS.port, { ports: ['port'] }, RPC_PORT);
    expect(posted).toEqual([[RPC_PORT, 'innkeeper://window', ['port']]]);
    vi.unstubAllGlobals();
  });
});
