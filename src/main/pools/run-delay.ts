import { readdirSync, readFileSync } from 'node:fs';

/**
 * Time that the threads of a process have waited for a processor since they began, in seconds: the second number of
 * `/proc/<pid>/task/<tid>/schedstat`, in nanoseconds (the kernel's scheduler/sched-stats.rst). Being stopped is not
 * waiting. Undefined where the system does not tell, or the process is gone.
 */
export function readWaitedSeconds(pid: number): number | undefined {
  try {
    const folder = `/proc/${pid}/task`;
    const waited = readdirSync(folder).map((tid) => {
      const [, nanoseconds = '0'] = readFileSync(`${folder}/${tid}/schedstat`, 'latin1').split(' ');
      return Number(nanoseconds);
    });
    return waited.reduce((sum, each) => sum + each, 0) / 1e9;
  } catch {
    return undefined; // No such system, or a thread ended meanwhile: the next reading tells.
  }
}

/** How long processes wait for a processor, as rates. Costs some file reads per process: ask only when it matters. */
export class WaitRates {
  #before = new Map<number, { waited: number; atMs: number }>();

  /** Processors that each process would have used beside what it got, since the last call; 0 at its first. */
  read(pids: readonly number[]): number[] {
    const before = this.#before;
    this.#before = new Map();
    return pids.map((pid) => {
      const waited = readWaitedSeconds(pid);
      if (waited === undefined) return 0;
      const atMs = performance.now();
      this.#before.set(pid, { waited, atMs });
      const earlier = before.get(pid);
      if (!earlier || atMs <= earlier.atMs) return 0;
      return Math.max(0, waited - earlier.waited) / ((atMs - earlier.atMs) / 1000);
    });
  }
}
