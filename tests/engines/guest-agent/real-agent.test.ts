import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentLine } from '../../../src/main/engines/guest-agent/agent-line.ts';
import { QemuGuestAgent } from '../../../src/main/engines/guest-agent/qemu-guest-agent.ts';
import { refusalOf } from '../../support/refusal.ts';
import { socketPath } from './scripted-agent.ts';

const PROGRAM = '/usr/sbin/qemu-ga';
/** The agent runs on the host itself here: what could do harm is forbidden. */
const FORBIDDEN = [
  ...['guest-shutdown', 'guest-fsfreeze-freeze', 'guest-fsfreeze-freeze-list', 'guest-set-time', 'guest-fstrim'],
  ...['guest-suspend-disk', 'guest-suspend-ram', 'guest-suspend-hybrid', 'guest-set-user-password'],
];

async function realAgent(): Promise<QemuGuestAgent> {
  const socket = await socketPath();
  const program = spawn(
    PROGRAM,
    ['-m', 'unix-listen', '-p', socket, '-t', path.dirname(socket), '-b', FORBIDDEN.join(',')],
    { stdio: 'ignore' },
  );
  onTestFinished(() => void program.kill('SIGKILL'));
  while (!existsSync(socket) && program.exitCode === null) await sleep(10);
  return new QemuGuestAgent(new AgentLine(socket), async () => true);
}

describe.skipIf(!existsSync(PROGRAM))("QEMU's own guest agent", () => {
  it('tells of the system, runs programs, and refuses what is forbidden', async () => {
    const agent = await realAgent();
    const facts = await agent.facts();
    expect(facts.hostname).toBe(hostname());
    expect(facts.osName).toMatch(/\w/);
    expect(facts.agentVersion).toMatch(/^\d+\.\d+/);

    const run = (argv: [string, ...string[]], input = '') =>
      agent.execute({ argv, input: Buffer.from(input), timeoutMs: 10_000 });
    expect(await run(['true'])).toMatchObject({ exitCode: 0 });
    expect(await run(['false'])).toMatchObject({ exitCode: 1 });
    const echoed = await run(['echo', 'two words', '$HOME']);
    expect(Buffer.from(echoed.output).toString()).toBe('two words $HOME\n');
    const passed = await run(['cat'], 'what goes in comes out');
    expect(Buffer.from(passed.output).toString()).toBe('what goes in comes out');
    const large = await run(['head', '-c', '3000000', '/dev/zero']);
    expect(large.output.length).toBe(3_000_000);

    expect(await refusalOf(() => agent.freeze())).toMatchObject({ code: 'AGENT_FAILED' });
    expect(await refusalOf(() => run(['/nowhere/to/be/found']))).toMatchObject({ code: 'AGENT_FAILED' });
  });
});
