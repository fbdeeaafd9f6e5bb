import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeTempFolder } from '../../support/temp-folder.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Runs a module in a program of its own: the cache of a process is switched on once and for all. */
function run(source: string, env: NodeJS.ProcessEnv): string {
  const { NODE_COMPILE_CACHE: _, ...bare } = process.env;
  const args = ['--input-type=module', '--eval', source];
  return spawnSync(process.execPath, args, { cwd: root, env: { ...bare, ...env }, encoding: 'utf8' }).stdout.trim();
}

it('keeps what Node makes of the sources in a folder of the user, also for machine processes', () => {
  const cache = path.join(makeTempFolder(), 'cache');
  const source = `
    import { keepCompiledCode } from './src/main/code-cache.ts';
    import { programEnvironment } from './src/main/processes/program-environment.ts';
    keepCompiledCode({ cache: ${JSON.stringify(cache)} });
    console.log(programEnvironment().NODE_COMPILE_CACHE);
  `;
  const code = path.join(cache, 'code');
  expect(run(source, {})).toBe(code);
  expect(statSync(code).mode & 0o077).toBe(0);
});

it('lets the command line keep it, too', () => {
  const XDG_CACHE_HOME = makeTempFolder();
  const { NODE_COMPILE_CACHE: _, ...bare } = process.env;
  const env = { ...bare, XDG_CACHE_HOME, HOME: XDG_CACHE_HOME };
  spawnSync(process.execPath, [path.join(root, 'bin/inn'), '--version'], { env });
  const code = [
    path.join(XDG_CACHE_HOME, 'innkeeper/code'),
    path.join(XDG_CACHE_HOME, 'Library/Caches/Innkeeper/code'),
  ];
  expect(code.filter(existsSync).flatMap((folder) => readdirSync(folder))).not.toEqual([]);
});
