import { dirname } from 'node:path';
import { type ErrorCode, InnError } from '../shared/errors.ts';

/** Code and hint for each errno of a file that a person named (errno(3)). */
const FAILURES: Record<string, { code: ErrorCode; what: string; hint: (path: string) => string }> = {
  ENOENT: {
    code: 'FILE_NOT_FOUND',
    what: 'does not exist',
    hint: (path) => `Check the path, and that the disk with '${dirname(path)}' is connected.`,
  },
  ENOTDIR: {
    code: 'FILE_NOT_FOUND',
    what: 'does not exist, because a part of its path is a file',
    hint: () => 'Check the path.',
  },
  EACCES: { code: 'FILE_NOT_ACCESSIBLE', what: 'may not be opened by you', hint: () => 'Change who may use it.' },
  EPERM: { code: 'FILE_NOT_ACCESSIBLE', what: 'may not be opened by you', hint: () => 'Change who may use it.' },
  EROFS: {
    code: 'FILE_NOT_ACCESSIBLE',
    what: 'is on a disk that can only be read',
    hint: () => 'Choose a folder that you may write to.',
  },
  EISDIR: { code: 'FILE_NOT_ACCESSIBLE', what: 'is a folder', hint: () => 'Name a file.' },
  EEXIST: {
    code: 'FILE_EXISTS',
    what: 'exists already',
    hint: () => 'Choose another name; nothing was overwritten.',
  },
  ENOSPC: {
    code: 'DISK_FULL',
    what: 'does not fit on its disk',
    hint: (path) => `Free some space on the disk of '${dirname(path)}'.`,
  },
  EDQUOT: { code: 'DISK_FULL', what: 'does not fit into your quota', hint: () => 'Free some space.' },
  EFBIG: {
    code: 'DISK_FULL',
    what: 'is larger than a file may be on its disk',
    hint: () => 'Choose a folder on a disk with another file system.',
  },
};

/** The failure of a file operation in the words of the program. Unforeseen ones are `FILE_NOT_ACCESSIBLE`. */
export function fileError(path: string, cause: unknown): InnError {
  if (cause instanceof InnError) return cause;
  const errno = errnoOf(cause);
  const known = errno === undefined ? undefined : FAILURES[errno];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InnError(
    known?.code ?? 'FILE_NOT_ACCESSIBLE',
    known ? `'${path}' ${known.what}.` : `'${path}' could not be used: ${reason}.`,
    { hint: known?.hint(path), details: { path, ...(errno === undefined ? {} : { errno }) }, cause },
  );
}

/** `ENOENT` and the like, when the thrown value has one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
