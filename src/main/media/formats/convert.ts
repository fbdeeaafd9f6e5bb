import { rename, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { formatBytes, MIB } from '../../../shared/units.ts';
import { fileError } from '../../file-error.ts';
import { makeAside, moveWithoutOverwriting } from '../new-file.ts';
import type { ChainLink } from './backing-chain.ts';
import type { BlockDevice } from './block-device.ts';
import { type CopyOptions, copyImage, mergeImage } from './copy-image.ts';
import { imageFormat, openImage } from './formats.ts';
import { type ImageVariant, type OpenOptions, refusal } from './image-format.ts';

export interface ConvertOptions extends CopyOptions, Pick<OpenOptions, 'openBacking'> {
  /** Absent: the format's usual one. */
  variant?: ImageVariant;
}

/** Space that is left to the other users of the disk. */
const KEEP_FREE_BYTES = 64 * MIB;
const LOOK_EVERY_BYTES = 256 * MIB;

/**
 * Writes what the guest sees of an image, backing images included, into a new image that stands alone. It appears whole or
 * not at all. The source must not be written meanwhile.
 * @throws InnError `FILE_EXISTS`, `DISK_FULL`, `CANCELLED`, `NOT_SUPPORTED`, and as `openImage`.
 */
export async function convertImage(from: ChainLink, to: ChainLink, options: ConvertOptions = {}): Promise<void> {
  const { variant, openBacking } = options;
  const source = await openImage(from.path, from.format, { isReadOnly: true, ...(openBacking ? { openBacking } : {}) });
  try {
    await makeAside(to.path, async (aside) => {
      await fillNew({ path: aside, format: to.format }, source, variant, options);
      await moveWithoutOverwriting(aside, to.path);
    });
  } finally {
    await source.close();
  }
}

async function fillNew(
  to: ChainLink,
  source: BlockDevice,
  variant: ImageVariant | undefined,
  options: CopyOptions,
): Promise<void> {
  const format = imageFormat(to.format);
  if (variant === 'fixed') await assertFree(to.path, source.sizeBytes);
  const watched = watchSpace(to.path, options);
  if (variant === 'streamOptimized' && format.writeWhole) {
    await format.writeWhole(to.path, source, { variant, ...watched.options });
    return;
  }
  await format.create(to.path, { sizeBytes: source.sizeBytes, ...(variant === undefined ? {} : { variant }) });
  const target = await openImage(to.path, to.format, { isReadOnly: false });
  await fill(target, () => copyImage(source, target, watched.options));
}

/**
 * Writes the image anew without what is unused in it: clusters of zeros, of discarded data, leaks. The new file takes the
 * place of the old one at once. Nothing may have the image open.
 * @returns how much less space the file takes on its disk, in bytes; less than 0 when it takes more.
 * @throws InnError `NOT_SUPPORTED` for an image with internal snapshots, which would be lost; `DISK_FULL`, `CANCELLED`, and as
 * `openImage`.
 */
export async function compactImage(link: ChainLink, options: ConvertOptions = {}): Promise<number> {
  const { path } = link;
  const format = imageFormat(link.format);
  const info = await format.info(path);
  if (info.internalSnapshots > 0) {
    throw refusal('NOT_SUPPORTED', `'${path}' has snapshots inside, which would be lost.`, 'Delete them first.');
  }
  const { openBacking, variant = info.variant } = options;
  const resolver = openBacking ? { openBacking } : {};
  const source = await openImage(path, link.format, { isReadOnly: true, ...resolver });
  try {
    const before = await takenBytes(path);
    await makeAside(path, async (aside) => {
      const backing = backingOf(info.backingReference, info.backingFormat, source);
      await format.create(aside, { sizeBytes: source.sizeBytes, variant, ...(backing ? { backing } : {}) });
      const target = await openImage(aside, link.format, { isReadOnly: false, ...resolver });
      const copy = backing ? mergeImage : copyImage;
      await fill(target, () => copy(source, target, watchSpace(aside, options).options));
      await rename(aside, path);
    });
    return before - (await takenBytes(path));
  } finally {
    await source.close();
  }
}

function backingOf(reference: string | null, format: ChainLink['format'] | null, source: BlockDevice) {
  if (reference === null || !source.backing) return undefined;
  return { reference, format: format ?? 'raw', sizeBytes: source.backing.sizeBytes };
}

/** Copies, flushes and closes; closes too when it fails. */
async function fill(target: BlockDevice, copy: () => Promise<void>): Promise<void> {
  try {
    await copy();
    await target.flush();
  } finally {
    await target.close();
  }
}

async function takenBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** @throws InnError `DISK_FULL` when the disk of `path` has less than this free, and a little for the others. */
async function assertFree(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  if (free >= bytes + KEEP_FREE_BYTES) return;
  throw diskFull(path, `${formatBytes(bytes)} are needed and ${formatBytes(free)} are free`);
}

function diskFull(path: string, why: string): InnError {
  const folder = dirname(path);
  return new InnError('DISK_FULL', `The image does not fit on the disk of '${folder}': ${why}.`, {
    hint: `Free some space on the disk of '${folder}', or choose another folder.`,
    details: { path },
  });
}

/** Ends the copy before the disk is full to the last byte: running machines write to the same disk. */
function watchSpace(
  path: string,
  { signal, onProgress }: CopyOptions,
): { options: { signal: AbortSignal } & CopyOptions } {
  const full = new AbortController();
  let nextLook = LOOK_EVERY_BYTES;
  return {
    options: {
      signal: signal ? AbortSignal.any([signal, full.signal]) : full.signal,
      onProgress: (done, total) => {
        onProgress?.(done, total);
        if (done < nextLook) return;
        nextLook = done + LOOK_EVERY_BYTES;
        assertFree(path, 0).catch((reason: unknown) => full.abort(reason));
      },
    },
  };
}
