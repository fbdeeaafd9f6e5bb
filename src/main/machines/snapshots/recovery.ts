import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toErrorReport } from '../../../shared/errors.ts';
import { can, isRest, stateDuring } from '../../../shared/machine-state.ts';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { Session } from '../../engines/engine.ts';
import { snapshotBoard } from '../board-files.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { hasStateFile } from '../saved-state.ts';
import { resolveDrive } from '../start/start-spec.ts';
import { hasMerges, mergeAll } from './delete-snapshot.ts';
import { isDisposableFile } from './disposable.ts';
import type { TakeOperation } from './operation-record.ts';
import { removeFiles } from './overlays.ts';
import { finishTake } from './take-online.ts';
import { filesOf, inSnapshots, snapshotFolder } from './take-snapshot.ts';
import { undoTake } from './undo-take.ts';

/** Machines at work that no process knows of get their state of before. Call it before processes are taken back. */
export function recoverRestStates(context: RunnerContext): void {
  const { table, journal, commit } = context.deps;
  for (const { id, state } of table.list()) {
    const operation = journal.get(id);
    if (operation === undefined || operation.kind === 'take' || isRest(state)) continue;
    if (!isRest(operation.stateBefore)) continue; // its engine knows
    const { kind, stateBefore, reasonBefore: reason, detailBefore: detail } = operation;
    commit(() => {
      if (kind === 'copy') journal.delete(id);
      context.write(id, { state: stateBefore, reason, detail });
    });
  }
}

/**
 * Brings a snapshot to its end that was cut off while the machine was on; before anything else is done with its process.
 * | phase | the process | what becomes of it |
 * |---|---|---|
 * | prepared | lives | undone; the guest, if it ran before, goes on |
 * | switching | lives | the disks are switched now; then as switched |
 * | switched | | whole when the memory is written, or was not wanted; else undone, with the disks in the overlays |
 * | any | is gone | whole when everything is there, else undone |
 */
export async function recoverTake(
  context: RunnerContext,
  record: MachineRecord,
  session: Session | undefined,
): Promise<void> {
  const operation = context.deps.journal.get(record.id);
  if (operation?.kind !== 'take') return;
  const isLost = session !== undefined && !(await recoverOnEngine(context, record, session, operation));
  if (await isWhole(context, record, operation)) finishTake(context, record.id, operation);
  else undoTake(context, record.id, operation, session === undefined || isLost);
}

/** After the switch, a snapshot without memory lacks nothing but its record. */
async function isWhole({ deps }: RunnerContext, { id }: MachineRecord, operation: TakeOperation): Promise<boolean> {
  if (operation.phase !== 'switched') return false;
  return operation.stateFile === null || hasStateFile(deps.paths.machineFolder(id), operation.stateFile);
}

/**
 * The engine's disks are brought to where the settings say; what is there already stays. An engine that does not do it is
 * ended: its guest would write where the settings no longer look. Returns whether it lives.
 */
async function recoverOnEngine(
  context: RunnerContext,
  record: MachineRecord,
  session: Session,
  operation: TakeOperation,
): Promise<boolean> {
  try {
    await switchOnEngine(context, record, session, operation);
    return true;
  } catch (error) {
    context.deps.log.error(
      { machine: record.id, error: toErrorReport(error) },
      'A snapshot could not be brought to its end',
    );
    if (operation.phase === 'switching') await session.powerOff();
    return operation.phase !== 'switching';
  }
}

/** Changes `operation.phase`. */
async function switchOnEngine(
  context: RunnerContext,
  record: MachineRecord,
  session: Session,
  operation: TakeOperation,
): Promise<void> {
  const { id } = record;
  const status = await session.status();
  const stands = status.state === 'Paused' && status.reason === 'user';
  if (operation.phase === 'switching' && stands) {
    const drives = await overlaidDrives(context, context.require(id), operation);
    const signal = new AbortController().signal;
    await session.takeSnapshot({
      stateFile: null,
      drives,
      onStill: () => undefined,
      onSwitched: () => undefined,
      signal,
    });
  }
  if (operation.phase === 'switching') {
    operation.phase = 'switched';
    context.deps.journal.put(id, operation);
  }
  if (stands && operation.stateBefore === 'Running') await session.resume();
}

