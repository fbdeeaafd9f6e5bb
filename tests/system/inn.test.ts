import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPng } from '../support/read-png.ts';
import { homeEnv, makeHome, startRealCore } from '../support/real-core.ts';

const inn = path.resolve(import.meta.dirname, '../../bin/inn');

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `bin/inn` as a person would, from outside. */
function run(home: string, ...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [inn, ...args], { env: homeEnv(home), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

describe('inn without a core', () => {
  let home: string;
  beforeAll(async () => {
    home = await makeHome();
  });
  afterAll(async () => {
    for (const { config } of JSON.parse((await run(home, 'list', '--json')).stdout))
      await run(home, 'poweroff', config.name);
    await rm(home, { recursive: true, force: true });
  });

  it('creates, starts and reaches the demo guest in one go, and the machine runs on', async () => {
    const started = await run(home, 'run', '--demo', '--wait', 'INNKEEPER DEMO READY');
    expect(started.stderr).toBe('');
    expect(started.code).toBe(0);
    const [machine] = JSON.parse((await run(home, 'list', '--json')).stdout);
    expect(machine).toMatchObject({ state: 'Running', config: { name: 'demo' } });
  });

  it('sends to and waits for the serial console', async () => {
    const { code, stdout } = await run(
      home,
      'serial',
      'demo',
      '--send',
      'echo $((40 + 2))-ok',
      '--wait',
      '42-ok',
      '--timeout',
      '20',
    );
    expect([code, stdout.includes('42-ok')]).toEqual([0, true]);
    const silent = await run(home, 'serial', 'demo', '--wait', 'never printed', '--timeout', '1');
    expect(silent.code).toBe(11);
    expect(silent.stderr).toContain("'never printed' did not appear");
  });

  it('takes a screenshot', async () => {
    const file = path.join(home, 'screen.png');
    expect((await run(home, 'screenshot', 'demo', file)).code).toBe(0);
    expect(readPng(await readFile(file)).litPixels).toBeGreaterThan(500);
  });

  it('talks to a core that runs meanwhile, and the core sees the machine', async () => {
    const core = await startRealCore(home);
    expect((await core.client.machine.get({ machine: 'demo' })).state).toBe('Running');
    expect((await run(home, 'pause', 'demo')).stdout).toContain('Paused');
    expect((await core.client.machine.get({ machine: 'demo' })).state).toBe('Paused');
    await core.end();
    expect((await run(home, 'resume', 'demo')).code).toBe(0);
  });

  it('refuses with a reason, a way out and a stable exit code', async () => {
    const again = await run(home, 'start', 'demo', '--json');
    expect(again.code).toBe(5);
    expect(JSON.parse(again.stdout).error).toMatchObject({ code: 'INVALID_STATE', details: { state: 'Running' } });
    expect((await run(home, 'info', 'nobody')).code).toBe(4);
    expect((await run(home, 'create', 'demo')).code).toBe(5);
    expect((await run(home, 'create', 'x', '--memory', 'lots')).code).toBe(2);
    expect((await run(home, 'create', 'x', '--iso', '/nowhere/disc.iso')).code).toBe(4);
    expect((await run(home, 'frobnicate')).code).toBe(2);
    const { stdout } = await run(home, 'list', '--json');
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('shuts down, changes settings and removes with its files', async () => {
    await run(home, 'shutdown', 'demo');
    const disk = path.join(home, 'data.img');
    await writeFile(disk, Buffer.alloc(1024 * 1024));
    for (let state = 'Running'; state !== 'PoweredOff'; ) {
      state = JSON.parse((await run(home, 'info', 'demo', '--json')).stdout).state;
    }
    const set = await run(home, 'set', 'demo', '--name', 'lantern', '--memory', '96', '--cpu-limit', '50', '--json');
    expect(JSON.parse(set.stdout)).toMatchObject({
      config: { name: 'lantern', memoryMiB: 96, processors: { capPercent: 50 } },
    });
    expect((await run(home, 'remove', 'lantern', '--delete-files')).code).toBe(0);
    expect(JSON.parse((await run(home, 'list', '--json')).stdout)).toEqual([]);
  });
});
