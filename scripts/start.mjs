// `npm start`: installs, builds, and opens the manager in the best window that this computer offers.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findBrowser, getElectron, hasDisplay } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { withCodeCache } from './code-cache.mjs';
import { ensureInstalled, nodePath, root, toolEnv } from './install.mjs';

const args = process.argv.slice(2);

function chooseWindow() {
  if (args.includes('--serve')) return { kind: 'none', why: 'as asked' };
  if (!hasDisplay()) return { kind: 'none', why: 'there is no display' };
  const electron = args.includes('--browser') ? { reason: 'as asked' } : getElectron();
  if (electron.program) return { kind: 'electron', program: electron.program };
  const browser = findBrowser();
  if (browser) return { kind: 'browser', program: browser, why: electron.reason };
  return { kind: 'none', why: `${electron.reason}, and no Chromium-family browser was found` };
}

function runElectron(program) {
  console.log('Innkeeper: opening the Electron window.');
  const child = spawn(program, [root], { stdio: 'inherit', env: process.env });
  child.on('exit', (code) => process.exit(code ?? 0));
}

/** Starts the core and resolves once it has said where it is; `ended` resolves its exit code. */
function startCore(launchTicket) {
  const coreArgs = args.filter((arg) => !['--serve', '--browser'].includes(arg));
  const child = spawn(nodePath(), [path.join(root, 'out/main/headless.js'), ...coreArgs], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: withCodeCache(toolEnv({ INNKEEPER_LAUNCH_TICKET: launchTicket })),
  });
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 0)));
  const url = new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /Innkeeper is at (\S+)/.exec(text)?.[1];
      if (found) resolve(new URL(found));
    });
  });
  return { child, ended, url };
}

/** A window of its own, without tabs and address, with a profile of its own that leaves nothing behind. */
function openAppWindow(browser, address) {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'innkeeper-window-'));
  const flags = [`--app=${address}`, `--user-data-dir=${profile}`, '--no-first-run', '--no-default-browser-check'];
  if (process.getuid?.() === 0) flags.push('--no-sandbox', '--test-type');
  const child = spawn(browser, [...flags, '--disable-background-networking', '--window-size=1280,860'], {
    stdio: 'ignore',
  });
  const closed = new Promise((resolve) => child.on('exit', resolve)).then(() =>
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  );
  return { child, closed };
}

/** Serves, with a window or without; whichever ends first, the window or the core, ends the other. Machines run on. */
async function runInBrowser(choice) {
  const launchTicket = randomBytes(24).toString('base64url');
  const core = startCore(launchTicket);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => core.child.kill(signal));
  const url = await Promise.race([core.url, core.ended]);
  if (!(url instanceof URL)) return url;
  if (choice.kind === 'none') {
    console.log(`Innkeeper: no window (${choice.why}). Open this address in a browser:\n  ${url.href}`);
    console.log('Ctrl-C ends the program; machines run on.');
    return core.ended;
  }
  console.log(`Innkeeper: opening the window in ${path.basename(choice.program)} (${choice.why}).`);
  const window = openAppWindow(choice.program, `${url.origin}/?launch=${launchTicket}`);
  window.closed.then(() => core.child.kill('SIGTERM'));
  const code = await core.ended;
  window.child.kill();
  await window.closed;
  return code;
}

async function main() {
  ensureInstalled();
  const choice = chooseWindow();
  ensureBuilt();
  if (choice.kind === 'electron') return runElectron(choice.program);
  process.exitCode = await runInBrowser(choice);
}

main().catch((error) => {
  console.error(`Innkeeper: ${error.message}`);
  process.exit(1);
});
