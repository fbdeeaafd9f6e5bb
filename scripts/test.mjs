// `npm test`: installs, then lint, types, units, engines and end-to-end tests; ends with one line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findBrowser } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root, runTool } from './install.mjs';

const results = path.join(root, 'test-results');

/** Debian packages that the tests need, by a program of each. */
const PACKAGES = { 'qemu-system-x86_64': ['qemu-system-x86', 'ovmf'], 'qemu-img': ['qemu-utils'] };

function isOnPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

/** Installs what the tests miss, where that can be done without asking: on Debian, as root. */
function ensurePrograms() {
  const missing = Object.keys(PACKAGES).filter((program) => !isOnPath(program));
  const packages = missing.flatMap((program) => PACKAGES[program]).concat(findBrowser() ? [] : ['chromium']);
  if (packages.length === 0) return;
  if (process.platform === 'linux' && process.getuid?.() === 0 && isOnPath('apt-get')) {
    console.log(`Innkeeper: installing ${packages.join(', ')} for the tests …`);
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-q'], options);
    spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options);
  } else if (missing.length > 0) {
    console.log(
      `Innkeeper: ${missing.join(' and ')} are missing: tests that need them will fail. Install QEMU to run them.`,
    );
  }
}

/** The browser for the end-to-end tests; undefined when Playwright's own is used. */
function ensureBrowser() {
  const present = findBrowser();
  if (present) return present;
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

function runVitest(name, args) {
  const file = path.join(results, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = runTool('vitest/vitest.mjs', ['run', ...args, ...reporters]);
  return { status, report: readJson(file) };
}

const failedTests = (report) =>
  (report?.testResults ?? []).flatMap(({ name: file, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => ({ file, fullName })),
  );

/** Files with failures get a second try, from their beginning, when there are so few of them that the machine may be at fault. */
const MOST_SECOND_TRIES = 3;

function vitest(name, projects, { hasSecondTry = false } = {}) {
  console.log(`\n── ${name}`);
  const chosen = projects.flatMap((project) => ['--project', project]);
  const { status, report } = runVitest(name, chosen);
  const first = failedTests(report);
  const failedFiles = (report?.testResults ?? []).filter((file) => file.status === 'failed').map((file) => file.name);
  const isTried = hasSecondTry && failedFiles.length > 0 && failedFiles.length <= MOST_SECOND_TRIES;
  if (isTried) console.log(`\n── ${name}, second try of ${failedFiles.length}`);
  const second = isTried ? runVitest(`${name}-second`, [...chosen, ...failedFiles]) : undefined;
  const left = second ? failedTests(second.report) : first;
  const isLeft = ({ file, fullName }) => left.some((other) => other.file === file && other.fullName === fullName);
  const unsteady = first.filter((test) => !isLeft(test)).map(({ fullName }) => fullName);
  const isOver = (second ?? { status }).status === 0;
  return {
    name,
    passed: (report?.numPassedTests ?? 0) + unsteady.length,
    failed: isOver ? 0 : Math.max(left.length, 1),
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    unsteady,
  };
}

/** Titles of the tests that passed only at their second try. */
function flakyTitles(suites = []) {
  return suites.flatMap((suite) => [
    ...(suite.specs ?? [])
      .filter(({ tests }) => tests.some(({ status }) => status === 'flaky'))
      .map(({ title }) => title),
    ...flakyTitles(suite.suites),
  ]);
}

function playwright(browser) {
  console.log('\n── e2e');
  const file = path.join(results, 'e2e.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: file, ...(browser ? { INNKEEPER_BROWSER: browser } : {}) };
  const status = runTool('@playwright/test/cli.js', ['test', '--retries=1', '--reporter=list,json'], { env });
  const report = readJson(file);
  const { expected = 0, flaky = 0, unexpected = 0, skipped = 0 } = report?.stats ?? {};
  return {
    name: 'e2e',
    passed: expected + flaky,
    failed: status !== 0 && unexpected === 0 ? 1 : unexpected,
    skipped,
    unsteady: flakyTitles(report?.suites),
  };
}

function main() {
  ensureInstalled();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  ensurePrograms();
  const browser = ensureBrowser();
  ensureBuilt();
  const tiers = [
    check('lint', '@biomejs/biome/bin/biome', ['check', '.']),
    check('types', 'typescript/bin/tsc', ['-b']),
    vitest('unit', ['architecture', 'unit']),
    vitest('engines', ['engines'], { hasSecondTry: true }),
    playwright(browser),
  ];
  console.log('');
  for (const { name, passed, failed, skipped } of tiers) {
    console.log(`${name.padEnd(8)} ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  }
  const unsteady = tiers.flatMap((tier) => tier.unsteady ?? []);
  for (const title of unsteady) console.log(`passed only at the second try: ${title}`);
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
