import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUNTIME_FILES } from '../../../src/main/engines/embedded/process-spec.ts';
import { isAlive } from '../../../src/main/processes/process-identity.ts';
import { GUEST_READY } from '../../support/serial-console.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { machineSpec, TestMachine } from './machine-harness.ts';

const launcher = path.join(import.meta.dirname, 'launcher.ts');

/** Runs the launcher program, and returns what it printed when it has ended by itself. */
function runLauncher(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', () => resolve(text.trim())));
}

describe('a machine process whose program dies', () => {
  it('touches nothing and ends, when it is not written down yet', async () => {
    await using machine = await TestMachine.spawn(machineSpec());
    machine.hangUp();
    expect(await machine.ended).toBe(1);
    expect(await readdir(machine.folder)).toEqual([RUNTIME_FILES.spec]);
  });

  it('ends in order when its guest has never run', async () => {
    await using machine = await TestMachine.start(machineSpec());
    expect(await machine.status()).toBe('prelaunch');
    machine.hangUp();
    expect(await machine.ended).toBe(0);
    expect(await machine.exitRecord()).toMatchObject({ kind: 'powerOff' });
  });

  it('ends in order when its guest was restored and stands still', async () => {
    const restoreFrom = path.join(makeTempFolder(), 'kept.state');
    {
      await using machine = await TestMachine.boot(machineSpec());
      await machine.qmp.execute('__org.innkeeper_keep-state', { file: restoreFrom });
    }
    await using machine = await TestMachine.start(machineSpec({ restoreFrom }));
    await expect.poll(() => machine.status()).toBe('paused');
    machine.hangUp();
    expect(await machine.ended).toBe(0);
    expect(await machine.exitRecord()).toMatchObject({ kind: 'powerOff' });
    expect(existsSync(restoreFrom)).toBe(true);
  });

  it('lives on when its guest runs, and when it stands still afterwards', async () => {
    await using machine = await TestMachine.start(machineSpec());
    await machine.qmp.execute('cont');
    machine.hangUp();
    await machine.serial.expect(GUEST_READY);
    await machine.qmp.execute('stop');
    expect(await machine.status()).toBe('paused');
  });
});

describe('the launcher of machine processes', () => {
  it('leaves no process behind when it dies before the process is written down', async () => {
    const folder = makeTempFolder();
    writeFileSync(path.join(folder, RUNTIME_FILES.spec), JSON.stringify(machineSpec()));
    const process = JSON.parse(await runLauncher('die', folder));
    await expect.poll(() => isAlive(process), { timeout: 30_000 }).toBe(false);
    expect(existsSync(path.join(folder, RUNTIME_FILES.qmp))).toBe(false);
  });

  it('waits for the end of a process that nothing else keeps it from forgetting', async () => {
    const folder = makeTempFolder();
    writeFileSync(path.join(folder, RUNTIME_FILES.spec), JSON.stringify(machineSpec()));
    expect(await runLauncher('end', folder)).toBe('ended');
  });
});
