import { stat, statfs } from 'node:fs/promises';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import type { MediumService } from '../media/medium-service.ts';

/**
 * What is free on the file system of a machine's folder, and by how much the disks there of the machines given can still
 * grow, in bytes; null when the folder cannot be reached.
 */
export type StorageRoom = (
  machine: MachineRecord,
  writing: readonly MachineRecord[],
) => Promise<{ freeBytes: number; promisedBytes: number } | null>;

export function createStorageRoom(deps: {
  media: Pick<MediumService, 'known'>;
  machineFolder: (id: MachineId) => string;
}): StorageRoom {
  return async (machine, writing) => {
    try {
      const folder = deps.machineFolder(machine.id);
      const [{ bavail, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
      return { freeBytes: bavail * bsize, promisedBytes: await growthOn(dev, deps.media, writing) };
    } catch {
      return null; // The start itself says what is wrong with the folder.
    }
  };
}

async function growthOn(dev: number, media: Pick<MediumService, 'known'>, writing: readonly MachineRecord[]) {
  const attached = new Set(writing.flatMap(disksOf));
  const disks = media.known().filter(({ id }) => attached.has(id));
  const growths = await Promise.all(
    disks.map(async ({ location, virtualSizeBytes, actualSizeBytes }) => {
      const isHere = await stat(location).then(
        (file) => file.dev === dev,
        () => false, // It is not there: it cannot grow either.
      );
      return isHere ? Math.max(0, virtualSizeBytes - (actualSizeBytes ?? 0)) : 0;
    }),
  );
  return growths.reduce((sum, each) => sum + each, 0);
}

function disksOf({ config }: MachineRecord): MediumId[] {
  const drives = config.storage.flatMap(({ attachments }) => attachments);
  return drives.flatMap(({ kind, mediumId }) => (kind === 'disk' && mediumId !== null ? [mediumId] : []));
}
