import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { hasSavedState } from '../../../shared/machine-state.ts';
import { SnapshotId } from '../../../shared/model/snapshot.ts';
import type { ChangeEvent } from '../../events.ts';
import { copyBoardSafely, snapshotBoard } from '../board-files.ts';
import { boardFolderOf } from '../board-folder.ts';
import { assertCan } from '../guard.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { readSavedStateNote } from '../saved-state.ts';
import { copyFileQuickly } from './copy-file.ts';
import {
  disksInto,
  disksOf,
  makeFolder,
  makeOverlays,
  type Overlay,
  removeFiles,
  SNAPSHOTS_FOLDER,
  withDisks,
} from './overlays.ts';
import { reNoteSavedState } from './saved-note.ts';
import { type SnapshotRecord, toSnapshot } from './snapshot-record.ts';

type Publish = (event: ChangeEvent) => void;

export interface SnapshotDraft {
  name: string;
  description: string;
  /** Of a machine that is on: its memory, too. */
  withMemory: boolean;
}

/** A snapshot that stands in no table yet. */
export interface PendingSnapshot extends Omit<SnapshotRecord, 'parentId' | 'config'> {}

export const snapshotFolder = ({ deps }: RunnerContext, { id }: Pick<MachineRecord, 'id'>): string =>
  join(deps.paths.machineFolder(id), SNAPSHOTS_FOLDER);

/** Path of a file in the snapshots' folder, relative to the machine's. */
export const inSnapshots = (file: string): string => `${SNAPSHOTS_FOLDER}/${file}`;

export function newSnapshot(context: RunnerContext, record: MachineRecord, draft: SnapshotDraft): PendingSnapshot {
  const { name, description } = draft;
  return {
    id: SnapshotId.parse(randomUUID()),
    machineId: record.id,
    ...{ name, description },
    takenAt: context.deps.now().toISOString(),
    engine: null,
    stateFile: null,
    thumbnailFile: null,
    pausedMs: null,
    isDamaged: false,
  };
}

/**
 * Takes a snapshot of a machine at rest: its disks go on in empty overlays. A matter of milliseconds, and of one
 * transaction: files without a record are swept at the next start.
 * @throws InnError `INVALID_STATE`, `CONFLICT`, `DISK_FULL`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`
 */
export async function takeAtRest(
  context: RunnerContext,
  record: MachineRecord,
  draft: SnapshotDraft,
): Promise<SnapshotRecord> {
  const folder = snapshotFolder(context, record);
  await makeFolder(folder);
  const pending = await withSavedState(context, record, newSnapshot(context, record, draft));
  const overlays = await makeOverlays(context.deps.media, disksOf(record.config), folder).catch(async (error) => {
    await removeFiles(filesOf(context, pending));
    throw error;
  });
  try {
    await keepBoard(context, record, pending.id);
    context.step('take: overlays made');
    await reNoteSavedState(
      context,
      record,
      overlays.map(({ record: { location } }) => location),
    );
    return context.deps.commit((publish) => {
      const now = context.require(record.id);
      assertCan('takeSnapshot', now);
      return storeSnapshot(context, now, pending, overlays, publish);
    });
  } catch (error) {
    await removeFiles([...overlays.map(({ record: { location } }) => location), ...filesOf(context, pending)]);
    throw error;
  }
}

/** Copies what the board of a machine at rest remembers for its snapshot. @throws InnError as `copyBoard` */
export async function keepBoard(context: RunnerContext, record: MachineRecord, snapshot: SnapshotId): Promise<void> {
  const board = boardFolderOf(context, record);
  if (board !== null) await copyBoardSafely(board, join(snapshotFolder(context, record), snapshotBoard(snapshot)));
}

/** The files of a snapshot besides its disks. */
export function filesOf(
  { deps }: RunnerContext,
  { id, machineId, stateFile, thumbnailFile }: Pick<SnapshotRecord, 'id' | 'machineId' | 'stateFile' | 'thumbnailFile'>,
): string[] {
  const files = [stateFile, thumbnailFile, inSnapshots(snapshotBoard(id))].flatMap((file) => file ?? []);
  return files.map((file) => join(deps.paths.machineFolder(machineId), file));
}

/** Stores a snapshot of the machine as it is, and lets its disks go on in the overlays; within the caller's commit. */
export function storeSnapshot(
  context: RunnerContext,
  machine: MachineRecord,
  pending: PendingSnapshot,
  overlays: readonly Overlay[],
  publish: Publish,
): SnapshotRecord {
  const config = withDisks(machine.config, disksInto(overlays));
  const snapshot = insertSnapshot(
    context,
    { ...pending, parentId: machine.currentSnapshotId, config: machine.config },
    publish,
  );
  switchDisks(context, machine, overlays, config, publish, snapshot.id);
  return snapshot;
}

export function insertSnapshot({ deps }: RunnerContext, snapshot: SnapshotRecord, publish: Publish): SnapshotRecord {
  deps.snapshots.insert(snapshot);
  publish({ kind: 'snapshotChanged', snapshot: toSnapshot(snapshot) });
  return snapshot;
}

/** Lets the machine's settings name the overlays, within the caller's commit. */
export function switchDisks(
  { deps }: RunnerContext,
  machine: MachineRecord,
  overlays: readonly Overlay[],
  config: MachineRecord['config'],
  publish: Publish,
  currentSnapshotId: MachineRecord['currentSnapshotId'] = machine.currentSnapshotId,
): MachineRecord {
  for (const { record } of overlays) deps.media.adopt(record);
  const after = deps.table.update(machine.id, { config, revision: machine.revision + 1, currentSnapshotId });
  publish({ kind: 'machineChanged', machine: deps.view(after) });
  deps.media.publishChanged(
    overlays.flatMap(({ from, record }) => [from, record.id]),
    publish,
  );
  return after;
}

/** A snapshot of a saved machine has its saved state: a second name of the same file, which is never changed. */
async function withSavedState(
  context: RunnerContext,
  { id, config, state, savedStateFile }: MachineRecord,
  pending: PendingSnapshot,
): Promise<PendingSnapshot> {
  if (!hasSavedState(state) || savedStateFile === null) return pending;
  const folder = context.deps.paths.machineFolder(id);
  const note = await readSavedStateNote(folder, savedStateFile);
  if (!note) {
    throw new InnError('NOT_SUPPORTED', `Nothing is known about the saved state of '${config.name}'.`, {
      hint: 'Start the machine, and take the snapshot while it runs.',
    });
  }
  const stateFile = inSnapshots(`${pending.id}.state`);
  await copyFileQuickly(join(folder, savedStateFile), join(folder, stateFile));
  return { ...pending, stateFile, engine: note.engine };
}
