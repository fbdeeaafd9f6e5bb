import { expect, it } from 'vitest';
import { fails, hangs } from '../../../src/main/engines/fake/fake-script.ts';
import { addMachineWithDisk, openDiskHouse } from '../../support/disk-house.ts';
import { diskOf, readDisk, writeDisk } from '../../support/disk-images.ts';

const LIVE = { name: 'live', description: '', withMemory: true };

/** A machine that runs, with something on its disk. */
async function runningMachine() {
  const house = openDiskHouse();
  const id = await addMachineWithDisk(house);
  await writeDisk(house, diskOf(house.get(id)), 1, 7);
  const content = await readDisk(house, diskOf(house.get(id)));
  await house.runner.start(id);
  return { house, id, content, disk: diskOf(house.get(id)) };
}

it('goes on with its disks when the engine refuses to switch them', async () => {
  const { house, id, disk } = await runningMachine();
  house.engine.script.before.takeSnapshot = fails();
  await expect(house.snapshots.take('web', LIVE)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(house.state(id)).toBe('Running snapshotFailed');
  expect(diskOf(house.get(id))).toBe(disk);
  expect(house.process(id).drives.map(({ medium }) => medium?.id)).toEqual([disk]);
  expect(house.media.records()).toHaveLength(1);
});

it('is ended, with all that was written, when the engine does not say whether it has switched the disks', async () => {
  const { house, id, content } = await runningMachine();
  const process = house.process(id);
  house.engine.script.before.takeSnapshot = hangs();
  await expect(house.snapshots.take('web', LIVE)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  expect(process.isGone).toBe(true);
  expect(house.snapshots.list('web')).toEqual([]);
  // Its disks go on in their overlays, which are merged then.
  await house.becomes(id, ({ state }) => state === 'PoweredOff' && house.media.records().length === 1);
  expect(await readDisk(house, diskOf(house.get(id)))).toEqual(content);
  house.engine.script.before = {};
  await house.runner.start(id);
  expect(house.get(id).state).toBe('Running');
});
