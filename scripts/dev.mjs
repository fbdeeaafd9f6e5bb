// `npm run dev`: Electron with live reload where its runtime is there; else the core from its sources, started again at each
// change, and the window built again at each change (reload the page to see it).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { getElectron } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, nodePath, root, toolEnv } from './install.mjs';

function run(...args) {
  const child = spawn(nodePath(), args, { cwd: root, stdio: 'inherit', env: toolEnv() });
  child.on('exit', (code) => process.exit(code ?? 0));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
}

ensureInstalled();
const electronVite = path.join(root, 'node_modules/electron-vite/bin/electron-vite.js');
const electron = getElectron();
if (electron.program) {
  run(electronVite, 'dev');
} else {
  console.log(`Innkeeper: ${electron.reason}; serving the core from its sources instead.`);
  ensureBuilt();
  run(electronVite, 'build', '--watch', '--logLevel', 'warn');
  run('--watch-path=src/main', '--watch-path=src/shared', path.join(root, 'src/main/headless.ts'));
}
