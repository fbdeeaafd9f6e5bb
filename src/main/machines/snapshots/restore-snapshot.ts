import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import type { ChangeEvent } from '../../events.ts';
import { copyBoardSafely, snapshotBoard } from '../board-files.ts';
import { newBoardFolder } from '../board-folder.ts';
import { assertCan } from '../guard.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { newStateFile, writeSavedStateNote } from '../saved-state.ts';
import { copyFileQuickly } from './copy-file.ts';
import { disksInto, disksOf, makeFolder, makeOverlays, type Overlay, removeFiles, withDisks } from './overlays.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { snapshotFolder, switchDisks } from './take-snapshot.ts';

/**
 * Brings a machine at rest back to a snapshot: its disks go on in new overlays over those of the snapshot, its settings
 * are those of then, and with the snapshot's memory it is Saved. What it has now is given up. One transaction; files
 * without a record are swept at the next start.
 * @throws InnError `INVALID_STATE`, `INVALID_CONFIG` for a damaged snapshot, `DISK_FULL`, `FILE_NOT_FOUND`
 */
export async function restoreSnapshot(
  context: RunnerContext,
  record: MachineRecord,
  snapshot: SnapshotRecord,
): Promise<MachineRecord> {
  assertReadable(snapshot);
  const { deps } = context;
  const folder = snapshotFolder(context, record);
  await makeFolder(folder);
  const overlays = await makeOverlays(deps.media, disksOf(snapshot.config), folder);
  const made = overlays.map(({ record: { location } }) => location);
  try {
    context.step('restore: overlays made');
    const savedStateFile = await bringMemory(context, record, snapshot, made);
    const boardFolder = await bringBoard(context, record, snapshot);
    context.step('restore: memory there');
    const given = deps.commit((publish) => {
      const now = context.require(record.id);
      assertCan('restoreSnapshot', now);
      return storeRestored(context, now, snapshot, overlays, { savedStateFile, boardFolder }, publish);
    });
    context.step('restore: stored');
    await removeFiles(given);
    return context.require(record.id);
  } catch (error) {
    await removeFiles(made);
    throw error;
  }
}

function assertReadable({ isDamaged, name }: SnapshotRecord): void {
  if (!isDamaged) return;
  throw new InnError('INVALID_CONFIG', `The settings that snapshot '${name}' keeps are damaged.`, {
    hint: 'Restore another snapshot.',
  });
}

/** The snapshot's memory becomes the machine's saved state, for the overlays that it will have. */
async function bringMemory(
  { deps }: RunnerContext,
  { id }: MachineRecord,
  { stateFile, engine, config }: SnapshotRecord,
  overlays: readonly string[],
): Promise<string | null> {
  if (stateFile === null || engine === null) return null;
  const folder = deps.paths.machineFolder(id);
  const file = newStateFile('saved');
  await copyFileQuickly(join(folder, stateFile), join(folder, file));
  const below = await Promise.all(disksOf(config).map((disk) => deps.media.resolve(disk)));
  const chains = below.flatMap(({ path, backing }) => [path, ...backing.map((base) => base.path)]);
  await writeSavedStateNote(folder, file, engine, [...overlays, ...chains]);
  return file;
}

/** What the board remembered then becomes the machine's, in a folder of its own; null when it was nothing. */
async function bringBoard(
  context: RunnerContext,
  record: MachineRecord,
  { id }: SnapshotRecord,
): Promise<string | null> {
  const kept = join(snapshotFolder(context, record), snapshotBoard(id));
  if (!existsSync(kept)) return null;
  const boardFolder = newBoardFolder();
  await copyBoardSafely(kept, context.stateFile(record.id, boardFolder));
  return boardFolder;
}

/** Returns the files that nobody needs any more. */
function storeRestored(
  context: RunnerContext,
  machine: MachineRecord,
  snapshot: SnapshotRecord,
  overlays: readonly Overlay[],
  { savedStateFile, boardFolder }: Pick<MachineRecord, 'savedStateFile' | 'boardFolder'>,
  publish: (event: ChangeEvent) => void,
): string[] {
  const { deps } = context;
  const { id } = machine;
  const settings = withOwnIdentity(machine.config, withDisks(snapshot.config, disksInto(overlays)));
  for (const { record } of overlays) deps.media.adopt(record);
  const config = withFreeMedia(context, machine, settings);
  switchDisks(context, machine, overlays, config, publish, snapshot.id);
  const discarded = discardDisks(context, disksOf(machine.config), publish);
  deps.table.update(id, { warmStart: null, boardFolder });
  const state = savedStateFile === null ? 'PoweredOff' : 'Saved';
  context.write(id, { state, reason: 'snapshotRestored', savedStateFile });
  const states = [machine.savedStateFile, machine.warmStart?.file ?? null].flatMap((file) => file ?? []);
  const files = [
    ...states.flatMap((file) => [file, `${file}.json`]),
    ...(machine.boardFolder === null ? [] : [machine.boardFolder]),
  ];
  return [...discarded, ...files.map((file) => context.stateFile(id, file))];
}

/** What says which machine it is stays; a snapshot is of its hardware and contents. */
function withOwnIdentity({ name, description, group, isTemplate }: MachineConfig, then: MachineConfig): MachineConfig {
  return { ...then, name, description, group, isTemplate };
}

/** Drives whose disc or floppy is gone, or in use elsewhere by now, come back empty. */
function withFreeMedia({ deps }: RunnerContext, { id }: MachineRecord, config: MachineConfig): MachineConfig {
  const taken = new Set(deps.media.problemsOf(config, id).map(({ field }) => field));
  const storage = config.storage.map((controller, index) => ({
    ...controller,
    attachments: controller.attachments.map((drive, place) =>
      drive.kind !== 'disk' && taken.has(`storage.${index}.attachments.${place}.mediumId`)
        ? { ...drive, mediumId: null }
        : drive,
    ),
  }));
  return { ...config, storage };
}

/** Forgets the overlays that nothing builds on and nobody keeps; disks that stand alone stay. Returns their files. */
export function discardDisks(
  { deps: { media } }: RunnerContext,
  disks: readonly MediumId[],
  publish: (event: ChangeEvent) => void,
): string[] {
  return disks.flatMap((id) => {
    const { parentId, location } = media.record(id);
    const isNeeded = media.isKept(id) || media.machinesOf(id).length > 0 || media.childrenOf(id).length > 0;
    if (parentId === null || isNeeded) return [];
    media.forget([id], publish);
    return [location];
  });
}
