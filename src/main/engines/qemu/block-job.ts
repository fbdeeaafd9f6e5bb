import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';

const POLL_MS = 10;

/** One job at a time works on the disks of a machine; a program that comes later knows it by this name. */
export const JOB_ID = 'innkeeper-merge';

/** A job as `query-jobs` tells of it (QMP reference, "JobInfo"). */
interface Job {
  status: string;
  doneBytes: number;
  totalBytes: number;
  error: string | undefined;
}

export interface JobWatch {
  onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Aborted, the job is given up. */
  signal: AbortSignal;
}

async function queryJob(engine: QmpCaller): Promise<Job | undefined> {
  const jobs = await engine.execute('query-jobs');
  const job = Array.isArray(jobs) ? jobs.find((each) => isRecord(each) && each.id === JOB_ID) : undefined;
  if (!isRecord(job)) return undefined;
  const bytes = (name: string): number => (typeof job[name] === 'number' ? job[name] : 0);
  return {
    status: String(job.status),
    doneBytes: bytes('current-progress'),
    totalBytes: bytes('total-progress'),
    error: typeof job.error === 'string' ? job.error : undefined,
  };
}

/**
 * Waits until the job is `ready` to be completed, or `concluded`: then it is forgotten.
 * @param isReadyEnough false: only its end counts
 * @throws InnError `CANCELLED` when it was given up, `DISK_FULL` and `ENGINE_FAILED` with QEMU's reason
 */
export async function awaitJob(
  engine: QmpCaller,
  { onProgress, signal }: JobWatch,
  isReadyEnough: boolean,
): Promise<'ready' | 'concluded'> {
  let isCancelling = false;
  for (;;) {
    const job = await queryJob(engine);
    if (job === undefined) throw new InnError('ENGINE_FAILED', 'QEMU has lost the job that merges the disks.');
    if (job.status === 'concluded') {
      await engine.execute('job-dismiss', { id: JOB_ID });
      if (job.error !== undefined) throw jobFailed(job.error, isCancelling);
      return 'concluded';
    }
    if (signal.aborted && !isCancelling) {
      isCancelling = true;
      await engine.execute('job-cancel', { id: JOB_ID }).catch(() => undefined); // it has just ended
    }
    if (!isCancelling) onProgress(job.doneBytes, job.totalBytes);
    if (job.status === 'ready' && isReadyEnough && !isCancelling) return 'ready';
    await sleep(POLL_MS);
  }
}

/** Gives up a job that is under way, whoever began it, and waits until nothing of it is left. */
export async function abandonJob(engine: QmpCaller): Promise<void> {
  for (let isCancelled = false; ; ) {
    const job = await queryJob(engine);
    if (job === undefined) return;
    if (job.status === 'concluded') {
      await engine.execute('job-dismiss', { id: JOB_ID });
      return;
    }
    if (!isCancelled) await engine.execute('job-cancel', { id: JOB_ID }).catch(() => undefined);
    isCancelled = true;
    await sleep(POLL_MS);
  }
}

function jobFailed(reason: string, isCancelling: boolean): InnError {
  if (isCancelling) return new InnError('CANCELLED', 'Merging the disks was cancelled; the machine goes on.');
  const isFull = /no space left|quota exceeded|file too large/i.test(reason);
  return new InnError(isFull ? 'DISK_FULL' : 'ENGINE_FAILED', `QEMU could not merge the disks: ${reason}.`, {
    hint: isFull ? 'Make room; the merge goes on at the next start of the program.' : 'The machine goes on as it was.',
    details: { reason },
  });
}
