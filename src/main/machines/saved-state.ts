import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { InnError } from '../../shared/errors.ts';
import { EngineId } from '../../shared/model/engine.ts';
import { markOf, settledMarks } from './file-marks.ts';
import type { MachineRecord } from './machine-record.ts';

/** What must be as it was when the state was saved. Stands beside the state as `<file>.json`. */
const SavedStateNote = z.object({
  format: z.literal(1),
  engine: EngineId,
  /** Marks of the writable disks: memory restored over another disk would destroy its file system. */
  disks: z.array(z.string()),
});
export type SavedStateNote = z.infer<typeof SavedStateNote>;

/** A state, its note, or either of them still being written. */
const STATE_FILE = /^((?:saved|warm)-[0-9a-f]{8}\.state)/;

/** A file name that was never used: what an earlier save left behind can never pass for this one. */
export function newStateFile(kind: 'saved' | 'warm'): string {
  return `${kind}-${randomUUID().slice(0, 8)}.state`;
}

/** Whether the state was written to its end: engines write aside and rename. */
export async function hasStateFile(folder: string, file: string): Promise<boolean> {
  const found = await stat(path.join(folder, file)).catch(() => undefined);
  return found?.isFile() ?? false;
}

/** Notes what the saved state depends on, once its machine's process has ended. */
export async function writeSavedStateNote(
  folder: string,
  file: string,
  engine: EngineId,
  disks: readonly string[],
): Promise<void> {
  const note: SavedStateNote = { format: 1, engine, disks: await settledMarks(disks) };
  const target = path.join(folder, `${file}.json`);
  await writeFile(`${target}.new`, JSON.stringify(note), { mode: 0o600 });
  await rename(`${target}.new`, target);
}

/** The note, or undefined when there is none (the program ended before it could write it) or it cannot be read. */
export async function readSavedStateNote(folder: string, file: string): Promise<SavedStateNote | undefined> {
  const text = await readFile(path.join(folder, `${file}.json`), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return SavedStateNote.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not even JSON: as good as none
  }
}

/**
 * Makes sure that the saved state fits the disks.
 * @throws InnError `INVALID_CONFIG` when a disk was changed since, `FILE_NOT_FOUND` when the state's file is gone.
 */
export async function assertStateUsable(
  name: string,
  file: string,
  note: SavedStateNote | undefined,
  disks: readonly string[],
): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) {
    throw new InnError('FILE_NOT_FOUND', `Cannot restore '${name}' because its saved state '${file}' is missing.`, {
      hint: `Discard the saved state of '${name}'; it then starts as after a power cut.`,
      details: { path: file },
    });
  }
  if (!note) return;
  for (const disk of disks) {
    if (note.disks.includes(await markOf(disk))) continue;
    throw new InnError(
      'INVALID_CONFIG',
      `Cannot restore '${name}' because its disk '${disk}' was changed after the state was saved.`,
      {
        hint: `Put the disk back as it was, or discard the saved state of '${name}' and start it anew.`,
        details: { path: disk },
      },
    );
  }
}

/** Deletes a state and its note; none there is fine. */
export async function removeStateFile(folder: string, file: string): Promise<void> {
  await rm(path.join(folder, file), { force: true });
  await rm(path.join(folder, `${file}.json`), { force: true });
}

/** Deletes the states of the machine that its record does not name: leftovers of saves and starts that were cut off. */
export async function removeStrayStates(folder: string, record: MachineRecord): Promise<void> {
  const kept = new Set([record.savedStateFile, record.warmStart?.file ?? null]);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const state = STATE_FILE.exec(name)?.[1];
    if (state !== undefined && !kept.has(state)) await rm(path.join(folder, name), { force: true });
  }
}
