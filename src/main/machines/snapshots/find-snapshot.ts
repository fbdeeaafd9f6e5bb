import { InnError } from '../../../shared/errors.ts';
import { didYouMean } from '../near-names.ts';
import type { SnapshotRecord } from './snapshot-record.ts';

/**
 * The snapshot with this id or name.
 * @throws InnError `SNAPSHOT_NOT_FOUND`, with names that are near; `INVALID_INPUT` when several have the name
 */
export function findSnapshot(snapshots: readonly SnapshotRecord[], ref: string): SnapshotRecord {
  const byId = snapshots.find(({ id }) => id === ref);
  if (byId) return byId;
  const [found, ...others] = snapshots.filter(({ name }) => name.toLowerCase() === ref.trim().toLowerCase());
  if (found && others.length === 0) return found;
  const names = snapshots.map(({ name }) => name);
  if (found) {
    throw new InnError('INVALID_INPUT', `There are ${others.length + 1} snapshots named '${ref}'.`, {
      hint: 'Name it by its id.',
      details: { snapshot: ref, ids: [found, ...others].map(({ id }) => id) },
    });
  }
  throw new InnError('SNAPSHOT_NOT_FOUND', `There is no snapshot named '${ref}'.`, {
    hint:
      didYouMean(ref, names) ??
      (names.length === 0 ? 'The machine has no snapshots.' : 'List them to see their names.'),
    details: { snapshot: ref },
  });
}
