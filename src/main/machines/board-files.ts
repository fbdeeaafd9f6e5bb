import { createHash } from 'node:crypto';
import { constants, cpSync, existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { SnapshotId } from '../../shared/model/snapshot.ts';
import { fileError } from '../file-error.ts';

/*
 * What a motherboard remembers by itself, UEFI variables and the state of a TPM, stands in one folder of the machine's.
 * The machine's record names it, so that a restore changes it together with disks and settings: in one transaction.
 * Snapshots have copies beside their other files. What is in it is the engine's matter.
 */

/** Files of the programs that use the folder, which say nothing of its content. */
const PASSING = /(^\.|\.new$|^TMP)/;

/** Whether the machine's board remembers anything. */
export function hasBoard({ motherboard }: Pick<MachineConfig, 'motherboard'>): boolean {
  return motherboard.firmware === 'uefi' || motherboard.hasTpm;
}

/** The copy that a snapshot has, relative to the folder of snapshots. */
export function snapshotBoard(id: SnapshotId): string {
  return `${id}.board`;
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
