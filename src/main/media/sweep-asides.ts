import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAside } from './new-file.ts';

/**
 * Deletes files that were made aside by a program that was killed before they got their names. Only in folders that are the
 * program's own, and before anything else works there. What cannot be deleted stays. Never rejects.
 */
export async function sweepAsides(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    await Promise.all(
      names.filter(isAside).map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)),
    );
  }
}
