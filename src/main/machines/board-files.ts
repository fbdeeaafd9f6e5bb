import { createHash, randomUUID } from 'node:crypto';
import { constants, cpSync, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { SnapshotId } from '../../shared/model/snapshot.ts';
import { fileError } from '../file-error.ts';
import type { MachineRecord } from './machine-record.ts';
import type { RunnerContext } from './runner-context.ts';

/*
 * What a motherboard remembers by itself, UEFI variables and the state of a TPM, stands in one folder of the machine's.
 * The machine's record names it, so that a restore changes it together with disks and settings: in one transaction.
 * Snapshots have copies beside their other files. What is in it is the engine's matter.
 */

const BOARD_FOLDER = /^board-[0-9a-f]{8}$/;
/** Files of the programs that use the folder, which say nothing of its content. */
const PASSING = /(^\.|\.new$|^TMP)/;

/** Whether the machine's board remembers anything. */
export function hasBoard({ motherboard }: Pick<MachineConfig, 'motherboard'>): boolean {
  return motherboard.firmware === 'uefi' || motherboard.hasTpm;
}

/** A folder's name that was never used. */
export function newBoardFolder(): string {
  return `board-${randomUUID().slice(0, 8)}`;
}

/** The copy that a snapshot has, relative to the folder of snapshots. */
export function snapshotBoard(id: SnapshotId): string {
  return `${id}.board`;
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

/**
 * Copies a board folder that nobody writes to at the moment; synchronous, for a guest that stands still. No folder there
 * is fine: then there is none afterwards.
 * @throws InnError `FILE_NOT_ACCESSIBLE`, also when there is a copy already; `DISK_FULL`
 */
export function copyBoard(from: string, to: string): void {
  if (!existsSync(from)) return;
  try {
    cpSync(from, to, {
      recursive: true,
      errorOnExist: true,
      force: false,
      mode: constants.COPYFILE_FICLONE,
      filter: (file) => file === from || !PASSING.test(basename(file)),
    });
  } catch (cause) {
    throw fileError(to, cause);
  }
}

/** Brings a copy to the disk. None there is fine. */
export async function syncBoard(folder: string): Promise<void> {
  for (const file of await filesOf(folder)) {
    await using handle = await open(file);
    await handle.sync();
  }
}

/** Copies a board folder and brings the copy to the disk. @throws InnError as `copyBoard` */
export async function copyBoardSafely(from: string, to: string): Promise<void> {
  copyBoard(from, to);
  await syncBoard(to);
}

/** Digest of all that a board remembers: a state that was kept with other variables does not fit. */
export async function boardDigest(folder: string | null): Promise<string> {
  const hash = createHash('sha256');
  for (const file of folder === null ? [] : await filesOf(folder)) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !PASSING.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** Absolute path of the machine's board folder, as its record names it; null when there is none yet. */
export function boardFolderOf({ deps }: RunnerContext, record: MachineRecord): string | null {
  return record.boardFolder === null ? null : join(deps.paths.machineFolder(record.id), record.boardFolder);
}
