import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** Where a running core is, and the token that opens it. Only the user can read it. */
export const CoreFile = z.object({ url: z.url(), token: z.string().min(1), pid: z.int().positive() });
export type CoreFile = z.infer<typeof CoreFile>;

const fileIn = (runtimeFolder: string) => join(runtimeFolder, 'core.json');

/** Writes the file aside with mode 0600 and renames it: nobody reads half a file, or one with wider rights. */
export async function writeCoreFile(runtimeFolder: string, core: CoreFile): Promise<void> {
  const file = fileIn(runtimeFolder);
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(aside, JSON.stringify(core), { mode: 0o600, flag: 'wx' });
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** The core that last wrote the file; undefined when there is none or it makes no sense. It may be gone meanwhile. */
export async function readCoreFile(runtimeFolder: string): Promise<CoreFile | undefined> {
  try {
    return CoreFile.parse(JSON.parse(await readFile(fileIn(runtimeFolder), 'utf8')));
  } catch {
    // No file, half a file of another program, a version of before: each means that no core can be found by it.
    return undefined;
  }
}

/** Removes the file if it is still that of the core with this token. */
export async function removeCoreFile(runtimeFolder: string, token: string): Promise<void> {
  const found = await readCoreFile(runtimeFolder);
  if (found?.token === token) await rm(fileIn(runtimeFolder), { force: true });
}
