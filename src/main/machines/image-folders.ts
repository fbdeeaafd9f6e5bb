import { join } from 'node:path';
import type { MachineId } from '../../shared/model/machine.ts';
import { DISKS_FOLDER, type MachinePlaces } from './machine-folder.ts';
import { SNAPSHOTS_FOLDER } from './snapshots/overlays.ts';

/** The folders in which images of a machine may stand, whether they exist or not. */
export function imageFolders(places: Pick<MachinePlaces, 'machineFolder'>, id: MachineId): string[] {
  const home = places.machineFolder(id);
  return [home, join(home, DISKS_FOLDER), join(home, SNAPSHOTS_FOLDER)];
}
