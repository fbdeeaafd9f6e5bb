// `npm start`: installs, builds, and opens the manager in the best window that this computer offers.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findBrowser, getElectron, hasDisplay } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
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

/** Starts the core and resolves once it has said where it is. */
function startCore(launchTicket) {
  const child = spawn(
    nodePath(),
    [path.join(root, 'out/main/headless.js'), ...args.filter((arg) => !['--serve', '--browser'].includes(arg))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: toolEnv({ INNKEEPER_LAUNCH_TICKET: launchTicket }),
    },
  );
  child.on('exit', (code) => process.exit(code ?? 0));
  return new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const url = /Innkeeper is at (\S+)/.exec(text)?.[1];
      if (url) resolve({ child, url: new URL(url), text });
    });
  });
}

/** A window of its own, without tabs and address, with a profile of its own that leaves nothing behind. */
function openAppWindow(browser, core, launchTicket) {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'innkeeper-window-'));
  const address = `${core.url.origin}/?launch=${launchTicket}`;
  const flags = [`--app=${address}`, `--user-data-dir=${profile}`, '--no-first-run', '--no-default-browser-check'];
  if (process.getuid?.() === 0) flags.push('--no-sandbox', '--test-type');
  const window = spawn(browser, [...flags, '--disable-background-networking', '--window-size=1280,860'], {
    stdio: 'ignore',
  });
  window.on('exit', () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    core.child.kill('SIGTERM');
  });
  process.on('SIGINT', () => window.kill());
}

async function main() {
  ensureInstalled();
  const choice = chooseWindow();
  ensureBuilt();
  if (choice.kind === 'electron') return runElectron(choice.program);
  const launchTicket = randomBytes(24).toString('base64url');
  const core = await startCore(launchTicket);
  process.on('SIGINT', () => core.child.kill('SIGINT'));
  process.on('SIGTERM', () => core.child.kill('SIGTERM'));
  if (choice.kind === 'browser') {
    console.log(`Innkeeper: opening the window in ${path.basename(choice.program)} (${choice.why}).`);
    openAppWindow(choice.program, core, launchTicket);
    return;
  }
  console.log(
    `Innkeeper: no window (${choice.why}). Open this address in a browser:\n  ${core.url.href}\nCtrl-C ends the program; machines run on.`,
  );
}

main().catch((error) => {
  console.error(`Innkeeper: ${error.message}`);
  process.exit(1);
});
