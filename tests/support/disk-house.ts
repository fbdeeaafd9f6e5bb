import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSnapshotService } from '../../src/main/machines/snapshots/snapshot-service.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';
import { DISK_BYTES } from './disk-images.ts';
import { type House, openHouse } from './fake-house.ts';

/** A house with the snapshot service, and ways to look into the disks as a guest would. */
export function openDiskHouse(overrides: Parameters<typeof openHouse>[0] = {}) {
  const house = openHouse(overrides);
  const snapshots = createSnapshotService({
    ...{ table: house.table, snapshots: house.snapshots, runner: house.runner },
    ...{ commit: house.deps.commit, view: house.deps.view },
    inMachine: ({ id }, file) => join(house.paths.machineFolder(id), file),
  });
  return { ...house, snapshots };
}

/** A machine with one raw disk in its folder. */
export async function addMachineWithDisk(
  house: Pick<House, 'add' | 'get' | 'paths' | 'media' | 'table'>,
  name = 'web',
): Promise<MachineId> {
  const id = house.add({ name, storage: [] });
  const file = join(house.paths.machineFolder(id), 'disk.img');
  writeFileSync(file, Buffer.alloc(DISK_BYTES));
  const medium = await house.media.register(file, 'disk');
  house.media.amend(medium.id, { isOwned: true }, () => undefined);
  const attachments = [{ port: 0, device: 0, kind: 'disk' as const, mediumId: medium.id }];
  const { config } = house.get(id);
  house.table.update(id, { config: { ...config, storage: [{ name: 'IDE', type: 'ide', attachments }] } });
  return id;
}
