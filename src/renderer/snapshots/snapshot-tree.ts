import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Snapshot, SnapshotId } from '../../shared/model/snapshot.ts';
import { hasSameSettings } from './config-differences.ts';

/** A line of the tree: a snapshot, or the machine as it is now. */
export type SnapshotRow =
  | { kind: 'snapshot'; key: SnapshotId; depth: number; snapshot: Snapshot }
  | { kind: 'current'; key: 'current'; depth: number; isChanged: boolean };

export type SnapshotRowKey = SnapshotRow['key'];

/**
 * The tree from top to bottom: each snapshot before those that build on it, older branches first, and the current state
 * after the branches of the snapshot that it stands on. A snapshot whose parent is not known is shown as a root.
 */
export function snapshotRows(machine: Machine, snapshots: readonly Snapshot[]): SnapshotRow[] {
  const known = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const parentOf = (id: SnapshotId | null) => (id !== null && known.has(id) ? id : null);
  const standsOn = parentOf(machine.currentSnapshotId);
  const rowsUnder = (parent: SnapshotId | null, depth: number): SnapshotRow[] => {
    const children = snapshots.filter((each) => parentOf(each.parentId) === parent);
    const rows = children
      .sort(byAge)
      .flatMap((snapshot): SnapshotRow[] => [
        { kind: 'snapshot', key: snapshot.id, depth, snapshot },
        ...rowsUnder(snapshot.id, depth + 1),
      ]);
    if (parent !== standsOn) return rows;
    const from = parent === null ? undefined : known.get(parent);
    return [...rows, { kind: 'current', key: 'current', depth, isChanged: isChangedSince(machine, from) }];
  };
  return rowsUnder(null, 0);
}

function byAge(a: Snapshot, b: Snapshot): number {
  return a.takenAt.localeCompare(b.takenAt);
}

/** Reasons for a state that leave the machine as its snapshot has it. */
const UNCHANGED = new Set<Machine['reason']>(['snapshotTaken', 'snapshotRestored', 'snapshotFailed', 'created']);

/**
 * Whether the machine may differ from the snapshot that it stands on: it runs, it ran since, or its settings are others.
 * Errs on the side of "changed": nobody must believe that nothing can be lost when something can.
 */
export function isChangedSince(machine: Machine, snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return false;
  if (isOnline(machine.state) || !hasSameSettings(machine.config, snapshot.config)) return true;
  return machine.stateSince > snapshot.takenAt && !UNCHANGED.has(machine.reason);
}

/** `Snapshot 1`, `Snapshot 2`, …: the first that no snapshot of the machine has. */
export function nextSnapshotName(snapshots: readonly Snapshot[]): string {
  const taken = new Set(snapshots.map(({ name }) => name));
  let number = snapshots.length + 1;
  while (taken.has(`Snapshot ${number}`)) number += 1;
  return `Snapshot ${number}`;
}
