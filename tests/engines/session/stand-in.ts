import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { RuntimeRecord } from '../../../src/main/engines/engine.ts';
import { createQmpServer, type QmpCommand, type QmpServer } from '../../../src/main/engines/qmp/server.ts';
import type { QmpDialect } from '../../../src/main/engines/qmp-dialect.ts';
import { QmpSession } from '../../../src/main/engines/qmp-session.ts';
import type { ProcessEnd } from '../../../src/main/processes/process-end.ts';
import { readStartTime } from '../../../src/main/processes/process-identity.ts';
import { MachineId } from '../../../src/shared/model/machine.ts';
import { socketFolder } from '../qmp/monitor.ts';

export const DIALECT: QmpDialect = {
  sockets: { monitors: ['qmp.sock'], screen: 'screen.sock', serial: 'serial.sock' },
  async saveState(engine, file, { signal }) {
    signal.addEventListener('abort', () => void engine.execute('cancel').catch(() => undefined));
    await engine.execute('save', { file });
  },
  async keepState() {},
  async takeSnapshot() {},
  async mergeDisk() {},
  async settleMerge() {
    return false;
  },
  async finishMerge() {},
  async setCpuLimit() {},
  async setMemoryTarget() {},
  async changeMedium() {},
  async typeText() {},
  async screenshot() {
    return { width: 0, height: 0, png: new Uint8Array() };
  },
  async sample(engine) {
    await engine.execute('sample', {}, { timeoutMs: 10 });
    throw new Error('unreachable');
  },
};

export interface StandIn {
  folder: string;
  child: ChildProcess;
  server: QmpServer;
  session: QmpSession;
  /** The word of `query-status`. */
  state: { status: string };
  /** Commands that came, in their order. */
  commands: string[];
  /** Ends the process and, as the system would, its connections. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * A machine made of two things that a test can rule: a process that does nothing, and a QMP server in the test itself.
 */
export async function standIn(own: Record<string, QmpCommand> = {}, isWatched = true): Promise<StandIn> {
  const folder = await socketFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<ProcessEnd>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const state = { status: 'running' };
  const commands: string[] = [];
  const server = createQmpServer({
    version: { major: 1, minor: 0, micro: 0 },
    package: '',
    commands: noting(commands, {
      'query-status': () => state,
      stop: () => change(server, state, 'paused', 'STOP'),
      cont: () => change(server, state, 'running', 'RESUME'),
      ...own,
    }),
  });
  await server.listen(path.join(folder, 'qmp.sock'));
  onTestFinished(() => server.close());
  const runtime = await recordOf(child, folder);
  const session = new QmpSession({ runtime, dialect: DIALECT, ...(isWatched ? { ended } : {}) });
  onTestFinished(() => session[Symbol.asyncDispose]());
  await session.connect();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
    await server.close();
  };
  return { folder, child, server, session, state, commands, end };
}

function change(server: QmpServer, state: { status: string }, status: string, event: string): void {
  if (state.status === status) return;
  state.status = status;
  server.emit(event);
}

function noting(commands: string[], own: Record<string, QmpCommand>): Record<string, QmpCommand> {
  const noted = Object.entries(own).map(([name, command]): [string, QmpCommand] => [
    name,
    (args) => {
      commands.push(name);
      return command(args);
    },
  ]);
  return Object.fromEntries(noted);
}

async function recordOf(child: ChildProcess, runtimeFolder: string): Promise<RuntimeRecord> {
  const { pid = 0 } = child;
  return {
    engine: 'embedded',
    machineId: MachineId.parse(crypto.randomUUID()),
    pid,
    pidStartTime: (await readStartTime(pid)) ?? '',
    runtimeFolder,
    startedAt: new Date().toISOString(),
  };
}
