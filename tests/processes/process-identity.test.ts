import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isSameProcess, killProcess, readStartTime } from '../../src/main/processes/process-identity.ts';

describe('the identity of a process', () => {
  it('stays the same while it runs', async () => {
    const first = await readStartTime(process.pid);
    expect(first).toBeTruthy();
    expect(await readStartTime(process.pid)).toBe(first);
    expect(await isSameProcess({ pid: process.pid, pidStartTime: first ?? '' })).toBe(true);
  });

  it('is another one for the same pid at another time, which is never signalled', async () => {
    const stranger = { pid: process.pid, pidStartTime: 'another time' };
    expect(await isSameProcess(stranger)).toBe(false);
    await killProcess(stranger, 'SIGKILL'); // this test would not go on
  });

  it('is gone when the process has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const identity = { pid: child.pid ?? 0, pidStartTime: (await readStartTime(child.pid ?? 0)) ?? '' };
    expect(await isSameProcess(identity)).toBe(true);
    await killProcess(identity, 'SIGKILL');
    await once(child, 'exit');
    expect(await readStartTime(identity.pid)).toBeUndefined();
    expect(await isSameProcess(identity)).toBe(false);
    await killProcess(identity, 'SIGKILL');
  });
});
