import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createEvents } from '../../../src/main/events.ts';
import { createTasks } from '../../../src/main/tasks/task-service.ts';
import { addMachineWithDisk, openDiskHouse } from '../../support/disk-house.ts';
import { DISK_BYTES, diskOf, readDisk, writeDisk } from '../../support/disk-images.ts';

const draft = (name: string) => ({ name, description: '', withMemory: false });

it('refuses to start a template, and says how to use it', async () => {
  const house = openDiskHouse();
  const id = await addMachineWithDisk(house);
  house.table.update(id, { config: { ...house.get(id).config, isTemplate: true } });
  await expect(house.runner.start(id)).rejects.toMatchObject({
    code: 'INVALID_STATE',
    hint: expect.stringMatching(/clone/i),
  });
  expect(house.get(id).state).toBe('PoweredOff');
});

it('makes a disk that stands alone where the base cannot take what was written over it', async () => {
  const steps: string[] = [];
  const house = openDiskHouse({ atStep: (step) => steps.push(step) });
  const id = await addMachineWithDisk(house);
  await writeDisk(house, diskOf(house.get(id)), 1, 7);
  const base = house.media.record(diskOf(house.get(id)));
  const { id: snapshot } = await house.snapshots.take('web', draft('base'));
  await writeDisk(house, diskOf(house.get(id)), 2, 9);
  const before = await readDisk(house, diskOf(house.get(id)));
  truncateSync(base.location, DISK_BYTES / 2); // smaller than what builds on it
  await house.snapshots.remove('web', snapshot);
  expect(steps).toContain('merge: copied flatten');
  expect(await readDisk(house, diskOf(house.get(id)))).toEqual(before);
  expect(house.media.record(diskOf(house.get(id)))).toMatchObject({ parentId: null, isOwned: true });
  expect(house.media.record(base.id)).toMatchObject({ isHidden: false });
});

it('leaves nothing of a clone that is cancelled', async () => {
  const tasks = createTasks({ events: createEvents(), now: () => new Date() });
  const atStep = (step: string): void => {
    const [task] = tasks.list();
    if (step === 'clone: disk copied' && task) tasks.cancel(task.id);
  };
  const house = openDiskHouse({ atStep, tasks });
  const id = await addMachineWithDisk(house);
  const cloning = house.snapshots.clone('web', { name: 'twin', kind: 'full' });
  await expect(cloning).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(house.table.list().map(({ config }) => config.name)).toEqual(['web']);
  expect(readdirSync(join(house.paths.machineFolder(id), '..'))).toEqual([id]);
  expect(house.get(id).state).toBe('PoweredOff');
});
