import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { AgentLine } from '../../../src/main/engines/guest-agent/agent-line.ts';
import { QemuGuestAgent } from '../../../src/main/engines/guest-agent/qemu-guest-agent.ts';

/** What an agent under a test's hand does with a command; undefined: it says nothing. */
export type Reply = (command: string, args: Record<string, unknown>, socket: Socket) => unknown;

export async function socketPath(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inn-ga-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'agent.sock');
}

/** An agent that synchronises as it should and answers as the test says, and a client of it. */
export async function scriptedAgent(reply: Reply): Promise<{ agent: QemuGuestAgent; line: AgentLine }> {
  const file = await socketPath();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1').replaceAll('\xff', '');
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const { execute, arguments: args } = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        if (execute === 'guest-sync-delimited') socket.write(`\xff${JSON.stringify({ return: args.id })}\n`, 'latin1');
        else {
          const answer = reply(execute, args, socket);
          if (answer !== undefined) socket.write(`${JSON.stringify(answer)}\n`);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const line = new AgentLine(file);
  onTestFinished(() => line.close());
  return { line, agent: new QemuGuestAgent(line, async () => true) };
}
