import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Logger, pino } from 'pino';

export type Log = Logger;
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** Above this size the log of the run before is moved aside, so that two files are kept at most. */
const ROTATE_BYTES = 5_000_000;

/** The program's log, as JSON lines in `<logs>/innkeeper.log`. `silent`, for tests, opens no file. */
export function createLog(paths: { logs: string }, level: LogLevel = 'info'): Log {
  if (level === 'silent') return pino({ level });
  const file = join(paths.logs, 'innkeeper.log');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_BYTES) renameSync(file, `${file}.1`);
  // Written at once: the last lines before a crash are the ones that matter, and there are few.
  return pino({ level, base: { pid: process.pid } }, pino.destination({ dest: file, sync: true, mode: 0o600 }));
}
