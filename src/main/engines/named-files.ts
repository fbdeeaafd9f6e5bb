import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { InnError } from '../../shared/errors.ts';
import type { StartSpec } from './start-spec.ts';

interface NamedFile {
  /** What the file is to the machine, such as `The kernel`. */
  role: string;
  path: string;
  isWritten: boolean;
}

/**
 * Looks for every file that the machine was told to use, so that a missing one is named before a process is started.
 * @throws InnError `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`
 */
export async function assertFilesUsable(spec: StartSpec): Promise<void> {
  for (const file of filesOf(spec)) await assertUsable(file);
}

function filesOf({ drives, kernel, restoreFrom }: StartSpec): NamedFile[] {
  const roles = { disk: 'The disk image', optical: 'The optical disc image', floppy: 'The floppy image' };
  const read = (role: string, path: string | null | undefined): NamedFile[] =>
    path === null || path === undefined ? [] : [{ role, path, isWritten: false }];
  return [
    ...drives.flatMap(({ kind, medium }) =>
      medium === null
        ? []
        : [{ role: roles[kind], path: medium.path, isWritten: kind !== 'optical' && !medium.isReadOnly }],
    ),
    ...read('The kernel', kernel?.kernelPath),
    ...read('The initial file system', kernel?.initrdPath),
    ...read('The saved state', restoreFrom),
  ];
}

async function assertUsable({ role, path, isWritten }: NamedFile): Promise<void> {
  try {
    await access(path, isWritten ? constants.R_OK | constants.W_OK : constants.R_OK);
  } catch (cause) {
    throw unusable(role, path, isWritten, cause);
  }
  if ((await stat(path)).isDirectory()) {
    throw new InnError('FILE_NOT_ACCESSIBLE', `${role} '${path}' is a folder.`, { details: { path } });
  }
}

function unusable(role: string, path: string, isWritten: boolean, cause: unknown): InnError {
  const errno = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return new InnError('FILE_NOT_FOUND', `${role} '${path}' does not exist.`, {
      hint: 'Bring the file back, or take it out of the settings of the machine.',
      details: { path },
      cause,
    });
  }
  return new InnError('FILE_NOT_ACCESSIBLE', `${role} '${path}' may not be ${isWritten ? 'written' : 'read'} by you.`, {
    hint: 'Change the permissions of the file, or attach it read-only.',
    details: { path },
    cause,
  });
}
