import { readdirSync, readFileSync } from 'node:fs';

/**
 * How long the threads of a process have waited for a processor that other programs had, in seconds since each began: what
 * a busy host keeps from it. A process that is stopped or sleeps does not wait (Linux, Documentation/scheduler/sched-stats).
 */
export function runDelaySeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1])
    .reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e9, 0);
}
