import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { MediumId } from '../../../shared/model/medium.ts';
import { fileError } from '../../file-error.ts';
import { imageFormat } from '../../media/formats/formats.ts';
import type { MediumRecord } from '../../media/medium-record.ts';
import type { MediumService } from '../../media/medium-service.ts';

/** Overlays, states and thumbnails of snapshots stand in this folder inside a machine's folder. */
export const SNAPSHOTS_FOLDER = 'snapshots';
export const OVERLAY_FORMAT = 'qcow2';

/** An empty image over a disk, not known to anybody yet. */
export interface Overlay {
  from: MediumId;
  record: MediumRecord;
}

/** The hard disks of a configuration. Discs and floppies are no part of a snapshot. */
export function disksOf({ storage }: MachineConfig): MediumId[] {
  const drives = storage.flatMap(({ attachments }) => attachments);
  return drives.flatMap(({ kind, mediumId }) => (kind === 'disk' && mediumId !== null ? [mediumId] : []));
}

/**
 * The configuration with other disks in the places of the old ones.
 * @throws InnError `CONFLICT` when it has a disk that is not among them: it was changed under the work.
 */
export function withDisks(config: MachineConfig, disks: ReadonlyMap<MediumId, MediumId>): MachineConfig {
  const replace = (id: MediumId): MediumId => {
    const other = disks.get(id);
    if (other) return other;
    throw new InnError('CONFLICT', `The disks of '${config.name}' were changed meanwhile.`, { hint: 'Try again.' });
  };
  const storage = config.storage.map((controller) => ({
    ...controller,
    attachments: controller.attachments.map((drive) =>
      drive.kind === 'disk' && drive.mediumId !== null ? { ...drive, mediumId: replace(drive.mediumId) } : drive,
    ),
  }));
  return { ...config, storage };
}

export const disksInto = (overlays: readonly Overlay[]): Map<MediumId, MediumId> =>
  new Map(overlays.map(({ from, record }) => [from, record.id]));

/**
 * Makes an empty overlay for each disk, in `folder`, which belongs to the machine at `home`; both may be the same place.
 * All or none. @throws InnError `MEDIUM_NOT_FOUND`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `DISK_FULL`
 */
export async function makeOverlays(
  media: MediumService,
  disks: readonly MediumId[],
  folder: string,
  home: string = folder,
): Promise<Overlay[]> {
  const overlays: Overlay[] = [];
  if (disks.length === 0) return overlays;
  await makeFolder(folder);
  try {
    for (const from of disks) {
      const record = await makeOverlay(media, from, folder, home);
      overlays.push({ from, record });
    }
    await syncFolder(folder);
    return overlays;
  } catch (error) {
    await removeFiles(overlays.map(({ record }) => join(folder, `${record.id}.${OVERLAY_FORMAT}`)));
    throw error;
  }
}

async function makeOverlay(media: MediumService, from: MediumId, folder: string, home: string): Promise<MediumRecord> {
  const base = await media.resolve(from);
  const record = media.newRecord('disk', {
    location: '',
    format: OVERLAY_FORMAT,
    virtualSizeBytes: base.sizeBytes,
    name: media.record(from).name,
    isOwned: true,
    parentId: from,
  });
  const file = `${record.id}.${OVERLAY_FORMAT}`;
  await makeEmptyOverlay(join(folder, file), base);
  return { ...record, location: join(home, file) };
}

/** The reference inside is for other programs; here the records tell what an image builds on. */
export async function makeEmptyOverlay(
  path: string,
  base: { path: string; format: MediumRecord['format']; sizeBytes: number },
): Promise<void> {
  const backing = { reference: base.path, format: base.format, sizeBytes: base.sizeBytes };
  await imageFormat(OVERLAY_FORMAT).create(path, { sizeBytes: base.sizeBytes, backing });
}

/** @throws InnError `FILE_NOT_ACCESSIBLE`, `DISK_FULL` */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
}

/** A new name is there for good only when its folder is written, too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Deletes files, none there is fine. What cannot be deleted now is swept at the next start. */
export async function removeFiles(files: readonly string[]): Promise<void> {
  await Promise.all(files.map((file) => rm(file, { recursive: true, force: true }).catch(() => undefined)));
}
