import { InnError } from '../../shared/errors.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { SnapshotTable } from '../db/snapshot-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { MediumService } from '../media/medium-service.ts';
import { assertCan } from './guard.ts';
import { deleteFolder, filesIn, type MachinePlaces, moveToTrash } from './machine-folder.ts';
import type { MachineRecord } from './machine-record.ts';

export interface RemoveMachineDeps {
  table: MachineTable;
  media: MediumService;
  snapshots: SnapshotTable;
  commit: Commit;
  paths: MachinePlaces;
}

/**
 * Forgets a machine at rest, and deletes its folder when `deletesFiles`. Files outside of the folder, such as discs, are
 * never touched. The folder is renamed before anything is forgotten, and deleted after; what its runs have left goes with it.
 * @returns the files that were deleted, as absolute paths.
 * @throws InnError `INVALID_STATE`, `MEDIUM_IN_USE`, `FILE_NOT_ACCESSIBLE`
 */
export async function removeMachine(
  deps: RemoveMachineDeps,
  record: MachineRecord,
  deletesFiles: boolean,
): Promise<{ id: MachineId; deletedFiles: string[] }> {
  const { id } = record;
  assertCan('remove', record);
  if (!deletesFiles) {
    forget(deps, record, false);
    await deleteFolder(deps.paths.machineRuntimeFolder(id));
    return { id, deletedFiles: [] };
  }
  const deletedFiles = await filesIn(deps.paths.machineFolder(id));
  assertCan('remove', deps.table.get(id) ?? record); // It may have been started while its files were listed.
  assertMediaAreFree(deps, record);
  const trash = moveToTrash(deps.paths, id, () => forget(deps, record, true));
  await deleteFolder(trash);
  await deleteFolder(deps.paths.machineRuntimeFolder(id));
  return { id, deletedFiles };
}

function forget(
  { table, media, snapshots, commit, paths }: RemoveMachineDeps,
  record: MachineRecord,
  withMedia: boolean,
): void {
  const owned = withMedia ? media.ownedIn(paths.machineFolder(record.id)).map(({ id }) => id) : [];
  const attached = media.mediaOf(record.id);
  const kept = snapshots.ofMachine(record.id);
  commit((publish) => {
    table.delete(record.id);
    for (const { id } of kept) publish({ kind: 'snapshotRemoved', id });
    publish({ kind: 'machineRemoved', id: record.id });
    media.forget(owned, publish);
    media.publishChanged(attached, publish);
  });
}

function assertMediaAreFree({ media, paths }: RemoveMachineDeps, { id, config }: MachineRecord): void {
  for (const medium of media.ownedIn(paths.machineFolder(id))) {
    const other = media.usersOf(medium.id).find((machine) => machine.id !== id);
    if (!other) continue;
    throw new InnError(
      'MEDIUM_IN_USE',
      `Cannot delete the files of '${config.name}' because '${other.name}' uses '${medium.name}'.`,
      { hint: `Detach it from '${other.name}' first, or keep the files.`, details: { mediumId: medium.id } },
    );
  }
}
