import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toErrorReport } from '../../../shared/errors.ts';
import { stateDuring } from '../../../shared/machine-state.ts';
import { withQuietFileSystems } from '../../engines/quiet-file-systems.ts';
import type { TaskHandle } from '../../tasks/task-service.ts';
import { copyBoard, snapshotBoard, syncBoard } from '../board-files.ts';
import { boardFolderOf } from '../board-folder.ts';
import { cancelled, type LiveSession } from '../live-session.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { resolveDrive } from '../start/start-spec.ts';
import type { TakeOperation } from './operation-record.ts';
import { disksInto, disksOf, makeFolder, makeOverlays, withDisks } from './overlays.ts';
import { reNoteSavedState } from './saved-note.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import {
  inSnapshots,
  insertSnapshot,
  newSnapshot,
  type SnapshotDraft,
  snapshotFolder,
  switchDisks,
} from './take-snapshot.ts';
import { type Taking, takeBack } from './undo-take.ts';

/**
 * Takes a snapshot of a machine that is on. The guest stands still from before its settings name the overlays until its
 * disks are in them: at every moment, what it wrote is where the settings say. Its memory is written while it runs on.
 * A failure leaves the machine as it was, or, after the switch, with the same content in more files.
 * @throws InnError `CANCELLED`, `DISK_FULL`, `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `NOT_SUPPORTED`
 */
export async function takeOnline(
  context: RunnerContext,
  live: LiveSession,
  record: MachineRecord,
  draft: SnapshotDraft,
  interrupted: AbortSignal,
): Promise<SnapshotRecord> {
  const { deps } = context;
  const folder = snapshotFolder(context, record);
  await makeFolder(folder);
  const operation = await beginOperation(context, live, record, draft);
  const taking: Taking = { context, live, operation, overlays: [] };
  const options = {
    title: `Taking snapshot '${draft.name}' of '${record.config.name}'`,
    machineId: record.id,
    canCancel: true,
  };
  try {
    deps.journal.put(record.id, operation);
    context.write(record.id, { state: stateDuring('takeSnapshot', record.state) ?? record.state, reason: 'user' });
    return await deps.tasks.run(options, async (task) => {
      taking.overlays = await makeOverlays(deps.media, disksOf(record.config), folder);
      const disks = taking.overlays.map(({ from, record: { id } }) => ({ from, to: id }));
      note(taking, { disks });
      await reNoteSavedState(
        context,
        record,
        taking.overlays.map(({ record: { location } }) => location),
      );
      context.step('takeOnline: overlays made');
      await runOnEngine(taking, task, AbortSignal.any([task.signal, interrupted]));
      return finish(taking);
    });
  } catch (error) {
    await takeBack(taking, interrupted, error);
    throw error;
  }
}

async function beginOperation(
  context: RunnerContext,
  live: LiveSession,
  record: MachineRecord,
  draft: SnapshotDraft,
): Promise<TakeOperation> {
  const { id: snapshotId, name, description, takenAt } = newSnapshot(context, record, draft);
  return {
    kind: 'take',
    ...{ stateBefore: record.state, reasonBefore: record.reason, detailBefore: record.reasonDetail },
    phase: 'prepared',
    ...{ snapshotId, name, description, takenAt },
    engine: live.session.runtime.engine,
    stateFile: draft.withMemory ? inSnapshots(`${snapshotId}.state`) : null,
    thumbnailFile: await takeThumbnail(context, live, record, inSnapshots(`${snapshotId}.png`)),
    disks: [],
    pausedMs: null,
  };
}

/** A snapshot is good without a picture, too. */
async function takeThumbnail(
  context: RunnerContext,
  live: LiveSession,
  { id }: MachineRecord,
  file: string,
): Promise<string | null> {
  try {
    const { png } = await live.call((session) => session.screenshot());
    await writeFile(join(context.deps.paths.machineFolder(id), file), png, { mode: 0o600 });
    return file;
  } catch (error) {
    context.deps.log.warn({ machine: id, error: toErrorReport(error) }, 'The snapshot has no picture');
    return null;
  }
}

