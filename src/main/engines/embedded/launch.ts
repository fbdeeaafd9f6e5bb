import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { InnError, isErrorCode } from '../../../shared/errors.ts';
import { writeProcessFile } from '../leftover.ts';
import { openRotatedLog } from '../log-rotation.ts';
import { type ProcessIdentity, readStartTime } from '../process-identity.ts';
import { type ProcessEnd, readLogTail } from '../session-exit.ts';
import { machineProcessEnvironment, machineProcessPath } from './process-script.ts';

export interface LaunchedProcess extends ProcessIdentity {
  ended: Promise<ProcessEnd>;
  /**
   * Waits until its sockets are open.
   * @throws InnError `ENGINE_FAILED` or the process's own code, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  ready(options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
}

const READY = 'ready';
const MAX_REPORT_LENGTH = 65_536;

/**
 * Starts a machine process that outlives this program: a session of its own (setsid), nothing on its standard input,
 * all that it says in its log. File 3 is a pipe on which it says one line: that it is ready, or why it is not.
 * @throws InnError `ENGINE_FAILED` when it cannot be started
 */
export async function launchMachineProcess(runtimeFolder: string, logFile: string): Promise<LaunchedProcess> {
  await using log = await openRotatedLog(logFile);
  const child = spawn(process.execPath, [machineProcessPath(), runtimeFolder], {
    cwd: runtimeFolder, // a folder that nobody unmounts under a running machine
    detached: true,
    env: machineProcessEnvironment(),
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  await spawned(child);
  child.unref();
  const ended = new Promise<ProcessEnd>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const pipe = child.stdio[3] as Readable; // an untyped edge: the fourth `pipe` above makes it so
  const identity = await identify(child.pid);
  await writeProcessFile(runtimeFolder, identity);
  return { ...identity, ended, ready: (options) => waitUntilReady(pipe, ended, logFile, options) };
}

/** A process that has ended already has no start time any more; waiting for its readiness tells how it ended. */
async function identify(pid: number | undefined): Promise<ProcessIdentity> {
  if (pid === undefined) throw new InnError('ENGINE_FAILED', 'The machine process has no process id.');
  return { pid, pidStartTime: (await readStartTime(pid)) ?? 'ended' };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new InnError('ENGINE_FAILED', `The machine process could not be started: ${cause.message}`, { cause }));
    });
  });
}

async function waitUntilReady(
  pipe: Readable,
  ended: Promise<ProcessEnd>,
  logFile: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const report = await readLine(pipe, AbortSignal.any([timeout, signal]));
  if (report === READY) return;
  if (signal.aborted) throw new InnError('CANCELLED', 'The start was cancelled.');
  if (timeout.aborted) {
    const message = `The machine process was not ready within ${timeoutMs / 1000} seconds.`;
    throw new InnError('ENGINE_TIMEOUT', message, { hint: 'The host may be overloaded; try again.' });
  }
  throw readFailure(report) ?? (await describeEarlyEnd(ended, logFile));
}

/** The first line of the pipe, or what there was of it when it ended or was given up. */
function readLine(pipe: Readable, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      pipe.removeAllListeners();
      pipe.on('error', () => undefined); // nobody reads it any more
      pipe.destroy();
      resolve(text.split('\n', 1)[0] ?? '');
    };
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      text += chunk;
      if (chunk.includes('\n') || text.length > MAX_REPORT_LENGTH) finish();
    });
    pipe.once('end', finish);
    pipe.once('error', finish);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
}

/** The process's own error, when it wrote one as JSON in the shape of `ErrorReport`. */
function readFailure(line: string): InnError | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { code, message, hint, details } = JSON.parse(line);
    return isErrorCode(code) && typeof message === 'string'
      ? new InnError(code, message, { hint, details })
      : undefined;
  } catch {
    return undefined; // the log has the whole story
  }
}

async function describeEarlyEnd(ended: Promise<ProcessEnd>, logFile: string): Promise<InnError> {
  const { code, signal } = await ended;
  const log = await readLogTail(logFile);
  const how = signal === null ? `exit code ${code}` : signal;
  const quote = log.length === 0 ? '' : ` ${log.findLast((line) => /error/i.test(line)) ?? log.at(-1)}`;
  return new InnError('ENGINE_FAILED', `The machine process ended before it was ready (${how}).${quote}`, {
    hint: `The log may say more: ${logFile}`,
    details: { log: log.slice(-20), logFile },
  });
}
