import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process as it is written down: a pid alone may have been given to another program since. */
export interface ProcessIdentity {
  pid: number;
  pidStartTime: string;
}

/**
 * The start time of a process as the system tells it, or undefined when there is no such process (or it has ended and
 * only waits to be reaped). On Linux clock ticks since boot, with the id of that boot: proc(5), `/proc/pid/stat`
 * field 22. Elsewhere the text of ps(1).
 */
export async function readStartTime(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? readFromProc(pid) : readFromPs(pid);
}

/** Whether the process that was written down still runs. */
export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  return (await readStartTime(identity.pid)) === identity.pidStartTime;
}

/** As `isSameProcess`, but what cannot be known at the moment (too many open files, …) counts as alive. Never rejects. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  try {
    return await isSameProcess(identity);
  } catch {
    return true;
  }
}

/** Signals the process, unless it is gone already: the pid may belong to a stranger by now. */
export async function killProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

/** Whether the promise settles in that time. */
export async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    const settled = promise.then(
      () => true,
      () => true,
    );
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readFromProc(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything, brackets too; behind the last one stand state (field 3) and the rest.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' || startTime === undefined ? undefined : `${await readBootId()}/${startTime}`;
  } catch (error) {
    if (isNoSuchProcess(error)) return undefined;
    throw error;
  }
}

let bootId: string | undefined;

async function readBootId(): Promise<string> {
  bootId ??= (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim().slice(0, 8);
  return bootId;
}

async function readFromPs(pid: number): Promise<string | undefined> {
  try {
    const options = { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options);
    const [state = 'Z', ...startTime] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : startTime.join(' ');
  } catch {
    return undefined; // ps ends with status 1 when there is no such process
  }
}

function isNoSuchProcess(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH'; // ESRCH: it ended between open and read
}
