import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import { GIB, MIB } from '../../shared/units.ts';
import { errnoOf, fileError } from '../file-error.ts';
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
 * Creates an empty raw disk: a sparse file that takes space as the guest writes. It is made aside and appears whole or
 * not at all; a file that stands at `path` is never overwritten.
 * @param sizeBytes 4 MiB to 2 TiB, a multiple of 512.
 * @throws InnError `INVALID_INPUT`, `FILE_EXISTS`, `FILE_NOT_FOUND` (no such folder), `FILE_NOT_ACCESSIBLE`, `DISK_FULL`
 */
export async function createDiskFile(path: string, sizeBytes: number): Promise<void> {
  assertDiskSize(sizeBytes);
  await assertFolder(dirname(path));
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.new`);
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.truncate(sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveWithoutOverwriting(aside, path);
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await rm(aside, { force: true });
  }
}

async function assertFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  if (!stats.isDirectory()) throw fileError(folder, Object.assign(new Error('not a folder'), { code: 'ENOTDIR' }));
}

/** `rename` would overwrite; a second hard link fails when the name is taken (link(2)). */
async function moveWithoutOverwriting(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!HAS_NO_LINKS.has(errnoOf(cause) ?? '')) throw cause;
    await assertAbsent(to);
    await rename(from, to);
  }
}

/** What file systems without hard links answer, such as exFAT. */
const HAS_NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function assertAbsent(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
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
