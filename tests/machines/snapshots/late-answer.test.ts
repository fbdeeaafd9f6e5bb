import { expect, it, onTestFinished } from 'vitest';
import { MachineRunner } from '../../../src/main/machines/machine-runner.ts';
import { addMachineWithDisk, openDiskHouse } from '../../support/disk-house.ts';
import { diskOf, readDisk, writeDisk } from '../../support/disk-images.ts';
import { gate } from '../../support/gate.ts';

it('goes on with a merge that was cut off when the machine has answered, however late', async () => {
  const house = openDiskHouse();
  const id = await addMachineWithDisk(house);
  await writeDisk(house, diskOf(house.get(id)), 1, 7);
  const { id: snapshot, config } = await house.snapshots.take('web', { description: '', withMemory: false });
  await writeDisk(house, diskOf(house.get(id)), 2, 9);
  const content = await readDisk(house, diskOf(house.get(id)));
  await house.runner.start(id);

  // As a program leaves it that is killed just after it has forgotten the snapshot.
  house.deps.commit((publish) => {
    const before = { stateBefore: 'Running', reasonBefore: 'booted', detailBefore: null } as const;
    house.journal.put(id, { kind: 'merge', ...before, onEngine: null });
    house.table.update(id, { state: 'DeletingSnapshotOnline', currentSnapshotId: null });
    house.deps.snapshots.delete(snapshot);
    house.media.amend(diskOf({ config }), { isHidden: true }, publish);
  });
  const answering = gate();
  house.engine.script.before.attach = answering.step;
  const next = new MachineRunner(house.deps);
  onTestFinished(() => next.close());
  await next.open();
  expect(house.get(id).state).toBe('DeletingSnapshotOnline');

  answering.open();
  await house.becomes(id, ({ state }) => state === 'Running' && house.media.records().length === 1);
  expect(await readDisk(house, diskOf(house.get(id)))).toEqual(content);
});

it('answers a question that came before the machine had answered', async () => {
  const house = openDiskHouse();
  const id = await addMachineWithDisk(house);
  await house.runner.start(id);
  const answering = gate();
  house.engine.script.before.attach = answering.step;
  const next = new MachineRunner(house.deps);
  onTestFinished(() => next.close());
  await next.open();
  const asked = next.screenshot(id);
  answering.open();
  expect((await asked).width).toBeGreaterThan(0);
});
