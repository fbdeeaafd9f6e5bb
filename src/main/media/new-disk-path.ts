import { access, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import type { MediumFormat } from '../../shared/model/medium.ts';
import { fileError } from '../file-error.ts';
import { assertAbsolute, locateFile } from './inspect-image.ts';
import type { MediumRecord } from './medium-record.ts';

/** The usual ending of a file of each format. */
export const FILE_ENDINGS: Record<MediumFormat, string> = {
  raw: 'img',
  qcow2: 'qcow2',
  vdi: 'vdi',
  vhd: 'vhd',
  vmdk: 'vmdk',
  vhdx: 'vhdx',
};

/** A file's name, and its ending with the dot. */
export interface FileName {
  name: string;
  ending: string;
}

type KnownAt = (location: string) => MediumRecord | undefined;

/**
 * Where a new file is to lie, with symbolic links of its folder resolved.
 * @throws InnError `INVALID_INPUT` for a relative path, `FILE_NOT_FOUND` (no such folder), `FILE_EXISTS` when a medium is known
 * there, also one whose file is missing
 */
export async function newFileLocation(path: string, knownAt: KnownAt): Promise<string> {
  assertAbsolute(path);
  const location = join(await locateFile(dirname(path)), basename(path));
  const known = knownAt(location);
  if (!known) return location;
  throw new InnError('FILE_EXISTS', `A medium at '${location}' is known already.`, {
    hint: `Choose another name, or remove '${known.name}' from the media first.`,
    details: { path: location },
  });
}

/** A path in the folder that no file and no medium has: the name, else the name with the first free number. */
export async function freePath(folder: string, { name, ending }: FileName, knownAt: KnownAt): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  const root = await locateFile(folder);
  for (let number = 1; ; number += 1) {
    const path = join(root, `${number === 1 ? name : `${name} ${number}`}${ending}`);
    if (!knownAt(path) && !(await isThere(path))) return path;
  }
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