async function runOnEngine({ context, live, ...taking }: Taking, task: TaskHandle, signal: AbortSignal): Promise<void> {
  const { deps } = context;
  const self = { context, live, ...taking };
  const drives = await overlayDrives(self);
  const { stateFile } = taking.operation;
  task.progress(null, 'Switching the disks');
  await live.call((session) =>
    withQuietFileSystems(session, (letGo) =>
      session.takeSnapshot({
        stateFile: stateFile === null ? null : join(deps.paths.machineFolder(live.machineId), stateFile),
        drives,
        onStill: () => {
          if (signal.aborted) throw cancelled();
          keepBoardNow(self);
          commitSwitch(self);
          context.step('takeOnline: settings switched');
        },
        onSwitched: (pausedMs) => {
          letGo();
          note(self, { phase: 'switched', pausedMs: taking.operation.stateBefore === 'Running' ? pausedMs : null });
          context.step('takeOnline: disks switched');
          task.progress(null, 'Writing the memory');
        },
        signal,
      }),
    ),
  );
  await syncBoard(boardCopy(self));
  context.step('takeOnline: state written');
}

const boardCopy = ({ context, live: { machineId: id }, operation }: Taking): string =>
  join(snapshotFolder(context, { id }), snapshotBoard(operation.snapshotId));

/** The guest stands still: what its board remembers is of the same moment as its disks. */
function keepBoardNow(taking: Taking): void {
  const { context, live } = taking;
  const board = boardFolderOf(context, context.require(live.machineId));
  if (board !== null) copyBoard(board, boardCopy(taking));
}

/** The drives of the disks, with their overlays as the media; nothing of it is stored yet. */
async function overlayDrives({ context, live, overlays }: Taking) {
  const { media } = context.deps;
  const { config } = context.require(live.machineId);
  const slots = config.storage.flatMap((controller) => controller.attachments.map((each) => ({ controller, each })));
  const drives = await Promise.all(
    slots
      .filter(({ each }) => each.kind === 'disk')
      .map(({ controller, each }) => resolveDrive(media, controller, each)),
  );
  return drives.flatMap((drive) => {
    const { medium } = drive;
    const overlay = overlays.find(({ from }) => from === medium?.id)?.record;
    if (!medium || !overlay) return [];
    const { path, format, sizeBytes, backing } = medium;
    const over = { id: overlay.id, path: overlay.location, format: overlay.format, sizeBytes, isReadOnly: false };
    return [{ ...drive, medium: { ...over, backing: [{ path, format }, ...backing] } }];
  });
}

/** Writes more of the operation down. The object is changed in place: it is what the failure looks at. */
function note({ context, live, operation }: Taking, change: Partial<TakeOperation>): void {
  Object.assign(operation, change);
  context.deps.journal.put(live.machineId, operation);
}

function commitSwitch(taking: Taking): void {
  const { context, live, overlays } = taking;
  context.deps.commit((publish) => {
    const machine = context.require(live.machineId);
    switchDisks(context, machine, overlays, withDisks(machine.config, disksInto(overlays)), publish);
    note(taking, { phase: 'switching' });
  });
}

/** The snapshot is whole: it gets its record, and the machine its state of before. */
function finish({ context, live, operation }: Taking): SnapshotRecord {
  return finishTake(context, live.machineId, operation);
}

/** Stores the snapshot of an operation whose files are whole. One transaction. */
export function finishTake(context: RunnerContext, id: MachineRecord['id'], operation: TakeOperation): SnapshotRecord {
  const { deps } = context;
  const { snapshotId, name, description, takenAt, engine, stateFile, thumbnailFile, pausedMs, disks } = operation;
  return deps.commit((publish) => {
    const machine = context.require(id);
    const config = withDisks(machine.config, new Map(disks.map(({ from, to }) => [to, from])));
    const snapshot = insertSnapshot(
      context,
      {
        ...{ id: snapshotId, machineId: id, parentId: machine.currentSnapshotId, name, description, takenAt, config },
        ...{ engine: stateFile === null ? null : engine, stateFile, thumbnailFile, pausedMs, isDamaged: false },
      },
      publish,
    );
    deps.table.update(id, { currentSnapshotId: snapshot.id });
    deps.journal.delete(id);
    if (machine.state === 'LiveSnapshotting' || machine.state === 'Snapshotting') {
      const { stateBefore: state } = operation;
      context.write(id, { state, reason: state === 'Running' ? 'snapshotTaken' : operation.reasonBefore });
    } else {
      publish({ kind: 'machineChanged', machine: deps.view(context.require(id)) });
    }
    return snapshot;
  });
}
