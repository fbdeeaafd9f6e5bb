import { constants, copyFile, link } from 'node:fs/promises';
import { fileError } from '../../file-error.ts';

/**
 * Gives a file that is never changed a second name; copies it where the file system knows no hard links.
 * @throws InnError `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `DISK_FULL`, `FILE_EXISTS`
 */
export async function copyFileQuickly(from: string, to: string): Promise<void> {
  try {
    await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE));
  } catch (cause) {
    throw fileError(from, cause);
  }
}
