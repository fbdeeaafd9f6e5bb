import { describe, expect, it } from 'vitest';
import { AgentLine } from '../../../src/main/engines/guest-agent/agent-line.ts';
import { QemuGuestAgent } from '../../../src/main/engines/guest-agent/qemu-guest-agent.ts';
import { refusalOf } from '../../support/refusal.ts';
import { scriptedAgent, socketPath } from './scripted-agent.ts';

const SOON = { timeoutMs: 100 };

describe('the line to a guest agent', () => {
  it('brings commands there and answers back, one after another', async () => {
    const { line } = await scriptedAgent((command) => ({ return: command }));
    const answers = ['one', 'two', 'three'].map((name) => line.execute(name, {}, { timeoutMs: 5_000 }));
    expect(await Promise.all(answers)).toEqual(['one', 'two', 'three']);
  });

  it('finds its way through what an agent said before, and half said', async () => {
    const { line } = await scriptedAgent((command, _args, socket) => {
      if (command !== 'late') return { return: 'right' };
      socket.write('{"return": "wro');
      return undefined;
    });
    expect(await refusalOf(() => line.execute('late', {}, SOON))).toMatchObject({ code: 'TIMEOUT' });
    expect(await line.execute('next', {}, { timeoutMs: 5_000 })).toBe('right');
  });

  it('gives up on an agent that says nothing', async () => {
    const { line } = await scriptedAgent(() => undefined);
    expect(await refusalOf(() => line.execute('guest-ping', {}, SOON))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('takes a large answer whole', async () => {
    const large = 'x'.repeat(20 * 1024 ** 2);
    const { line } = await scriptedAgent(() => ({ return: large }));
    const answer = await line.execute('guest-exec-status', {}, { timeoutMs: 30_000 });
    expect(answer === large).toBe(true);
  });

  it('does not take in more than an agent may say', async () => {
    const chunk = Buffer.alloc(1024 ** 2, 0x20);
    const { line } = await scriptedAgent((_command, _args, socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', flood);
      flood();
    });
    expect(await refusalOf(() => line.execute('guest-info', {}, { timeoutMs: 30_000 }))).toMatchObject({
      code: 'AGENT_MISSING',
    });
  });

  it.each([
    ['is no JSON', 'AGENT_FAILED', 'no JSON here\n'],
    ['makes no sense', 'AGENT_FAILED', '[1, 2]\n'],
    ['is a refusal', 'AGENT_FAILED', '{"error": {"class": "CommandNotFound", "desc": "The command is not there"}}\n'],
  ])('says so when the answer %s', async (_what, code, words) => {
    const { line } = await scriptedAgent((_command, _args, socket) => void socket.write(words));
    expect(await refusalOf(() => line.execute('guest-info', {}, { timeoutMs: 5_000 }))).toMatchObject({ code });
  });

  it('says that nobody is there when nobody is', async () => {
    const line = new AgentLine(await socketPath());
    expect(await refusalOf(() => line.execute('guest-ping', {}, SOON))).toMatchObject({ code: 'AGENT_MISSING' });
    const agent = new QemuGuestAgent(line, async () => false);
    expect(await refusalOf(() => agent.facts())).toMatchObject({ code: 'AGENT_MISSING' });
  });
});

describe('a guest agent', () => {
  it('tells what it knows when some commands are forbidden', async () => {
    const { agent } = await scriptedAgent((command) =>
      command === 'guest-info'
        ? { return: { version: '7.2', supported_commands: [] } }
        : { error: { class: 'CommandNotFound', desc: 'disabled' } },
    );
    expect(await agent.facts()).toEqual({
      ...{ agentVersion: '7.2', osName: null, kernel: null, hostname: null, interfaces: [] },
    });
  });

  it('waits for a program to end, and no longer than asked', async () => {
    let polls = 0;
    const { agent } = await scriptedAgent((command) => {
      if (command === 'guest-exec') return { return: { pid: 7 } };
      polls += 1;
      return { return: polls < 3 ? { exited: false } : { exited: true, exitcode: 3, 'out-data': 'aGk=' } };
    });
    const command = { argv: ['sleepy'], input: new Uint8Array(), timeoutMs: 5_000 } as const;
    const result = await agent.execute({ ...command, argv: ['sleepy'] });
    expect({ ...result, output: Buffer.from(result.output).toString() }).toMatchObject({ exitCode: 3, output: 'hi' });
    polls = -1_000_000;
    expect(await refusalOf(() => agent.execute({ ...command, argv: ['sleepy'], timeoutMs: 50 }))).toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('takes a shutdown that is not answered for agreed', async () => {
    const { agent } = await scriptedAgent((command) => (command === 'guest-ping' ? { return: {} } : undefined));
    await agent.shutdown();
  });
});
