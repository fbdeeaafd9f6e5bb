import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { InnError } from '../../shared/errors.ts';
import { type ProcessEnd, readLogTail } from './process-end.ts';
import { type ProcessIdentity, readStartTime } from './process-identity.ts';

/** A process that was started here and outlives this program. */
export interface DetachedProcess extends ProcessIdentity {
  child: ChildProcess;
  ended: Promise<ProcessEnd>;
}

export interface DetachedOptions {
  /** What the program is called in messages. */
  subject: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdio: StdioOptions;
}

/**
 * Starts a program in a session of its own (setsid), so that neither the end of this program nor its terminal ends it.
 * @throws InnError `ENGINE_FAILED` when it cannot be started
 */
export async function spawnDetached(
  program: string,
  args: readonly string[],
  { subject, ...options }: DetachedOptions,
): Promise<DetachedProcess> {
  const child = spawn(program, args, { ...options, detached: true });
  await spawned(child, subject);
  child.unref();
  const ended = new Promise<ProcessEnd>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const { pid } = child;
  if (pid === undefined) throw new InnError('ENGINE_FAILED', `${subject} has no process id.`);
  // A process that has ended already has no start time any more; waiting for its readiness tells how it ended.
  return { child, ended, pid, pidStartTime: (await readStartTime(pid)) ?? 'ended' };
}

/** How a process ends that must end soon. Waiting for it keeps this program alive, which the process alone does not. */
export async function awaitEnd({ child, ended }: Pick<DetachedProcess, 'child' | 'ended'>): Promise<ProcessEnd> {
  child.ref();
  return ended;
}

function spawned(child: ChildProcess, subject: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new InnError('ENGINE_FAILED', `${subject} could not be started: ${cause.message}`, { cause }));
    });
  });
}

/** Why a process that has ended (or will in a moment) was not ready, with the last words of its log. */
export async function describeEarlyEnd(
  process: Pick<DetachedProcess, 'child' | 'ended'>,
  { subject, logFile }: { subject: string; logFile: string },
): Promise<InnError> {
  const { code, signal } = await awaitEnd(process);
  const log = await readLogTail(logFile);
  const how = signal === null ? `exit code ${code}` : signal;
  const quote = log.length === 0 ? '' : ` ${log.findLast((line) => /error/i.test(line)) ?? log.at(-1)}`;
  return new InnError('ENGINE_FAILED', `${subject} ended before it was ready (${how}).${quote}`, {
    hint: `The log may say more: ${logFile}`,
    details: { log: log.slice(-20), logFile },
  });
}
