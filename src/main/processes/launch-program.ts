import type { Socket } from 'node:net';
import { InnError, isErrorCode } from '../../shared/errors.ts';
import { awaitEnd, type DetachedProcess, describeEarlyEnd, spawnDetached } from './detached-process.ts';
import { writeProcessFile } from './leftover.ts';
import { openRotatedLog } from './log-rotation.ts';
import type { ProcessEnd } from './process-end.ts';
import { killProcess, type ProcessIdentity } from './process-identity.ts';
import { programEnvironment } from './program-environment.ts';
import { GO, READY } from './spawner-words.ts';

export interface LaunchedProgram extends ProcessIdentity {
  ended: Promise<ProcessEnd>;
  /**
   * Waits until its sockets are open.
   * @throws InnError `ENGINE_FAILED` or the process's own code, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  ready(options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
  /** Kills it. Resolves when it is gone. */
  end(): Promise<void>;
}

/** A program of this house that runs beside the core. */
export interface HouseProgram {
  /** What it is called in messages. */
  subject: string;
  script: string;
}

const MAX_REPORT_LENGTH = 65_536;

/**
 * Starts a program that outlives this one: a session of its own (setsid), nothing on its standard input, all that it says
 * in its log. Over file 3 it is told to go on when it is written down; it says one line there: that it is ready, or why
 * it is not. It ends by itself when file 3 is closed, as by the end of this program, until it lets go of it.
 * @param runtimeFolder its only argument, where it is written down
 * @throws InnError `ENGINE_FAILED` when it cannot be started; the system's error when it cannot be written down
 */
export async function launchProgram(
  { subject, script }: HouseProgram,
  runtimeFolder: string,
  logFile: string,
): Promise<LaunchedProgram> {
  await using log = await openRotatedLog(logFile);
  const started = await spawnDetached(process.execPath, [script, runtimeFolder], {
    subject,
    cwd: runtimeFolder, // a folder that nobody unmounts under it
    env: programEnvironment(),
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  const { child, ended, pid, pidStartTime } = started;
  const pipe = child.stdio[3] as Socket; // an untyped edge: the fourth `pipe` above makes it so
  pipe.on('error', () => undefined); // the process is gone, which is told otherwise
  try {
    await writeProcessFile(runtimeFolder, started);
  } catch (error) {
    await end(started);
    throw error;
  }
  pipe.write(GO);
  return {
    ...{ pid, pidStartTime, ended },
    ready: (options) => waitUntilReady(pipe, started, { subject, logFile }, options),
    end: () => end(started),
  };
}

async function end(started: DetachedProcess): Promise<void> {
  await killProcess(started, 'SIGKILL');
  await awaitEnd(started);
}

async function waitUntilReady(
  pipe: Socket,
  started: DetachedProcess,
  { subject, logFile }: { subject: string; logFile: string },
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const report = await readLine(pipe, AbortSignal.any([timeout, signal]));
  if (report === READY) return;
  if (signal.aborted) throw new InnError('CANCELLED', 'The start was cancelled.');
  if (timeout.aborted) {
    const message = `${subject} was not ready within ${timeoutMs / 1000} seconds.`;
    throw new InnError('ENGINE_TIMEOUT', message, { hint: 'The host may be overloaded; try again.' });
  }
  throw readFailure(report) ?? (await describeEarlyEnd(started, { subject, logFile }));
}

/**
 * The first line of the pipe, or what there was of it when it ended or was given up. The pipe stays open, as its end tells
 * the process that this program is gone; the process closes it when it stands on its own.
 */
function readLine(pipe: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      pipe.off('data', take).off('close', finish);
      pipe.resume().unref();
      resolve(text.split('\n', 1)[0] ?? '');
    };
    const take = (chunk: string): void => {
      text += chunk;
      if (chunk.includes('\n') || text.length > MAX_REPORT_LENGTH) finish();
    };
    pipe.setEncoding('utf8').on('data', take).once('close', finish);
    if (signal.aborted || pipe.destroyed) finish();
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
