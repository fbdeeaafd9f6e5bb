import { setTimeout as sleep } from 'node:timers/promises';
import { InnError, isErrorCode } from '../../../shared/errors.ts';
import { type DiskMerge, mergeCancelled } from '../disk-merge.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';
import type { QmpMergeRequest } from '../qmp-dialect.ts';
import { driveId } from './drive-id.ts';

const POLL_MS = 20;
/** Closing and opening images, and a cancelled copy of one chunk. */
const TURN_TIMEOUT_MS = 60_000;

/** @see Session.mergeDisk */
export async function mergeDisk(engine: QmpCaller, request: QmpMergeRequest): Promise<void> {
  const { drive, child, hidden, way, signal } = request;
  const merge: DiskMerge = { drive, child, hidden, way };
  await engine.execute('__org.innkeeper_merge-start', { id: driveId(drive), merge }, { timeoutMs: TURN_TIMEOUT_MS });
  for (;;) {
    const { status, done, total, error } = await queryMerge(engine);
    if (status === 'ready') break;
    if (signal.aborted && status !== 'failed') {
      await engine.execute('__org.innkeeper_merge-cancel', {}, { timeoutMs: TURN_TIMEOUT_MS });
      if ((await queryMerge(engine)).status === 'ready') break;
      throw mergeCancelled();
    }
    if (status !== 'copying') throw failureOf(error);
    request.onProgress(done, total);
    await sleep(POLL_MS);
  }
  request.onMerged();
  await finishMerge(engine);
}

/** @see Session.settleMerge; a merge that is ready stays so: the guest writes into both images */
export async function settleMerge(engine: QmpCaller, merge: DiskMerge): Promise<boolean> {
  await engine.execute('__org.innkeeper_merge-cancel', {}, { timeoutMs: TURN_TIMEOUT_MS });
  const { status, child, hidden } = await queryMerge(engine);
  const isThisOne = child === merge.child && hidden === merge.hidden;
  return isThisOne && (status === 'ready' || status === 'finished');
}

/** @see Session.finishMerge */
export async function finishMerge(engine: QmpCaller): Promise<void> {
  await engine.execute('__org.innkeeper_merge-finish', {}, { timeoutMs: TURN_TIMEOUT_MS });
}

async function queryMerge(engine: QmpCaller) {
  const answer = await engine.execute('__org.innkeeper_query-merge');
  const { status, done, total, error, child, hidden } = isRecord(answer) ? answer : {};
  const bytes = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return { status: String(status), done: bytes(done), total: bytes(total), error, child, hidden };
}

function failureOf(error: unknown): InnError {
  const { code, message } = isRecord(error) ? error : {};
  const why = typeof message === 'string' ? message : 'the machine process gave no reason.';
  return new InnError(isErrorCode(code) ? code : 'ENGINE_FAILED', `The disks could not be merged: ${why}`, {
    ...(code === 'DISK_FULL' && { hint: 'Make room; the merge goes on at the next start of the program.' }),
  });
}
