import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDuring } from '../../../shared/machine-state.ts';
import { type MachineConfig, MachineId } from '../../../shared/model/machine.ts';
import { MediumId } from '../../../shared/model/medium.ts';
import type { CloneKind } from '../../../shared/model/snapshot.ts';
import { nameInUse } from '../../db/machine-table.ts';
import type { ChangeEvent } from '../../events.ts';
import { openChain } from '../../media/formats/backing-chain.ts';
import { convertImage } from '../../media/formats/convert.ts';
import type { TaskHandle } from '../../tasks/task-service.ts';
import { copyBoardSafely, snapshotBoard } from '../board-files.ts';
import { boardFolderOf, newBoardFolder } from '../board-folder.ts';
import { macAddressFrom, parseConfig } from '../machine-config.ts';
import { DISKS_FOLDER, deleteFolder, makeFolderAside, putInPlace } from '../machine-folder.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { chainOf } from './merge-disks.ts';
import {
  disksInto,
  disksOf,
  makeFolder,
  makeOverlays,
  OVERLAY_FORMAT,
  type Overlay,
  removeFiles,
  SNAPSHOTS_FOLDER,
  withDisks,
} from './overlays.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { filesOf, keepBoard, newSnapshot, snapshotFolder, storeSnapshot } from './take-snapshot.ts';

export interface CloneRequest {
  name: string;
  kind: CloneKind;
  /** By default the machine's present state. */
  snapshot: SnapshotRecord | undefined;
}

/**
 * Makes another machine with the same hardware and contents, new ids and new MAC addresses; wholly or not at all: it is
 * made in a folder aside, which gets its name in the transaction that stores it.
 * @throws InnError `NAME_IN_USE`, `INVALID_CONFIG`, `CANCELLED`, `DISK_FULL`, `FILE_NOT_FOUND`
 */
export async function cloneMachine(
  context: RunnerContext,
  source: MachineRecord,
  { name, kind, snapshot }: CloneRequest,
  interrupted: AbortSignal,
): Promise<MachineRecord> {
  const { deps } = context;
  const config = configOfClone(snapshot?.config ?? source.config, name);
  if (deps.table.byName(config.name)) throw nameInUse(config.name);
  const options = {
    title: `Cloning '${source.config.name}' as '${config.name}'`,
    machineId: source.id,
    canCancel: true,
  };
  return deps.tasks.run(options, async (task) => {
    const id = MachineId.parse(randomUUID());
    const aside = await makeFolderAside(deps.paths, id);
    try {
      const boardFolder = await copyBoardOf(context, source, snapshot, aside);
      const clone = { id, aside, config, boardFolder };
      const signal = AbortSignal.any([task.signal, interrupted]);
      if (kind === 'full') return await cloneFully(context, source, clone, task, signal);
      return await cloneLinked(context, source, clone, snapshot);
    } catch (error) {
      await deleteFolder(aside);
      throw error;
    }
  });
}

/** Clones the machine as it is now; a full clone keeps it from running meanwhile. @throws InnError as `cloneMachine` */
export async function clonePresent(
  context: RunnerContext,
  source: MachineRecord,
  request: CloneRequest,
  interrupted: AbortSignal,
): Promise<MachineRecord> {
  const { id, state: stateBefore, reason: reasonBefore, reasonDetail: detailBefore } = source;
  if (request.kind === 'linked') return cloneMachine(context, source, request, interrupted);
  const { journal, commit } = context.deps;
  commit(() => {
    journal.put(id, { kind: 'copy', stateBefore, reasonBefore, detailBefore });
    context.write(id, { state: stateDuring('clone', stateBefore) ?? stateBefore, reason: 'user' });
  });
  try {
    return await cloneMachine(context, source, request, interrupted);
  } finally {
    commit(() => {
      journal.delete(id);
      context.write(id, { state: stateBefore, reason: reasonBefore, detail: detailBefore });
    });
  }
}

interface Clone {
  id: MachineId;
  /** Where it is made. */
  aside: string;
  /** Its settings, with the disks of the source. */
  config: MachineConfig;
  boardFolder: string | null;
}

/**
 * A clone remembers what its source does, its TPM too: what the guest has sealed with it opens in the clone
 * (docs/decisions). Returns the folder's name.
 */
async function copyBoardOf(
  context: RunnerContext,
  source: MachineRecord,
  snapshot: SnapshotRecord | undefined,
  aside: string,
): Promise<string | null> {
  const from = snapshot
    ? join(snapshotFolder(context, source), snapshotBoard(snapshot.id))
    : boardFolderOf(context, source);
  if (from === null || !existsSync(from)) return null;
  const name = newBoardFolder();
  await copyBoardSafely(from, join(aside, name));
  return name;
}

/** @throws InnError `INVALID_CONFIG` for a name that cannot be */
function configOfClone(config: MachineConfig, name: string): MachineConfig {
  const adapters = config.adapters.map((adapter) => ({ ...adapter, macAddress: macAddressFrom(randomBytes(3)) }));
  // A floppy is written to, so it stays with the source; a disc may be in many machines.
  const storage = config.storage.map((controller) => ({
    ...controller,
    attachments: controller.attachments.map((drive) =>
      drive.kind === 'floppy' ? { ...drive, mediumId: null } : drive,
    ),
  }));
  return parseConfig({ ...config, name, adapters, storage, isTemplate: false });
}

