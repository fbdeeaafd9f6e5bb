// Finds a browser of the Chromium family that can show the window, and Electron's runtime.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodePath, root } from './install.mjs';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
  'brave-browser',
  'vivaldi-stable',
];

function places() {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser', 'Vivaldi'];
    return apps.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    const programs = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
    return roots.filter(Boolean).flatMap((folder) => programs.map((program) => path.join(folder, program)));
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

/** Path of a Chromium-family browser, or undefined. `INNKEEPER_BROWSER` names one of the user's choice. */
export function findBrowser() {
  const chosen = process.env.INNKEEPER_BROWSER;
  if (chosen) return existsSync(chosen) ? chosen : undefined;
  return places().find((file) => existsSync(file));
}

/** Whether a window can be shown at all. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

const electronFolder = path.join(root, 'node_modules', 'electron');
const failedStamp = path.join(root, 'node_modules', '.cache', 'electron-not-had');
const RETRY_AFTER_MS = 24 * 3600 * 1000;
const DOWNLOAD_TIMEOUT_MS = 180_000;

function electronProgram() {
  const file = path.join(electronFolder, 'path.txt');
  if (!existsSync(file)) return undefined;
  const program = path.join(electronFolder, 'dist', readFileSync(file, 'utf8'));
  return existsSync(program) ? program : undefined;
}

/**
 * Electron's program, fetched when it is missing. A failed fetch is not tried again for a day.
 * Returns `{ program }`, or `{ reason }` as half a sentence.
 */
export function getElectron() {
  const present = electronProgram();
  if (present) return { program: present };
  if (process.env.INNKEEPER_NO_DOWNLOAD) return { reason: 'downloads are turned off' };
  if (existsSync(failedStamp) && Date.now() - statSync(failedStamp).mtimeMs < RETRY_AFTER_MS) {
    return { reason: 'the Electron runtime could not be downloaded; it is tried again tomorrow' };
  }
  console.log('Innkeeper: fetching the Electron runtime (about 120 MB, once) …');
  spawnSync(nodePath(), ['install.js'], { cwd: electronFolder, stdio: 'ignore', timeout: DOWNLOAD_TIMEOUT_MS });
  const program = electronProgram();
  if (program) return { program };
  mkdirSync(path.dirname(failedStamp), { recursive: true });
  writeFileSync(failedStamp, '');
  return { reason: 'the Electron runtime could not be downloaded' };
}
