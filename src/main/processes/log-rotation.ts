import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';

const KEPT_LOGS = 3;

/**
 * Opens a new, empty log for a run; those of the runs before become `.1` (the latest) to `.3`.
 * @returns the file, open for appending; the caller closes it
 */
export async function openRotatedLog(file: string): Promise<Awaited<ReturnType<typeof open>>> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  for (let age = KEPT_LOGS; age > 0; age -= 1)
    await moveIfThere(age === 1 ? file : `${file}.${age - 1}`, `${file}.${age}`);
  return open(file, 'a', 0o600);
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
