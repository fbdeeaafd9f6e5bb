import { statfs } from 'node:fs/promises';
import type { SnapshotCost } from '../../../shared/model/snapshot.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { allocated, COPY_BYTES_PER_SECOND, describeImage } from './merge-disks.ts';
import { bytesToCopy, type HiddenImage, planMerge } from './merge-plan.ts';
import { disksOf } from './overlays.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { filesOf } from './take-snapshot.ts';

/** What deleting the snapshot would take and give; nothing is changed. */
export async function costOf(
  context: RunnerContext,
  { id }: MachineRecord,
  snapshot: SnapshotRecord,
): Promise<SnapshotCost> {
  const { deps } = context;
  const elsewhere = deps.snapshots.ofMachine(id).filter((other) => other.id !== snapshot.id);
  const kept = new Set(elsewhere.flatMap(({ config }) => disksOf(config)));
  const freed = disksOf(snapshot.config).filter((disk) => !kept.has(disk) && deps.media.machinesOf(disk).length === 0);
  const images = await Promise.all(freed.map((disk) => describeImage(context, disk)));
  const merges = images.map((image) => ({ image, merge: planMerge(image) }));
  const toCopy = sum(merges.map(({ image, merge }) => bytesToCopy(merge, image)));
  const { bavail, bsize } = await statfs(deps.paths.machineFolder(id));
  const ownFiles = await Promise.all(filesOf(context, snapshot).map(allocated));
  return {
    bytesToCopy: toCopy,
    bytesNeeded: toCopy,
    bytesFree: bavail * bsize,
    bytesFreed: sum(ownFiles) + sum(merges.map(({ image, merge }) => bytesFreed(merge, image))),
    seconds: toCopy / COPY_BYTES_PER_SECOND,
    disksKept: merges.filter(({ merge }) => merge === 'keep').length,
  };
}

/** At least: what both have is there once afterwards, but how much that is only the merge can tell. */
function bytesFreed(merge: ReturnType<typeof planMerge>, { bytes }: HiddenImage): number {
  return merge === 'drop' ? bytes : 0;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
