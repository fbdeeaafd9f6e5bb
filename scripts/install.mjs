// Brings the dependencies, and the Node that Innkeeper runs on, into a fresh clone. Runs on Node 20 with nothing installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.innkeeper-installed');
const bundledNode = path.join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** The Node 24 to run everything with: the one among the dependencies, else the present one when it is new enough. */
export function nodePath() {
  if (existsSync(bundledNode)) return bundledNode;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error('Innkeeper needs Node 24, and its own copy is missing. Run `npm ci` in this folder, then try again.');
}

/** Environment in which `node` is the one above. */
export function toolEnv(extra = {}) {
  const separator = path.delimiter;
  const bins = [path.dirname(nodePath()), path.join(modules, '.bin')].join(separator);
  return { ...process.env, ...extra, PATH: `${bins}${separator}${process.env.PATH ?? ''}` };
}

function stampOfLock() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).update(process.platform).update(process.arch).digest('hex');
}

function isInstalled() {
  return existsSync(bundledNode) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOfLock();
}

/** npm as a program with arguments, never through a shell: npm tells its scripts where it is. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const [command, prefix] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  return spawnSync(command, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status;
}

/**
 * Installs when something is missing or the lock file changed. Install scripts are not run (the SQLite binding comes
 * prebuilt, Electron's runtime is fetched when it is wanted), but for the one that brings Node.
 */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('Innkeeper: installing dependencies (once; about half a minute) …');
  if (npm(['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']) !== 0) {
    throw new Error(
      '`npm ci` failed; its own words are above. Innkeeper needs the npm registry once, to install itself.',
    );
  }
  if (!existsSync(bundledNode)) {
    const cwd = path.join(modules, 'node');
    // It calls npm in that folder; what npm told us about our own folder would mislead it.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  nodePath();
  linkNode();
  writeFileSync(stampFile, stampOfLock());
}

/** npm scripts, and programs of the dependencies, find `node` first in `.bin`; npm makes the link only with install scripts. */
function linkNode() {
  if (process.platform === 'win32' || !existsSync(bundledNode)) return;
  const link = path.join(modules, '.bin', 'node');
  rmSync(link, { force: true });
  symlinkSync(path.join('..', 'node', 'bin', 'node'), link);
}

/** Runs a JavaScript program of a dependency with the right Node; resolves its exit code. */
export function runTool(script, args, options = {}) {
  const { status } = spawnSync(nodePath(), [path.join(modules, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: toolEnv(options.env),
  });
  return status ?? 1;
}
