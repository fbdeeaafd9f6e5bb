import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineId } from '../../shared/model/machine.ts';
import { fileError } from '../file-error.ts';

/** Where machines' folders are. */
export interface MachinePlaces {
  /** The folder of all machines' folders. */
  machines: string;
  machineFolder(id: MachineId): string;
  /** Sockets and records of its runs. */
  machineRuntimeFolder(id: MachineId): string;
}

/** Disks stand in this folder inside a machine's folder. */
export const DISKS_FOLDER = 'disks';

/** Stands in the folder of a machine until its record is stored. */
const UNFINISHED = '.unfinished';
const NEW = '.new-';
const TRASH = '.trash-';

/** A folder for a machine that is being made, under a name that `sweepLeftovers` knows. @throws InnError */
export async function makeFolderAside(places: MachinePlaces, id: MachineId): Promise<string> {
  const aside = join(places.machines, NEW + id);
  try {
    await mkdir(join(aside, DISKS_FOLDER), { recursive: true, mode: 0o700 });
    await writeFile(join(aside, UNFINISHED), '');
    return aside;
  } catch (cause) {
    throw fileError(aside, cause);
  }
}

/**
 * Gives the folder made aside its true name and runs `store`; when that throws, the name is taken back. Synchronous, so
 * that nobody sees one without the other.
 */
export function putInPlace<T>(places: MachinePlaces, id: MachineId, aside: string, store: () => T): T {
  const folder = places.machineFolder(id);
  move(aside, folder);
  try {
    const stored = store();
    rmSync(join(folder, UNFINISHED), { force: true });
    return stored;
  } catch (cause) {
    move(folder, aside);
    throw cause;
  }
}

/** Moves the machine's folder aside and runs `forget`; when that throws, the folder is put back. Returns where it is. */
export function moveToTrash(places: MachinePlaces, id: MachineId, forget: () => void): string {
  const folder = places.machineFolder(id);
  const trash = join(places.machines, TRASH + id);
  const isThere = existsSync(folder);
  if (isThere) move(folder, trash);
  try {
    forget();
  } catch (cause) {
    if (isThere) move(trash, folder);
    throw cause;
  }
  return trash;
}

export async function deleteFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (cause) {
    throw fileError(folder, cause);
  }
}

/** Paths of all files in a machine's folder, relative to it; none when it is missing. */
export async function filesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/**
 * Deletes what a program that ended halfway left behind: folders of machines that were never finished, or that were on
 * their way out, unless they are still known: those get their folder back. Only the holder of the database may call it.
 */
export async function sweepLeftovers(machines: string, isKnown: (id: string) => boolean): Promise<string[]> {
  if (!existsSync(machines)) return [];
  const names = await readdir(machines);
  for (const name of names) {
    const id = name.startsWith(TRASH) ? name.slice(TRASH.length) : name;
    if (!isKnown(id)) continue;
    if (id !== name) move(join(machines, name), join(machines, id));
    else rmSync(join(machines, id, UNFINISHED), { force: true });
  }
  const isLeftover = (name: string) =>
    name.startsWith(NEW) || name.startsWith(TRASH) || existsSync(join(machines, name, UNFINISHED));
  const leftovers = (await readdir(machines)).filter(isLeftover).map((name) => join(machines, name));
  await Promise.all(leftovers.map(deleteFolder));
  return leftovers;
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    throw fileError(from, cause);
  }
}
