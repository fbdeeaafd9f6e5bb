import { InnError } from '../../shared/errors.ts';
import type { ResolvedDrive, ResolvedMedium } from './start-spec.ts';

type Image = ResolvedMedium['backing'][number];

/** Two images of a drive become one while the machine is on. */
export interface DiskMerge {
  /** As the settings have it before. */
  drive: ResolvedDrive;
  /** File of the upper image, be it the one that is written, or one below. */
  child: string;
  /** File of the image that it builds on. */
  hidden: string;
  /** `down`: the child's data go into the hidden image. `up`: the hidden image's go into the child. The other one goes. */
  way: 'down' | 'up';
}

export interface MergeRequest extends DiskMerge {
  /**
   * Called when the drive does without the one image, and at that moment either way of looking at its files shows the
   * same. Only when it returns does the guest write where the settings of before do not look.
   */
  onMerged: () => void;
  onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Aborted, it rejects as soon as it can; the drive is as before then. */
  signal: AbortSignal;
}

/** The images of the drive, from the one that is written to the one that stands alone. */
export function imagesOf({ drive: { medium } }: DiskMerge): Image[] {
  return medium === null ? [] : [{ path: medium.path, format: medium.format }, ...medium.backing];
}

/** The images of the drive when they are merged. */
export function imagesAfter(merge: DiskMerge): Image[] {
  const gone = merge.way === 'down' ? merge.child : merge.hidden;
  return imagesOf(merge).filter(({ path }) => path !== gone);
}

/** Where the child stands among the images; the hidden one is the next. @throws InnError `ENGINE_FAILED` */
export function childIndex(merge: DiskMerge): number {
  const images = imagesOf(merge);
  const index = images.findIndex(({ path }) => path === merge.child);
  if (index !== -1 && images[index + 1]?.path === merge.hidden) return index;
  throw new InnError('ENGINE_FAILED', `The disk does not use '${merge.child}' on top of '${merge.hidden}'.`);
}

export function mergeCancelled(): InnError {
  return new InnError('CANCELLED', 'Merging the disks was cancelled; the machine goes on.');
}
