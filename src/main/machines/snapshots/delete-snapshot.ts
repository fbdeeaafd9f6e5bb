import { InnError } from '../../../shared/errors.ts';
import { stateDuring } from '../../../shared/machine-state.ts';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import type { ChangeEvent } from '../../events.ts';
import type { TaskHandle } from '../../tasks/task-service.ts';
import type { LiveSession } from '../live-session.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { hideUnnamed } from './hidden-media.ts';
import { hiddenOf, mergeHidden, nextMerge } from './merge-disks.ts';
import { mergeOnline } from './merge-online.ts';
import { disksOf, removeFiles } from './overlays.ts';
import { reNoteSavedState } from './saved-note.ts';
import { type SnapshotRecord, toSnapshot } from './snapshot-record.ts';
import { filesOf } from './take-snapshot.ts';

/**
 * Forgets a snapshot in one transaction, then merges its disks with what builds on them. A merge that is cut off goes on
 * at the next start; one that fails leaves more files than needed, and every content as it is.
 * @param live the session of a machine that is on: its engine merges what it uses, and the guest goes on meanwhile
 * @throws InnError `MEDIUM_IN_USE` when linked clones build on it; `CANCELLED`, `DISK_FULL` when the merge ended early
 */
export async function deleteSnapshot(
  context: RunnerContext,
  record: MachineRecord,
  snapshot: SnapshotRecord,
  interrupted: AbortSignal,
  live?: LiveSession,
): Promise<void> {
  const { deps } = context;
  assertNoClones(context, record, snapshot);
  const { state: stateBefore, reason: reasonBefore, reasonDetail: detailBefore } = record;
  deps.commit((publish) => {
    forgetSnapshot(context, record, snapshot, publish);
    deps.journal.put(record.id, { kind: 'merge', stateBefore, reasonBefore, detailBefore, onEngine: null });
    context.write(record.id, { state: stateDuring('deleteSnapshot', stateBefore) ?? stateBefore, reason: 'user' });
  });
  context.step('delete: forgotten');
  await removeFiles(filesOf(context, snapshot));
  const title = `Merging the disks of snapshot '${snapshot.name}' of '${record.config.name}'`;
  const options = { title, machineId: record.id, canCancel: true };
  await deps.tasks.run(options, (task) => mergeAll(context, record.id, task, interrupted, live));
}

/** Merges, and gives the machine its state of before, however the merge ends. */
export async function mergeAll(
  context: RunnerContext,
  id: MachineId,
  task: TaskHandle,
  interrupted: AbortSignal,
  live?: LiveSession,
): Promise<void> {
  const signal = AbortSignal.any([task.signal, interrupted]);
  const onProgress = (done: number, total: number): void => task.progress(total > 0 ? done / total : null);
  try {
    if (live) await mergeOnline(context, live, { signal, onProgress });
    else await mergeHidden(context, id, { signal, onProgress });
    context.step('delete: merged');
  } finally {
    if (live?.exit || (live && interrupted.aborted))
      context.deps.journal.delete(id); // its end, or who ends it, tells more
    else await endMerge(context, id);
  }
}

/** What the merge changed of the disks, it did not change for the guest: a saved state still fits. */
export async function endMerge(context: RunnerContext, id: MachineId): Promise<void> {
  const { deps } = context;
  const operation = deps.journal.get(id);
  if (operation?.kind !== 'merge') return;
  const { stateBefore: state, reasonBefore: reason, detailBefore: detail } = operation;
  await context.tidy(id, () => reNoteSavedState(context, { ...context.require(id), state }, []));
  deps.commit(() => {
    deps.journal.delete(id);
    context.write(id, { state, reason, detail });
  });
}

/** Takes the snapshot out of the tree: its children have its parent. Within the caller's commit. */
export function forgetSnapshot(
  context: RunnerContext,
  { id, currentSnapshotId }: MachineRecord,
  snapshot: SnapshotRecord,
  publish: (event: ChangeEvent) => void,
): void {
  const { deps } = context;
  const { parentId } = snapshot;
  const children = deps.snapshots.ofMachine(id).filter((each) => each.parentId === snapshot.id);
  for (const child of children) {
    deps.snapshots.update(child.id, { parentId });
    publish({ kind: 'snapshotChanged', snapshot: toSnapshot({ ...child, parentId }) });
  }
  if (currentSnapshotId === snapshot.id) {
    const after = deps.table.update(id, { currentSnapshotId: parentId });
    publish({ kind: 'machineChanged', machine: deps.view(after) });
  }
  deps.snapshots.delete(snapshot.id);
  publish({ kind: 'snapshotRemoved', id: snapshot.id });
  hideUnnamed(context, disksOf(snapshot.config), publish);
}

/** @throws InnError `MEDIUM_IN_USE` */
export function assertNoClones(context: RunnerContext, record: MachineRecord, snapshot: SnapshotRecord): void {
  const clones = clonesOf(context, record.id, disksOf(snapshot.config));
  if (clones.length === 0) return;
  const list = clones.map((name) => `'${name}'`).join(', ');
  throw new InnError(
    'MEDIUM_IN_USE',
    `Cannot delete snapshot '${snapshot.name}' of '${record.config.name}' because linked clones build on it: ${list}.`,
    { hint: 'Remove these machines first, or clone them fully.', details: { snapshot: snapshot.id, machines: clones } },
  );
}

/** The other machines that build on the disks directly, not by way of another disk that this machine names. */
export function clonesOf(
  { deps: { media, snapshots } }: RunnerContext,
  own: MachineId,
  disks: readonly MediumId[],
): string[] {
  const kept = new Set(snapshots.ofMachine(own).flatMap(({ config }) => disksOf(config)));
  const below = (id: MediumId): string[] =>
    media.childrenOf(id).flatMap((child) => {
      if (kept.has(child.id) || media.machinesOf(child.id).some((machine) => machine.id === own)) return [];
      const users = media.usersOf(child.id).filter((machine) => machine.id !== own);
      return users.map(({ name }) => name);
    });
  return [...new Set(disks.flatMap(below))];
}

/** Whether merges are due that an earlier operation could not do. */
export async function hasMerges(context: RunnerContext, id: MachineId): Promise<boolean> {
  return hiddenOf(context, id).length > 0 && (await nextMerge(context, id)) !== undefined;
}