async function overlaidDrives({ deps }: RunnerContext, { config }: MachineRecord, { disks }: TakeOperation) {
  const slots = config.storage.flatMap((controller) => controller.attachments.map((each) => ({ controller, each })));
  const overlaid = slots.filter(({ each }) => disks.some(({ to }) => to === each.mediumId));
  return Promise.all(overlaid.map(({ controller, each }) => resolveDrive(deps.media, controller, each)));
}

/** Goes on with merges that were cut off, or were not possible until now; as tasks, before anything else is done. */
export async function resumeMerges(context: RunnerContext): Promise<void> {
  for (const { id } of context.deps.table.list()) {
    if (context.queue.isIdle(id)) await resumeMergesOf(context, id);
    // It is still being taken back: what is due is known after that.
    else void context.queue.run(id, () => context.tidy(id, () => resumeMergesOf(context, id)));
  }
}

/** As `resumeMerges`, of one machine, whether it is on or at rest. Never rejects. */
export async function resumeMergesOf(context: RunnerContext, id: MachineId): Promise<void> {
  const { deps } = context;
  const record = deps.table.get(id);
  if (!record || record.isDisposable || !can('deleteSnapshot', record.state)) return;
  const isCutOff = deps.journal.get(id)?.kind === 'merge';
  if (!isCutOff && !(await hasMerges(context, id).catch(() => false))) return;
  void context.queue.run(id, (signal) => context.tidy(id, () => mergeNow(context, id, signal)));
}

async function mergeNow(context: RunnerContext, id: MachineId, interrupted: AbortSignal): Promise<void> {
  const { deps } = context;
  const { state, reason, reasonDetail: detailBefore, config } = context.require(id);
  const live = context.sessions.get(id);
  if (!can('deleteSnapshot', state) || isRest(state) !== (live === undefined)) return;
  deps.commit(() => {
    deps.journal.put(id, { kind: 'merge', stateBefore: state, reasonBefore: reason, detailBefore, onEngine: null });
    context.write(id, { state: stateDuring('deleteSnapshot', state) ?? state, reason: 'user' });
  });
  const title = `Merging the disks of deleted snapshots of '${config.name}'`;
  const options = { title, machineId: id, canCancel: true };
  await deps.tasks.run(options, (task) => mergeAll(context, id, task, interrupted, live));
}

/**
 * Deletes what stands in the snapshots' folders without a record: leftovers of work that was cut off.
 * @param pending machines that are not taken back yet: what belongs to them is not known
 */
export async function sweepSnapshotFolders(context: RunnerContext, pending: ReadonlySet<MachineId>): Promise<void> {
  const known = knownFiles(context);
  for (const { id } of context.deps.table.list()) {
    if (pending.has(id)) continue;
    const folder = snapshotFolder(context, { id });
    const names = await readdir(folder).catch(() => []);
    if (names.every((name) => known.has(join(folder, name)))) continue;
    // Asked anew: a machine that was pending a moment ago may have got the record of its snapshot meanwhile.
    await removeFiles(straysOf(context, id, names).map((name) => join(folder, name)));
  }
}

/** The files in the snapshots' folders that records tell of. */
function knownFiles(context: RunnerContext): ReadonlySet<string> {
  const { media, snapshots } = context.deps;
  const images = media.records().map(({ location }) => location);
  return new Set([...images, ...snapshots.list().flatMap((snapshot) => filesOf(context, snapshot))]);
}

function straysOf(context: RunnerContext, id: MachineId, names: readonly string[]): string[] {
  const record = context.deps.table.get(id);
  if (!record) return [];
  const known = knownFiles(context);
  const isRunning = !isRest(record.state);
  return names.filter(
    (name) =>
      !known.has(join(snapshotFolder(context, record), name)) &&
      !(isRunning && (record.isDisposable ? isDisposableFile(name) : isWritten(context, record, name))),
  );
}

/** The memory of a snapshot may still be on its way. */
function isWritten({ deps }: RunnerContext, { id }: MachineRecord, name: string): boolean {
  const operation = deps.journal.get(id);
  if (operation?.kind !== 'take') return false;
  return operation.stateFile === inSnapshots(name) || snapshotBoard(operation.snapshotId) === name;
}
