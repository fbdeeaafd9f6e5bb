import { stat } from 'node:fs/promises';
import type { MediumFormat } from '../../../shared/model/medium.ts';
import { fileError } from '../../file-error.ts';
import type { BlockDevice } from './block-device.ts';
import { openImage } from './formats.ts';
import { damagedImage } from './image-format.ts';

/** One image of a chain, as the program's own records name it. */
export interface ChainLink {
  path: string;
  format: MediumFormat;
}

/** More than any tree of snapshots that a person keeps, and few enough to open. */
export const MAX_CHAIN_LENGTH = 64;

/** The link that an image builds on, found in the caller's records; undefined when it is not allowed. */
export type LocateBacking = (
  child: ChainLink,
  reference: string,
  format: MediumFormat | null,
) => ChainLink | undefined | Promise<ChainLink | undefined>;

/**
 * Opens an image whose chain is known from its top to its base. What the images say about their backing images is ignored;
 * only the top is opened for writing.
 * @throws InnError as `openImage`; `IMAGE_INVALID` when an image builds on another and the list ends before, when the list
 * is longer than 64 links, or names a file twice.
 */
export function openChain(
  links: readonly [ChainLink, ...ChainLink[]],
  options: { isReadOnly: boolean },
): Promise<BlockDevice> {
  const next = new Map(links.map((link, index) => [link, links[index + 1]]));
  return openImageWithBacking(links[0], { ...options, locate: (child) => next.get(child) });
}

/**
 * Opens an image and what it builds on, each located by the caller.
 * @throws InnError as `openImage`; `IMAGE_INVALID` for a chain that is longer than 64 links, or comes back to itself.
 */
export function openImageWithBacking(
  link: ChainLink,
  options: { isReadOnly: boolean; locate: LocateBacking },
): Promise<BlockDevice> {
  return openLink(link, options.isReadOnly, options.locate, []);
}

async function openLink(
  link: ChainLink,
  isReadOnly: boolean,
  locate: LocateBacking,
  above: readonly string[],
): Promise<BlockDevice> {
  const identity = await fileIdentity(link.path);
  if (above.includes(identity)) throw damagedImage(link.path, 'it builds on itself', 'Restore it from a backup.');
  if (above.length >= MAX_CHAIN_LENGTH) {
    throw damagedImage(link.path, `more than ${MAX_CHAIN_LENGTH} images build on each other`, 'Merge some snapshots.');
  }
  return openImage(link.path, link.format, {
    isReadOnly,
    openBacking: async (reference, format) => {
      const backing = await locate(link, reference, format);
      if (backing) return openLink(backing, true, locate, [...above, identity]);
      const why = `it builds on another image ('${reference}') that is not known`;
      throw damagedImage(link.path, why, 'Add the image that it builds on first.');
    },
  });
}

/** The same for all names of a file. */
async function fileIdentity(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (cause) {
    throw fileError(path, cause);
  }
}
