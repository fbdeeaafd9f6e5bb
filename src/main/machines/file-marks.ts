import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { StartSpec } from '../engines/start-spec.ts';

/**
 * Clocks of file systems step in a few milliseconds: a file written twice within one step shows one time. A mark
 * taken this much later than the last write cannot hide another.
 */
const STEP_MS = 50;

/** Tells whether a file has changed: its place, size and time of change in nanoseconds. A missing file has one too. */
export async function markOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${file}|${found.size}|${found.mtimeNs}` : `${file}|missing`;
}

/** Marks of the files, taken so long after the last write to any of them that every later one will show. */
export async function settledMarks(files: readonly string[]): Promise<string[]> {
  const times = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0));
  const ageMs = Date.now() - Math.max(0, ...times);
  // A file from the future, by another clock, never settles.
  if (ageMs >= 0 && ageMs < STEP_MS) await delay(STEP_MS - ageMs);
  return Promise.all(files.map(markOf));
}

/** Every file whose content the guest can have seen: media, kernel and initrd; each once, in a fixed order. */
export function filesOf({ drives, kernel }: Pick<StartSpec, 'drives' | 'kernel'>): string[] {
  const media = drives.flatMap(({ medium }) =>
    medium ? [medium.path, ...medium.backing.map(({ path }) => path)] : [],
  );
  const direct = kernel ? [kernel.kernelPath, ...(kernel.initrdPath ? [kernel.initrdPath] : [])] : [];
  return [...new Set([...direct, ...media])];
}
