import type { MachineId } from '../../../shared/model/machine.ts';
import { type DiskMerge, imagesOf } from '../../engines/disk-merge.ts';
import type { Session } from '../../engines/engine.ts';
import type { ResolvedDrive } from '../../engines/start-spec.ts';
import type { MediumRecord } from '../../media/medium-record.ts';
import type { LiveSession } from '../live-session.ts';
import type { RunnerContext } from '../runner-context.ts';
import { resolveDrive } from '../start/start-spec.ts';
import {
  type MergeStep,
  mergeStep,
  nextMerge,
  placeAfter,
  removeMerged,
  storeMerged,
  whileHeld,
} from './merge-disks.ts';
import type { EngineMerge, MergeOperation } from './operation-record.ts';

export interface OnlineMergeOptions {
  signal: AbortSignal;
  onProgress: (doneBytes: number, totalBytes: number) => void;
}

type Pair = Pick<MergeStep, 'hidden' | 'merge'> & { child: MediumRecord };

/**
 * Merges what only this machine needs while it is on: its engine those images that it uses, the program all others. What
 * can be done only at rest, waits for it.
 * @throws InnError as `mergeHidden`; `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function mergeOnline(
  context: RunnerContext,
  live: LiveSession,
  options: OnlineMergeOptions,
): Promise<void> {
  const { machineId: id } = live;
  for (;;) {
    const drives = await drivesOf(context, id);
    const driveOf = ({ hidden }: MergeStep) => drives.find((drive) => uses(drive, hidden.location));
    const step = await nextMerge(context, id, (each) => each.merge !== 'flatten' || driveOf(each) === undefined);
    if (step === undefined) return;
    const { child, merge } = step;
    const drive = driveOf(step);
    if (drive === undefined || child === undefined) await mergeStep(context, step, options);
    else if (merge === 'down' || merge === 'up') await mergeOnEngine(context, live, { ...step, child }, drive, options);
  }
}

async function mergeOnEngine(
  context: RunnerContext,
  live: LiveSession,
  pair: Pair,
  drive: ResolvedDrive,
  { signal, onProgress }: OnlineMergeOptions,
): Promise<void> {
  const { hidden, child } = pair;
  const way = pair.merge === 'up' ? 'up' : 'down';
  noteOnEngine(context, live.machineId, { hidden: hidden.id, child: child.id, way });
  context.step('merge online: noted');
  let isLost = false;
  const onMerged = (): void => {
    context.step(`merge online: merged ${way}`);
    isLost = true; // unless it is stored
    storeOnline(context, live.machineId, pair);
    isLost = false;
    context.step('merge online: stored');
  };
  const request = { ...mergeOf(drive, pair), onMerged, onProgress, signal };
  try {
    await whileHeld(context, [hidden, child], () => live.call((session) => session.mergeDisk(request)));
  } catch (error) {
    // Its guest would write where the settings do not look. What it has written so far is in both places.
    if (isLost) await live.session.powerOff();
    throw error;
  }
  context.step('merge online: finished');
  await removeMerged(pair);
}

/**
 * Brings the merge that an engine was at to its end, when the program was killed meanwhile; before anything else is done
 * with the process. A guest that stood still for it goes on.
 * | killed | what becomes of it |
 * |---|---|
 * | while the engine merged | given up: the disk is as before, and the merge begins anew |
 * | when it was merged | stored, as below |
 * | when it was stored | the engine lets go of the image that went, and only then its file is deleted |
 */
export async function recoverOnlineMerge(
  context: RunnerContext,
  id: MachineId,
  session: Session | undefined,
): Promise<void> {
  const operation = context.deps.journal.get(id);
  if (operation?.kind !== 'merge' || session === undefined) return;
  const pair = pairOf(context, operation);
  const drive = pair && (await drivesOf(context, id)).find((each) => uses(each, pair.hidden.location));
  const merged = pair && drive && (await session.settleMerge(mergeOf(drive, pair))) ? pair : undefined;
  if (merged) storeOnline(context, id, merged);
  await session.finishMerge();
  if (merged) await removeMerged(merged);
  const status = await session.status();
  const stands = status.state === 'Paused' && status.reason === 'user';
  if (stands && operation.stateBefore === 'Running') await session.resume();
  context.deps.journal.delete(id);
}

/** Undefined when the merge is stored already. */
function pairOf({ deps: { media } }: RunnerContext, { onEngine }: MergeOperation): Pair | undefined {
  const records = media.records();
  const find = (id: string | undefined) => records.find((record) => record.id === id);
  const [hidden, child] = [find(onEngine?.hidden), find(onEngine?.child)];
  return onEngine && hidden && child ? { hidden, child, merge: onEngine.way } : undefined;
}

function mergeOf(drive: ResolvedDrive, { hidden, child, merge }: Pair): DiskMerge {
  return { drive, child: child.location, hidden: hidden.location, way: merge === 'up' ? 'up' : 'down' };
}

function storeOnline(context: RunnerContext, id: MachineId, pair: Pair): void {
  context.deps.commit((publish) => {
    storeMerged(context, pair, placeAfter(pair), publish);
    noteOnEngine(context, id, null);
  });
}

function noteOnEngine({ deps: { journal } }: RunnerContext, id: MachineId, onEngine: EngineMerge | null): void {
  const operation = journal.get(id);
  if (operation?.kind === 'merge') journal.put(id, { ...operation, onEngine });
}

async function drivesOf(context: RunnerContext, id: MachineId): Promise<ResolvedDrive[]> {
  const { config } = context.require(id);
  const slots = config.storage.flatMap((controller) => controller.attachments.map((each) => ({ controller, each })));
  const disks = slots.filter(({ each }) => each.kind === 'disk' && each.mediumId !== null);
  return Promise.all(disks.map(({ controller, each }) => resolveDrive(context.deps.media, controller, each)));
}

function uses(drive: ResolvedDrive, path: string): boolean {
  return imagesOf({ drive, child: '', hidden: '', way: 'down' }).some((image) => image.path === path);
}
