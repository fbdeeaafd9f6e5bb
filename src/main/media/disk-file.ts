import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import type { ImageVariant, MediumFormat } from '../../shared/model/medium.ts';
import { GIB, MIB } from '../../shared/units.ts';
import { errnoOf, fileError } from '../file-error.ts';
import { imageFormat } from './formats/formats.ts';
import { SECTOR } from './image-file.ts';

/** Sizes of new disks, as the field has them (field guide §2.6). */
export const DISK_SIZE_BYTES = { min: 4 * MIB, max: 2048 * GIB } as const;

/** @throws InnError `INVALID_INPUT` when a new disk cannot have this size. */
export function assertDiskSize(sizeBytes: number): void {
  const isInside = sizeBytes >= DISK_SIZE_BYTES.min && sizeBytes <= DISK_SIZE_BYTES.max;
  if (isInside && sizeBytes % SECTOR === 0) return;
  throw new InnError('INVALID_INPUT', `A disk cannot have a size of ${sizeBytes} bytes.`, {
    hint: `Choose a size from 4 MiB to 2 TiB, in whole sectors of ${SECTOR} bytes.`,
    details: { sizeBytes, ...DISK_SIZE_BYTES },
  });
}

/**
 * Creates an empty disk, by default raw: a sparse file that takes space as the guest writes. It appears whole or not at
 * all; a file that stands at `path` is never overwritten.
 * @param sizeBytes 4 MiB to 2 TiB, a multiple of 512.
 * @throws InnError `INVALID_INPUT`, `NOT_SUPPORTED` (variant), `FILE_EXISTS`, `FILE_NOT_FOUND` (no such folder),
 * `FILE_NOT_ACCESSIBLE`, `DISK_FULL`
 */
export async function createDiskFile(
  path: string,
  sizeBytes: number,
  { format = 'raw', variant }: { format?: MediumFormat; variant?: ImageVariant | undefined } = {},
): Promise<void> {
  assertDiskSize(sizeBytes);
  await imageFormat(format).create(path, { sizeBytes, ...(variant === undefined ? {} : { variant }) });
}

/**
 * Deletes the file if `forget` succeeds: it is renamed first, which needs the same rights as deleting, and put back when
 * `forget` throws. A file that is missing already is no failure.
 * @throws InnError `FILE_NOT_ACCESSIBLE`, and what `forget` throws.
 */
export async function deleteFileAnd(path: string, forget: () => void): Promise<void> {
  const trash = join(dirname(path), `.trash-${randomUUID().slice(0, 8)}-${basename(path)}`);
  const isThere = await rename(path, trash).then(
    () => true,
    (cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return false;
      throw fileError(path, cause);
    },
  );
  try {
    forget();
  } catch (cause) {
    if (isThere) await rename(trash, path);
    throw cause;
  }
  await rm(trash, { force: true });
}

export async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
