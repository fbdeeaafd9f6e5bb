import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessSpec } from '../../../src/main/engines/embedded/process-spec.ts';
import { prepareRuntimeFolder, removeRuntimeFolder } from '../../../src/main/engines/runtime-folder.ts';
import { endLeftover, writeProcessFile } from '../../../src/main/processes/leftover.ts';
import { openRotatedLog } from '../../../src/main/processes/log-rotation.ts';
import { readStartTime } from '../../../src/main/processes/process-identity.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SPEC: ProcessSpec = {
  format: 1,
  machineId: crypto.randomUUID(),
  name: 'web',
  memoryMiB: 128,
  videoMemoryMiB: 8,
  biosPath: '/bios',
  vgaBiosPath: '/vga',
  bootOrder: [],
  kernel: null,
  drives: [],
  adapters: [],
  capPercent: 100,
  restoreFrom: null,
  isWarmStart: false,
};

describe('the runtime folder of a machine', () => {
  it('is private, holds the orders, and nothing of an earlier run', async () => {
    const folder = path.join(makeTempFolder(), 'run');
    mkdirSync(folder, { mode: 0o755 });
    for (const name of ['qmp.sock', 'exit.json', 'net0.sock']) writeFileSync(path.join(folder, name), 'old');
    await prepareRuntimeFolder(folder, SPEC, '/logs/machine.log');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(folder, 'machine.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path.join(folder, 'machine.json'), 'utf8'))).toEqual(SPEC);
    for (const name of ['qmp.sock', 'exit.json', 'net0.sock']) expect(existsSync(path.join(folder, name))).toBe(false);
  });

  it('is refused, by how much, when its path is too long for sockets', async () => {
    const folder = path.join(makeTempFolder(), 'x'.repeat(100));
    const preparing = prepareRuntimeFolder(folder, SPEC, '/logs/machine.log');
    await expect(preparing).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/\d+ bytes/),
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('goes when the run has left nothing else in it, and stays when somebody else did', async () => {
    const folder = path.join(makeTempFolder(), 'run');
    await prepareRuntimeFolder(folder, SPEC, '/logs/machine.log');
    writeFileSync(path.join(folder, 'note'), 'mine');
    await removeRuntimeFolder(folder);
    expect(readFileSync(path.join(folder, 'note'), 'utf8')).toBe('mine');
    await prepareRuntimeFolder(path.join(folder, 'other'), SPEC, '/logs/machine.log');
    await removeRuntimeFolder(path.join(folder, 'other'));
    expect(existsSync(path.join(folder, 'other'))).toBe(false);
  });
});

describe('a process that was left over', () => {
  it('is ended before another one uses its folder', async () => {
    const folder = makeTempFolder();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const pid = child.pid ?? 0;
    await writeProcessFile(folder, { pid, pidStartTime: (await readStartTime(pid)) ?? '' });
    const ended = once(child, 'exit');
    await endLeftover(folder);
    expect((await ended)[1]).toBe('SIGTERM');
  });

  it('is nobody when the folder names none, or one that is not the same any more', async () => {
    const folder = makeTempFolder();
    await endLeftover(folder);
    await writeProcessFile(folder, { pid: process.pid, pidStartTime: 'another time' });
    await endLeftover(folder);
    writeFileSync(path.join(folder, 'process.json'), '{"pid": -1');
    await endLeftover(folder);
  });
});

describe('the log of a machine process', () => {
  it('keeps the logs of the last three runs beside the new one', async () => {
    const file = path.join(makeTempFolder(), 'logs', 'machine.log');
    for (let run = 1; run <= 5; run += 1) {
      await using log = await openRotatedLog(file);
      await log.write(`run ${run}`);
    }
    const content = (suffix: string) => readFileSync(`${file}${suffix}`, 'utf8');
    expect(['', '.1', '.2', '.3'].map(content)).toEqual(['run 5', 'run 4', 'run 3', 'run 2']);
    expect(existsSync(`${file}.4`)).toBe(false);
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});
