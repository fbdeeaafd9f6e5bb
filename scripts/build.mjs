// Builds the core and the window when their sources are newer than the last build.
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runTool } from './install.mjs';

const stamp = path.join(root, 'out', '.built');

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    latest = Math.max(latest, statSync(path.join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return latest;
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const files = ['package-lock.json', 'electron.vite.config.ts'].map((file) => statSync(path.join(root, file)).mtimeMs);
  return statSync(stamp).mtimeMs >= Math.max(newest(path.join(root, 'src')), ...files);
}

export function ensureBuilt() {
  if (isFresh()) return;
  console.log('Innkeeper: building …');
  rmSync(stamp, { force: true });
  const status = runTool('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn']);
  if (status !== 0) throw new Error('The build failed; its own words are above.');
  writeFileSync(stamp, '');
}
