import { join } from 'node:path';
import { app, type BrowserWindow } from 'electron';
import { InnError } from '../shared/errors.ts';
import { showFailure } from './desktop/dialogs.ts';
import { serveWindow } from './desktop/ipc.ts';
import { setMenu } from './desktop/menu.ts';
import { openWindow, refusePermissions, type WindowOptions } from './desktop/window.ts';
import { registerWindowScheme, serveWindowFiles, WINDOW_URL } from './desktop/window-files.ts';
import { programFolder, windowFolder } from './program-folder.ts';
import { type StartedCore, startCore } from './start-core.ts';

/** The desktop entry: one instance, the core inside this process, one window. Closing it leaves machines running. */
function main(): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  registerWindowScheme();
  app.whenReady().then(run).catch(fail);
}

async function run(): Promise<void> {
  refusePermissions();
  setMenu(process.platform);
  const { core, page } = await findCore();
  let window: BrowserWindow | undefined;
  const show = () => {
    if (!window || window.isDestroyed()) window = openWindow(page);
    else if (window.isMinimized()) window.restore();
    window.focus();
  };
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => app.quit());
  if (core) closeBeforeQuit(core);
  show();
}

/** Starts the core, or takes the one that runs already for this data folder: then this is a browser of its window. */
async function findCore(): Promise<{ core?: StartedCore; page: WindowOptions }> {
  try {
    const core = await startCore({ env: process.env, port: 0 });
    const url = process.env.ELECTRON_RENDERER_URL ?? WINDOW_URL;
    serveWindowFiles(windowFolder());
    serveWindow(core.api, url);
    return { core, page: { url, preload: join(programFolder(), 'out', 'preload', 'preload.cjs') } };
  } catch (error) {
    const url = error instanceof InnError && error.code === 'CORE_RUNNING' ? error.details?.url : undefined;
    if (typeof url !== 'string') throw error;
    return { page: { url } };
  }
}

/** Quitting waits until the store is closed in order. */
function closeBeforeQuit(core: StartedCore): void {
  let progress: 'open' | 'closing' | 'closed' = 'open';
  const close = async () => {
    progress = 'closing';
    await core.close().catch(showFailure);
    progress = 'closed';
    app.quit();
  };
  app.on('before-quit', (event) => {
    if (progress === 'closed') return;
    event.preventDefault();
    if (progress === 'open') void close();
  });
}

function fail(error: unknown): void {
  showFailure(error);
  app.exit(1);
}

main();
