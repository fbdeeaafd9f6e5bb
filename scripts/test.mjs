// `npm test`: installs, then lint, types, units, engines and end-to-end tests; ends with one line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findBrowser } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root, runTool } from './install.mjs';

const results = path.join(root, 'test-results');

/** A browser for the end-to-end tests: one that is there, else Debian's by apt-get (as root), else Playwright's own. */
function ensureBrowser() {
  const present = findBrowser();
  if (present) return present;
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    console.log('Innkeeper: installing Chromium for the end-to-end tests …');
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-q'], options);
    spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], options);
    const installed = findBrowser();
    if (installed) return installed;
  }
  console.log('Innkeeper: fetching a browser with Playwright …');
  runTool('playwright/cli.js', ['install', 'chromium']);
  return undefined;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A check that counts as one: it passes or it fails. */
function check(name, script, args) {
  console.log(`\n── ${name}`);
  const passed = runTool(script, args) === 0;
  return { name, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

function vitest(name, projects) {
  console.log(`\n── ${name}`);
  const file = path.join(results, `${name}.json`);
  const chosen = projects.flatMap((project) => ['--project', project]);
  const status = runTool('vitest/vitest.mjs', [
    'run',
    ...chosen,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = readJson(file);
  const failed = report?.numFailedTests ?? 0;
  return {
    name,
    passed: report?.numPassedTests ?? 0,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  };
}

function playwright(browser) {
  console.log('\n── e2e');
  const file = path.join(results, 'e2e.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: file, ...(browser ? { INNKEEPER_BROWSER: browser } : {}) };
  const status = runTool('@playwright/test/cli.js', ['test', '--reporter=list,json'], { env });
  const stats = readJson(file)?.stats;
  const failed = (stats?.unexpected ?? 0) + (stats?.flaky ?? 0);
  return {
    name: 'e2e',
    passed: stats?.expected ?? 0,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: stats?.skipped ?? 0,
  };
}

function main() {
  ensureInstalled();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const browser = ensureBrowser();
  ensureBuilt();
  const tiers = [
    check('lint', '@biomejs/biome/bin/biome', ['check', '.']),
    check('types', 'typescript/bin/tsc', ['-b']),
    vitest('unit', ['architecture', 'unit']),
    vitest('engines', ['engines']),
    playwright(browser),
  ];
  console.log('');
  for (const { name, passed, failed, skipped } of tiers) {
    console.log(`${name.padEnd(8)} ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  }
  const sum = (key) => tiers.reduce((total, tier) => total + tier[key], 0);
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);
}

try {
  main();
} catch (error) {
  console.error(`Innkeeper: ${error.message}`);
  process.exit(1);
}
