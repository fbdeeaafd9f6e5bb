import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MachineId } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import type { ChainLink } from '../../media/formats/backing-chain.ts';
import { openChain } from '../../media/formats/backing-chain.ts';
import { convertImage } from '../../media/formats/convert.ts';
import type { CopyOptions } from '../../media/formats/copy-image.ts';
import { WRITABLE_FORMATS } from '../../media/formats/formats.ts';
import type { MediumRecord } from '../../media/medium-record.ts';
import { type Chain, mergeDown, mergeUp } from '../../media/merge-images.ts';
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

/** The next merge of disks that only this machine needs, or undefined when none is left. */
export async function nextMerge(context: RunnerContext, id: MachineId): Promise<MergeStep | undefined> {
  for (const hidden of hiddenOf(context, id)) {
    const [child] = context.deps.media.childrenOf(hidden.id);
    const image = await describeImage(context, hidden.id);
    const merge = planMerge(image);
    if (merge !== 'keep') return { hidden, merge, child, image };
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
 * @throws InnError `CANCELLED`, `DISK_FULL`, `IMAGE_INVALID`, and as `openImage`
 */
export async function mergeHidden(context: RunnerContext, id: MachineId, options: CopyOptions): Promise<void> {
  for (let step = await nextMerge(context, id); step; step = await nextMerge(context, id)) {
    const { hidden, merge, child } = step;
    if (merge === 'drop' || !child) {
      context.deps.commit((publish) => context.deps.media.forget([hidden.id], publish));
      await removeFiles([hidden.location]);
    } else {
      await mergeInto(context, { ...step, child }, options);
    }
  }
}

async function mergeInto(
  context: RunnerContext,
  { hidden, merge, child }: MergeStep & { child: MediumRecord },
  options: CopyOptions,
): Promise<void> {
  const { media, commit } = context.deps;
  const base = await chainOf(context, hidden.id);
  const own: ChainLink = { path: child.location, format: child.format };
  let place: Pick<MediumRecord, 'location' | 'format' | 'isOwned' | 'parentId'>;
  const { parentId } = hidden;
  if (merge === 'down') {
    await mergeDown(own, base, options);
    place = { location: hidden.location, format: hidden.format, isOwned: hidden.isOwned, parentId };
  } else if (merge === 'up') {
    await mergeUp([own, ...base], options);
    place = { location: child.location, format: child.format, isOwned: child.isOwned, parentId };
  } else {
    const location = join(dirname(child.location), `${randomUUID()}.${OVERLAY_FORMAT}`);
    const openBacking = () => openChain(base, { isReadOnly: true });
    await convertImage(own, { path: location, format: OVERLAY_FORMAT }, { ...options, openBacking });
    place = { location, format: OVERLAY_FORMAT, isOwned: true, parentId: null };
  }
  context.step(`merge: copied ${merge}`);
  // A base that is only read, and now by nobody, is an ordinary medium again.
  const isKept = merge === 'flatten';
  commit((publish) => {
    if (isKept) media.amend(hidden.id, { isHidden: false }, publish);
    else media.forget([hidden.id], publish);
    media.amend(child.id, place, publish);
  });
  context.step('merge: stored');
  if (merge !== 'up') await removeFiles([child.location]);
  else if (hidden.isOwned) await removeFiles([hidden.location]);
}

/** The image of a medium, then what it builds on, by the records. */
export async function chainOf({ deps: { media } }: RunnerContext, id: MediumId): Promise<Chain> {
  const { path, format, backing } = await media.resolve(id);
  return [{ path, format }, ...backing];
}
