import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { hasSavedState } from '../../../shared/machine-state.ts';
import type { ResolvedDrive, StartSpec } from '../../engines/start-spec.ts';
import { copyBoard } from '../board-files.ts';
import type { MachineRecord } from '../machine-record.ts';
import { makeEmptyOverlay, makeFolder, OVERLAY_FORMAT, removeFiles, SNAPSHOTS_FOLDER } from './overlays.ts';

const DISPOSABLE = 'disposable-';
const DISPOSABLE_BOARD = `${DISPOSABLE}board`;

export const isDisposableFile = (name: string): boolean => name.startsWith(DISPOSABLE);

/**
 * The same start with throw-away overlays over everything that the guest can write. They have no record: what is found of
 * them when the machine does not run is deleted.
 * @throws InnError `INVALID_STATE` for a saved machine, `DISK_FULL`, `FILE_NOT_ACCESSIBLE`
 */
export async function withThrowAwayDisks(record: MachineRecord, spec: StartSpec): Promise<StartSpec> {
  assertDisposable(record);
  await removeThrowAwayDisks(spec.folders.machine);
  const folder = join(spec.folders.machine, SNAPSHOTS_FOLDER);
  await makeFolder(folder);
  const drives: ResolvedDrive[] = [];
  for (const drive of spec.drives) drives.push(await overlay(drive, folder));
  return { ...spec, drives };
}

/** The same start with a copy of what the board remembers. Call it after `withThrowAwayDisks`, which makes its place. */
export function withThrowAwayBoard(spec: StartSpec): StartSpec {
  if (spec.boardFolder === null) return spec;
  const boardFolder = join(spec.folders.machine, SNAPSHOTS_FOLDER, DISPOSABLE_BOARD);
  copyBoard(spec.boardFolder, boardFolder);
  return { ...spec, boardFolder };
}

async function overlay(drive: ResolvedDrive, folder: string): Promise<ResolvedDrive> {
  const { medium } = drive;
  if (!medium || drive.kind === 'optical') return drive;
  if (drive.kind === 'floppy') return { ...drive, medium: { ...medium, isReadOnly: true } };
  const path = join(folder, `${DISPOSABLE}${randomUUID()}.${OVERLAY_FORMAT}`);
  await makeEmptyOverlay(path, medium);
  const backing = [{ path: medium.path, format: medium.format }, ...medium.backing];
  return { ...drive, medium: { ...medium, path, format: OVERLAY_FORMAT, isReadOnly: false, backing } };
}

/** Deletes the throw-away overlays of a machine that does not run. */
export async function removeThrowAwayDisks(machineFolder: string): Promise<void> {
  const folder = join(machineFolder, SNAPSHOTS_FOLDER);
  const names = await readdir(folder).catch(() => []);
  await removeFiles(names.filter(isDisposableFile).map((name) => join(folder, name)));
}

/** A saved state would be used up, and the disks that it fits thrown away. */
function assertDisposable({ state, config }: MachineRecord): void {
  if (!hasSavedState(state)) return;
  throw new InnError('INVALID_STATE', `Cannot start '${config.name}' disposably because it has a saved state.`, {
    hint: `Start '${config.name}' and shut it down, or discard its saved state.`,
    details: { state },
  });
}

/** @throws InnError `INVALID_STATE`: what belongs to disks that are thrown away cannot be kept. */
export function assertNotDisposable({ config, isDisposable, state }: MachineRecord, verb: string): void {
  if (!isDisposable) return;
  throw new InnError('INVALID_STATE', `Cannot ${verb} '${config.name}' because this run of it is disposable.`, {
    hint: 'Power it off and start it as usual.',
    details: { state, isDisposable },
  });
}
