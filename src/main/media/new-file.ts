import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, fileError } from '../file-error.ts';

/**
 * Makes a file aside and moves it to `path`, so that it appears whole or not at all; a file that stands at `path` is never
 * overwritten. `write` fills it; what it wrote is on the disk before the file appears.
 * @throws InnError `FILE_EXISTS`, `FILE_NOT_FOUND` (no such folder), `FILE_NOT_ACCESSIBLE`, `DISK_FULL`, and what `write` throws.
 */
export async function makeNewFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await makeAside(path, async (aside) => {
    const file = await open(aside, 'wx', 0o600);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveWithoutOverwriting(aside, path);
  });
}

/**
 * Calls `make` with a free path in the folder of `path`, and removes what is left there afterwards.
 * @throws InnError as `makeNewFile`.
 */
export async function makeAside(path: string, make: (aside: string) => Promise<void>): Promise<void> {
  await assertFolder(dirname(path));
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.new`);
  try {
    await make(aside);
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await rm(aside, { force: true });
  }
}

const ASIDE = /^\.(.+)\.[\da-f]{8}\.new$/;

/** Whether the name is one that `makeAside` gives. */
export const isAside = (name: string): boolean => ASIDE.test(name);

/** The name that the file at `path` has in the end, also while it is made aside: some formats keep it inside. */
export function finalNameOf(path: string): string {
  const name = basename(path);
  return ASIDE.exec(name)?.[1] ?? name;
}

async function assertFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  if (!stats.isDirectory()) throw fileError(folder, Object.assign(new Error('not a folder'), { code: 'ENOTDIR' }));
}

/**
 * `rename` would overwrite; a second hard link fails when the name is taken (link(2)). The old name may remain.
 * @throws the system's error, `EEXIST` when the name is taken.
 */
export async function moveWithoutOverwriting(from: string, to: string): Promise<void> {
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
