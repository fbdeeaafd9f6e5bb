import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import type { ChangeEvent } from '../../events.ts';
import type { ChainLink } from '../../media/formats/backing-chain.ts';
import { openChain } from '../../media/formats/backing-chain.ts';
import { convertImage } from '../../media/formats/convert.ts';
import type { CopyOptions } from '../../media/formats/copy-image.ts';
import { WRITABLE_FORMATS } from '../../media/formats/formats.ts';
import { type Chain, mergeDown, mergeUp } from '../../media/formats/merge-images.ts';
import type { MediumRecord } from '../../media/medium-record.ts';
import type { RunnerContext } from '../runner-context.ts';
import { type HiddenImage, type Merge, planMerge } from './merge-plan.ts';
import { OVERLAY_FORMAT, removeFiles } from './overlays.ts';

export interface MergeStep {
  hidden: MediumRecord;
  merge: Exclude<Merge, 'keep'>;
  child: MediumRecord | undefined;
  image: HiddenImage;
}

/** For estimates of time: what a slow disk manages. */
export const COPY_BYTES_PER_SECOND = 100 * 1024 ** 2;

/**
 * The next merge of disks that only this machine needs, or undefined when none is left.
 * @param canDo false for those that have to wait
 */
export async function nextMerge(
  context: RunnerContext,
  id: MachineId,
  canDo: (step: MergeStep) => boolean = () => true,
): Promise<MergeStep | undefined> {
  for (const hidden of hiddenOf(context, id)) {
    const [child] = context.deps.media.childrenOf(hidden.id);
    const image = await describeImage(context, hidden.id);
    const merge = planMerge(image);
    if (merge === 'keep') continue;
    const step = { hidden, merge, child, image };
    if (canDo(step)) return step;
  }
  return undefined;
}

/** Hidden media that no other machine needs. */
export function hiddenOf({ deps: { media, paths } }: RunnerContext, id: MachineId): MediumRecord[] {
  const home = paths.machineFolder(id);
  return media.records().filter((record) => {
    if (!record.isHidden) return false;
    const users = media.usersOf(record.id);
    return users.length === 0 ? record.location.startsWith(home) : users.every((user) => user.id === id);
  });
}

/** The image as it is, or would be, hidden. */
export async function describeImage({ deps: { media } }: RunnerContext, id: MediumId): Promise<HiddenImage> {
  const hidden = media.record(id);
  const [child] = media.childrenOf(id);
  const isWritable = ({ format }: MediumRecord) => WRITABLE_FORMATS.includes(format);
  const [own, childs] = await Promise.all([media.resolve(id), child && media.resolve(child.id)]);
  return {
    isRoot: hidden.parentId === null,
    canTakeChild: isWritable(hidden) && !own.isReadOnly && own.sizeBytes === childs?.sizeBytes,
    canGiveToChild: child !== undefined && isWritable(child),
    bytes: await allocated(hidden.location),
    childBytes: child ? await allocated(child.location) : 0,
    children: media.childrenOf(id).length,
  };
}

export async function allocated(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
}

/**
 * Merges what only this machine needs, until nothing is left. Each merge leaves all contents as they are at every moment
 * and ends with a transaction, so it can be cut off anywhere and done again. The machine must be at rest.
 * @throws InnError `CANCELLED`, `DISK_FULL`, `IMAGE_INVALID`, `MEDIUM_IN_USE`, and as `openImage`
 */
export async function mergeHidden(context: RunnerContext, id: MachineId, options: CopyOptions): Promise<void> {
  for (let step = await nextMerge(context, id); step; step = await nextMerge(context, id)) {
    await mergeStep(context, step, options);
  }
}

/** One merge of images that no engine uses. */
export async function mergeStep(context: RunnerContext, step: MergeStep, options: CopyOptions): Promise<void> {
  const { hidden, merge, child } = step;
  if (merge === 'drop' || !child) {
    context.deps.commit((publish) => context.deps.media.forget([hidden.id], publish));
    await removeFiles([hidden.location]);
    return;
  }
  const base = await chainOf(context, hidden.id);
  await whileHeld(context, [hidden, child], () => mergeInto(context, { ...step, child }, base, options));
}

/** Nobody else may copy, compact or attach them meanwhile. @throws InnError `MEDIUM_IN_USE` */
export function whileHeld<T>(
  { deps: { media } }: RunnerContext,
  disks: readonly MediumRecord[],
  work: () => Promise<T>,
): Promise<T> {
  const needs = disks.map(({ id, name }) => ({ id, name, isAlone: true }));
  return media.locks.hold(needs, 'being merged', work);
}

type Place = Pick<MediumRecord, 'location' | 'format' | 'isOwned' | 'parentId'>;
type MergePair = Pick<MergeStep, 'hidden' | 'merge'> & { child: MediumRecord };

async function mergeInto(context: RunnerContext, pair: MergePair, base: Chain, options: CopyOptions): Promise<void> {
  const { hidden, merge, child } = pair;
  const own: ChainLink = { path: child.location, format: child.format };
  let place = placeAfter(pair);
  if (merge === 'down') await mergeDown(own, base, options);
  else if (merge === 'up') await mergeUp([own, ...base], options);
  else {
    const location = join(dirname(child.location), `${randomUUID()}.${OVERLAY_FORMAT}`);
    const openBacking = () => openChain(base, { isReadOnly: true });
    await convertImage(own, { path: location, format: OVERLAY_FORMAT }, { ...options, openBacking });
    place = { location, format: OVERLAY_FORMAT, isOwned: true, parentId: null };
  }
  context.step(`merge: copied ${merge}`);
  // A base that is only read, and now by nobody, is an ordinary medium again.
  const isKept = merge === 'flatten';
  context.deps.commit((publish) => {
    if (isKept) context.deps.media.amend(hidden.id, { isHidden: false }, publish);
    storeMerged(context, pair, place, publish);
  });
  context.step('merge: stored');
  await removeMerged(pair);
}

/** Where the child stands when the two are one. */
export function placeAfter({ hidden, merge, child }: MergePair): Place {
  const { location, format, isOwned } = merge === 'down' ? hidden : child;
  return { location, format, isOwned, parentId: hidden.parentId };
}

/** Stores that the two are one, within the caller's commit. */
export function storeMerged(
  { deps: { media } }: RunnerContext,
  { hidden, merge, child }: MergePair,
  place: Place,
  publish: (event: ChangeEvent) => void,
): void {
  if (merge !== 'flatten') media.forget([hidden.id], publish);
  media.amend(child.id, place, publish);
}

/** Deletes the file that nobody needs any more. */
export async function removeMerged({ hidden, merge, child }: MergePair): Promise<void> {
  if (merge !== 'up') await removeFiles([child.location]);
  else if (hidden.isOwned) await removeFiles([hidden.location]);
}

/** The image of a medium, then what it builds on, by the records. */
export async function chainOf({ deps: { media } }: RunnerContext, id: MediumId): Promise<Chain> {
  const { path, format, backing } = await media.resolve(id);
  return [{ path, format }, ...backing];
}
