import { childIndex, type DiskMerge, imagesAfter, imagesOf } from '../disk-merge.ts';
import type { QmpCaller } from '../qmp/link.ts';
import type { QmpMergeRequest } from '../qmp-dialect.ts';
import { abandonJob, awaitJob, JOB_ID } from './block-job.ts';
import { driveId } from './drive-id.ts';
import { filesInDrive, nodeInDrive, nodeOfFile, removeNode, removeUnusedNodes } from './drive-nodes.ts';

/**
 * Merges two images of a disk by a block job (QMP reference, `block-commit`, `block-stream`). Only when the image that is
 * written goes does the guest stand still, for the moment in which its disk goes over to the other one.
 * @throws InnError as `Session.mergeDisk`
 */
export async function mergeDisk(engine: QmpCaller, request: QmpMergeRequest): Promise<void> {
  const isTop = childIndex(request) === 0;
  const gone = await nodeOfFile(engine, request.way === 'down' ? request.child : request.hidden);
  await beginJob(engine, request);
  if (request.way === 'down' && isTop) {
    await awaitJob(engine, request, true);
    let failure: unknown;
    await request.still(async () => {
      failure = await completeJob(engine, request);
      if (failure === undefined) request.onMerged();
    });
    if (failure !== undefined) throw failure;
  } else {
    await awaitJob(engine, request, false);
    request.onMerged();
  }
  await removeNode(engine, gone); // where it has a name of its own, it stays open until it is told to go
}

async function beginJob(engine: QmpCaller, request: QmpMergeRequest): Promise<void> {
  const { way, child, hidden, drive } = request;
  const common = { 'job-id': JOB_ID, 'auto-dismiss': false };
  const [childNode, hiddenNode] = [await nodeOfFile(engine, child), await nodeOfFile(engine, hidden)];
  if (way === 'up') {
    const below = imagesOf(request)[childIndex(request) + 2];
    const base = below && { 'base-node': await nodeOfFile(engine, below.path), 'backing-file': below.path };
    await engine.execute('block-stream', { ...common, device: childNode, ...base });
    return;
  }
  const top = await nodeInDrive(engine, driveId(drive));
  const range = top === childNode ? {} : { 'top-node': childNode, 'backing-file': hidden };
  await engine.execute('block-commit', { ...common, device: top, 'base-node': hiddenNode, ...range });
}

/** Returns why it failed; the disk is as it was then. */
async function completeJob(engine: QmpCaller, request: QmpMergeRequest): Promise<unknown> {
  try {
    await engine.execute('job-complete', { id: JOB_ID });
    await awaitJob(engine, { ...request, signal: new AbortController().signal }, false);
    return undefined;
  } catch (error) {
    return (await isMerged(engine, request)) ? undefined : error;
  }
}

/** @see Session.settleMerge */
export async function settleMerge(engine: QmpCaller, merge: DiskMerge): Promise<boolean> {
  await abandonJob(engine);
  return isMerged(engine, merge);
}

/** @see Session.finishMerge; the disk is without the image that went since the job has ended, but it may still be open */
export async function finishMerge(engine: QmpCaller): Promise<void> {
  await removeUnusedNodes(engine);
}

async function isMerged(engine: QmpCaller, merge: DiskMerge): Promise<boolean> {
  const files = await filesInDrive(engine, driveId(merge.drive));
  const wanted = imagesAfter(merge);
  return files.length === wanted.length && wanted.every(({ path }, index) => files[index] === path);
}
