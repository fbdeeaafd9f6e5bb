import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { endLeftover, PROCESS_FILE } from '../../../src/main/processes/leftover.ts';
import { isAlive, type ProcessIdentity, readStartTime } from '../../../src/main/processes/process-identity.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const launcher = path.join(import.meta.dirname, 'doomed-launcher.ts');
const QEMU = '/usr/bin/qemu-system-x86_64';
const ARGUMENTS = ['-nodefaults', '-machine', 'none', '-S', '-display', 'none'];

function makeMachineFolder(): string {
  const folder = makeTempFolder();
  for (const name of ['run', 'logs']) mkdirSync(path.join(folder, name));
  return folder;
}

function runLauncher(folder: string): ChildProcess {
  return spawn(process.execPath, [launcher, folder, QEMU, ...ARGUMENTS], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The process that the launcher has started; undefined when there is none yet. */
async function childOf({ pid = 0 }: ChildProcess): Promise<ProcessIdentity | undefined> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/);
  const child = Number(children[0]);
  const pidStartTime = child > 0 ? await readStartTime(child) : undefined;
  return pidStartTime === undefined ? undefined : { pid: child, pidStartTime };
}

async function kill(program: ChildProcess): Promise<void> {
  program.kill('SIGKILL');
  await once(program, 'exit');
}

describe.skipIf(process.platform !== 'linux')('QEMU whose program dies', () => {
  it('has never begun when it was not written down yet', async () => {
    const folder = makeMachineFolder();
    // The record's file is a pipe that nobody reads: the program waits there, between the start and the record.
    execFileSync('mkfifo', [path.join(folder, 'run', `${PROCESS_FILE}.new`)]);
    const program = runLauncher(folder);
    let started: ProcessIdentity | undefined;
    await expect.poll(async () => (started = await childOf(program)), { timeout: 20_000 }).toBeDefined();
    await kill(program);
    await expect.poll(() => started && isAlive(started), { timeout: 10_000 }).toBe(false);
  });

  it('is ended by the next program when it was', async () => {
    const folder = makeMachineFolder();
    const program = runLauncher(folder);
    if (program.stdout) await once(program.stdout, 'data');
    const started = await childOf(program);
    await kill(program);
    expect(started).toEqual(JSON.parse(readFileSync(path.join(folder, 'run', PROCESS_FILE), 'utf8')));
    expect(started && (await isAlive(started))).toBe(true);
    await endLeftover(path.join(folder, 'run'));
    expect(started && (await isAlive(started))).toBe(false);
  });
});
