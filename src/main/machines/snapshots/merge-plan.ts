/** A disk image that is kept only because others build on it, and what is known about it. */
export interface HiddenImage {
  /** It stands alone: nothing is below it. */
  isRoot: boolean;
  /** It can be written, and is as large for the guest as its child. */
  canTakeChild: boolean;
  /** The child can be written. */
  canGiveToChild: boolean;
  /** Bytes that it takes on the host's disk. */
  bytes: number;
  childBytes: number;
  children: number;
}

/**
 * What becomes of a hidden image.
 * - `keep`: several build on it, or nothing can be done.
 * - `drop`: nothing builds on it.
 * - `down`: the child's data go into it, and the child takes its file.
 * - `up`: its data go into the child, where the child has none of its own.
 * - `flatten`: the child becomes a new image that stands alone.
 */
export type Merge = 'keep' | 'drop' | 'down' | 'up' | 'flatten';

/** Chooses the way that copies least. Pure. */
export function planMerge(image: HiddenImage): Merge {
  const { isRoot, children, canTakeChild, canGiveToChild, bytes, childBytes } = image;
  if (children === 0) return isRoot ? 'keep' : 'drop';
  if (children > 1) return 'keep';
  if (isRoot) return canTakeChild ? 'down' : 'flatten';
  if (canTakeChild && canGiveToChild) return bytes < childBytes ? 'up' : 'down';
  return canTakeChild ? 'down' : canGiveToChild ? 'up' : 'keep';
}

/** Bytes that the merge copies. */
export function bytesToCopy(merge: Merge, { bytes, childBytes }: HiddenImage): number {
  switch (merge) {
    case 'down':
      return childBytes;
    case 'up':
      return bytes;
    case 'flatten':
      return bytes + childBytes;
    default:
      return 0;
  }
}
