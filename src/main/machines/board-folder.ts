import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../file-error.ts';
import { hasBoard } from './board-files.ts';
import type { MachineRecord } from './machine-record.ts';
import type { RunnerContext } from './runner-context.ts';

const BOARD_FOLDER = /^board-[0-9a-f]{8}$/;

/** A folder's name that was never used. */
export function newBoardFolder(): string {
  return `board-${randomUUID().slice(0, 8)}`;
}

/**
 * Absolute path of the machine's board folder, made now when it has none yet; null for a board that remembers nothing.
 * Folders that the record does not name are deleted. For a machine at rest.
 * @throws InnError `FILE_NOT_ACCESSIBLE`, `DISK_FULL`
 */
export async function ensureBoard(context: RunnerContext, record: MachineRecord): Promise<string | null> {
  const machine = context.deps.paths.machineFolder(record.id);
  await removeStrayBoards(machine, record);
  if (!hasBoard(record.config)) return null;
  const name = record.boardFolder ?? newBoardFolder();
  const folder = join(machine, name);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  if (record.boardFolder === null) context.states.patch(record.id, { boardFolder: name });
  return folder;
}

/** Leftovers of restores that were cut off. */
async function removeStrayBoards(machine: string, { boardFolder }: MachineRecord): Promise<void> {
  const names = await readdir(machine).catch(() => []);
  const strays = names.filter((name) => BOARD_FOLDER.test(name) && name !== boardFolder);
  await Promise.all(strays.map((name) => rm(join(machine, name), { recursive: true, force: true })));
}

/** Absolute path of the machine's board folder, as its record names it; null when there is none yet. */
export function boardFolderOf({ deps }: RunnerContext, record: MachineRecord): string | null {
  return record.boardFolder === null ? null : join(deps.paths.machineFolder(record.id), record.boardFolder);
}