async function cloneFully(
  context: RunnerContext,
  source: MachineRecord,
  clone: Clone,
  task: TaskHandle,
  signal: AbortSignal,
): Promise<MachineRecord> {
  const { deps } = context;
  const disks = disksOf(clone.config);
  const copies: Overlay[] = [];
  for (const [index, from] of disks.entries()) {
    const onProgress = (done: number, total: number) =>
      task.progress((index + done / Math.max(1, total)) / disks.length);
    copies.push({ from, record: await copyDisk(context, clone, from, { signal, onProgress }) });
    context.step('clone: disk copied');
  }
  signal.throwIfAborted(); // a copy may be done before it hears of it
  return putInPlace(deps.paths, clone.id, clone.aside, () =>
    deps.commit((publish) => {
      context.step('clone: in place');
      return storeClone(context, source, clone, copies, publish);
    }),
  );
}

/** A copy that stands alone: of a raw image a raw one, which costs nothing where the file system can share; else qcow2. */
async function copyDisk(
  context: RunnerContext,
  { id, aside }: Clone,
  from: MediumId,
  options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
) {
  const { deps } = context;
  const { sizeBytes, format: had } = await deps.media.resolve(from);
  const chain = await chainOf(context, from);
  const [top, ...backing] = chain;
  const isRaw = had === 'raw';
  const format = isRaw ? 'raw' : OVERLAY_FORMAT;
  const medium = MediumId.parse(randomUUID());
  const file = `${medium}.${isRaw ? 'img' : OVERLAY_FORMAT}`;
  const target = join(aside, DISKS_FOLDER, file);
  if (!isRaw || !(await copyByReference(top.path, target))) {
    const [next, ...rest] = backing;
    const openBacking = next && (() => openChain([next, ...rest], { isReadOnly: true }));
    await convertImage(top, { path: target, format }, { ...options, ...(openBacking ? { openBacking } : {}) });
  }
  const location = join(deps.paths.machineFolder(id), DISKS_FOLDER, file);
  const name = deps.media.record(from).name;
  return {
    ...deps.media.newRecord('disk', { location, format, virtualSizeBytes: sizeBytes, name, isOwned: true }),
    id: medium,
  };
}

/** Shares the file's blocks with the copy until one of them is written; false where the file system cannot. */
async function copyByReference(from: string, to: string): Promise<boolean> {
  return copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
}

/** Without a snapshot to build on, the source gets one in the same transaction. */
async function cloneLinked(
  context: RunnerContext,
  source: MachineRecord,
  clone: Clone,
  snapshot: SnapshotRecord | undefined,
): Promise<MachineRecord> {
  const { deps } = context;
  const { media, paths } = deps;
  const home = join(paths.machineFolder(clone.id), SNAPSHOTS_FOLDER);
  const folder = snapshotFolder(context, source);
  await makeFolder(folder);
  const draft = { name: `Linked base for '${clone.config.name}'`, description: '', withMemory: false };
  const base = snapshot ? undefined : newSnapshot(context, source, draft);
  const own = snapshot ? [] : await makeOverlays(media, disksOf(source.config), folder);
  try {
    if (base) await keepBoard(context, source, base.id);
    const overlays = await makeOverlays(media, disksOf(clone.config), join(clone.aside, SNAPSHOTS_FOLDER), home);
    context.step('clone: overlays made');
    return putInPlace(paths, clone.id, clone.aside, () =>
      deps.commit((publish) => {
        context.step('clone: in place');
        if (base) storeSnapshot(context, context.require(source.id), base, own, publish);
        return storeClone(context, source, clone, overlays, publish);
      }),
    );
  } catch (error) {
    await removeFiles([...own.map(({ record }) => record.location), ...(base ? filesOf(context, base) : [])]);
    throw error;
  }
}

function storeClone(
  { deps }: RunnerContext,
  source: MachineRecord,
  { id, config: sources, boardFolder }: Clone,
  disks: readonly Overlay[],
  publish: (event: ChangeEvent) => void,
): MachineRecord {
  for (const { record } of disks) deps.media.adopt(record);
  const config = withDisks(sources, disksInto(disks));
  const now = deps.now().toISOString();
  const record: MachineRecord = {
    ...source,
    ...{ id, config, revision: 1, state: 'PoweredOff', reason: 'created', reasonDetail: null, stateSince: now },
    position: 1 + Math.max(0, ...deps.table.list().map(({ position }) => position)),
    ...{ runtime: null, savedStateFile: null, warmStart: null, currentSnapshotId: null, isDisposable: false },
    boardFolder,
    createdAt: now,
  };
  deps.table.insert(record);
  publish({ kind: 'machineChanged', machine: deps.view(record) });
  deps.media.publishChanged(
    disks.flatMap(({ from, record: { id: copy } }) => [from, copy]),
    publish,
  );
  return record;
}
