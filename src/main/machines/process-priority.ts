import { readdir, readFile, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../shared/errors.ts';
import type { Resources } from '../../shared/model/resources.ts';
import type { RuntimeRecord } from '../engines/engine.ts';
import { isSameProcess } from '../processes/process-identity.ts';

type Priority = Resources['priority'];

/** Nice values (nice(2)); on Windows Node makes classes of them. */
const NICE: Record<Priority, number> = {
  low: constants.priority.PRIORITY_BELOW_NORMAL,
  normal: constants.priority.PRIORITY_NORMAL,
  high: constants.priority.PRIORITY_ABOVE_NORMAL,
};

const AUTOGROUP_TRIES = 10;
/** The kernel takes one change in a tenth of a second from users without privileges (sched(7), "The autogroup feature"). */
const AUTOGROUP_PAUSE_MS = 110;

/**
 * Gives a machine's process its priority among all programs of the host: every thread of it, as Linux counts threads on
 * their own, and its autogroup, which otherwise shields it. Raising a priority, also back to normal, needs a permission.
 * @throws InnError `NOT_SUPPORTED` without that permission
 */
export async function setProcessPriority(runtime: RuntimeRecord, priority: Priority): Promise<void> {
  if (!(await isSameProcess(runtime))) return; // it has ended, or is none of the system's
  const nice = NICE[priority];
  try {
    for (const thread of await threadsOf(runtime.pid)) setNice(thread, nice);
    await setAutogroup(runtime.pid, nice);
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new InnError('NOT_SUPPORTED', `The machine's process may not be given ${priority} priority by you.`, {
      hint:
        priority === 'high'
          ? 'Raising a priority needs a permission: have your limit for nice set to -7 or less (limits.conf(5)).'
          : 'A priority can be lowered while the machine runs, but raised only at its next start.',
      details: { pid: runtime.pid, priority },
      cause,
    });
  }
}

/** A thread that has ended meanwhile needs none. */
function setNice(thread: number, nice: number): void {
  try {
    setPriority(thread, nice);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function threadsOf(pid: number): Promise<number[]> {
  const names = process.platform === 'linux' ? await readdir(`/proc/${pid}/task`).catch(() => []) : [];
  return names.length > 0 ? names.map(Number) : [pid];
}

async function setAutogroup(pid: number, nice: number): Promise<void> {
  const file = `/proc/${pid}/autogroup`;
  for (let tries = 1; ; tries += 1) {
    try {
      if (!(await readFile(file, 'utf8')).includes('nice')) return;
      return await writeFile(file, String(nice));
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || tries === AUTOGROUP_TRIES) {
        if (isRefusal(error)) throw error;
        return; // no such feature here, or the process is gone
      }
    }
    await sleep(AUTOGROUP_PAUSE_MS);
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR' && 'info' in error
    ? (error.info as { code?: unknown }).code
    : (error as { code?: unknown }).code;

const isRefusal = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(String(codeOf(error)));
