import type { Readable } from 'node:stream';
import { InnError, isErrorCode } from '../../../shared/errors.ts';
import { describeEarlyEnd, spawnDetached } from '../detached-process.ts';
import { writeProcessFile } from '../leftover.ts';
import { openRotatedLog } from '../log-rotation.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import type { ProcessEnd } from '../session-exit.ts';
import { machineProcessEnvironment, machineProcessPath } from './process-script.ts';

export interface LaunchedProcess extends ProcessIdentity {
  ended: Promise<ProcessEnd>;
  /**
   * Waits until its sockets are open.
   * @throws InnError `ENGINE_FAILED` or the process's own code, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  ready(options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
}

const SUBJECT = 'The machine process';
const READY = 'ready';
const MAX_REPORT_LENGTH = 65_536;

/**
 * Starts a machine process that outlives this program: a session of its own (setsid), nothing on its standard input,
 * all that it says in its log. File 3 is a pipe on which it says one line: that it is ready, or why it is not.
 * @throws InnError `ENGINE_FAILED` when it cannot be started
 */
export async function launchMachineProcess(runtimeFolder: string, logFile: string): Promise<LaunchedProcess> {
  await using log = await openRotatedLog(logFile);
  const { child, ended, ...identity } = await spawnDetached(process.execPath, [machineProcessPath(), runtimeFolder], {
    subject: SUBJECT,
    cwd: runtimeFolder, // a folder that nobody unmounts under a running machine
    env: machineProcessEnvironment(),
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  const pipe = child.stdio[3] as Readable; // an untyped edge: the fourth `pipe` above makes it so
  await writeProcessFile(runtimeFolder, identity);
  return { ...identity, ended, ready: (options) => waitUntilReady(pipe, ended, logFile, options) };
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
  throw readFailure(report) ?? (await describeEarlyEnd(ended, { subject: SUBJECT, logFile }));
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
