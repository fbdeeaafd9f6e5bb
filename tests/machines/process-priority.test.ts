import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeRecord } from '../../src/main/engines/engine.ts';
import { setProcessPriority } from '../../src/main/machines/process-priority.ts';
import { mayRaise, mayRaisePriority, readPriorityFacts } from '../../src/main/priority-permission.ts';
import { readStartTime } from '../../src/main/processes/process-identity.ts';
import { MachineId } from '../../src/shared/model/machine.ts';

const { PRIORITY_BELOW_NORMAL: LOW, PRIORITY_ABOVE_NORMAL: HIGH } = constants.priority;

describe('the priority of a machine process', () => {
  let child: ChildProcess;
  let runtime: RuntimeRecord;

  beforeEach(async () => {
    // Node has several threads from its first word on.
    child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1e6)'], { detached: true });
    if (child.stdout) await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    runtime = {
      ...{ engine: 'qemu', machineId: MachineId.parse(crypto.randomUUID()), pid, runtimeFolder: '/none' },
      ...{ pidStartTime: (await readStartTime(pid)) ?? '', startedAt: new Date().toISOString() },
    };
  });
  afterEach(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });

  const threads = (): number[] => {
    const folder = `/proc/${runtime.pid}/task`;
    return existsSync(folder) ? readdirSync(folder).map(Number) : [runtime.pid];
  };

  it('is that of all its threads, and of its autogroup', async () => {
    await setProcessPriority(runtime, 'low');
    expect(new Set(threads().map((thread) => getPriority(thread)))).toEqual(new Set([LOW]));
    const autogroup = `/proc/${runtime.pid}/autogroup`;
    if (existsSync(autogroup)) expect(readFileSync(autogroup, 'utf8')).toContain(`nice ${LOW}`);
  });

  it('is raised with the permission for it, and else refused in words', async () => {
    const raising = setProcessPriority(runtime, 'high');
    if (mayRaisePriority()) {
      await raising;
      expect(getPriority(runtime.pid)).toBe(HIGH);
    } else {
      await expect(raising).rejects.toMatchObject({ code: 'NOT_SUPPORTED', hint: expect.stringContaining('nice') });
    }
  });

  it('never touches a stranger that has the number of a process that is gone', async () => {
    const before = getPriority(runtime.pid);
    await setProcessPriority({ ...runtime, pidStartTime: 'another' }, 'low');
    expect(getPriority(runtime.pid)).toBe(before);
  });
});

describe('the permission for high priority', () => {
  const status = (bits: string) => `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${bits}\n`;
  const limits = (soft: string) => `Max nice priority         ${soft}                    0                    \n`;
  it.each([
    ['0000000000000000', '0', false],
    ['0000000000800000', '0', true],
    ['0000000000000000', '26', false],
    ['0000000000000000', '27', true],
    ['0000000000000000', 'unlimited', true],
  ])('with capabilities %s and limit %s is %s', (bits, soft, expected) => {
    expect(mayRaise(readPriorityFacts(status(bits), limits(soft)))).toBe(expected);
  });
});
