import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InnError } from '../../src/shared/errors.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import type { Medium, MediumId } from '../../src/shared/model/medium.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore, type Store } from '../support/store.ts';
import { aDisk, MIB, titles, watched } from './managed-disks.ts';

/** A machine in a state, with the medium in its first drive. */
function attach({ table }: Store, name: string, { id, kind }: Medium, state: MachineState) {
  const attachments = [{ port: 0, device: 0, kind, mediumId: id }];
  const config = makeTestConfig({ name, storage: [{ name: 'IDE', type: 'ide', attachments }] });
  table.insert(makeTestRecord({ config, state }));
}

describe('while a machine stands in the way', () => {
  const writing: [string, (store: Store, id: MediumId) => Promise<unknown>][] = [
    ['resize', ({ mediumManager }, id) => mediumManager.resize(id, 16 * MIB)],
    ['compact', ({ mediumManager }, id) => mediumManager.compact(id)],
    ['repair', ({ mediumManager }, id) => mediumManager.check(id, true)],
    ['copy', ({ mediumManager, folder }, id) => mediumManager.copy(id, { path: join(folder, 'copy.qcow2') })],
    ['check', ({ mediumManager }, id) => mediumManager.check(id, false)],
    ['move', ({ mediumManager, folder }, id) => mediumManager.move(id, join(folder, 'moved.qcow2'))],
  ];

  it.each(writing)('%s is refused: the machine and its state are named', async (_, work) => {
    const store = openStore();
    const disk = await store.mediumManager.create(aDisk(join(store.folder, 'a.qcow2')));
    attach(store, 'web', disk, 'Running');
    const before = readFileSync(disk.location);
    const refusal = await refusalOf(() => work(store, disk.id));
    expect(refusal.code).toBe('MEDIUM_IN_USE');
    expect(refusal.message).toMatch(/'web' is using it \(machine state: Running\)/);
    expect(readFileSync(disk.location)).toEqual(before);
    expect(titles(store)).toHaveLength(1); // That of its creation: a refusal is no task.
  });

  it.each(writing.slice(0, 3))(
    '%s is refused beside a saved state, which belongs to the disk as it is',
    async (_, work) => {
      const store = openStore();
      const disk = await store.mediumManager.create(aDisk(join(store.folder, 'a.qcow2')));
      attach(store, 'web', disk, 'Saved');
      expect(await refusalOf(() => work(store, disk.id))).toMatchObject({
        code: 'MEDIUM_IN_USE',
        hint: expect.stringContaining('discard its saved state'),
      });
    },
  );

  it('a machine cannot have the disk while it is being copied, and can after', async () => {
    const store = openStore();
    const { mediumManager, media, folder } = store;
    const disk = await mediumManager.create(aDisk(join(folder, 'a.qcow2')));
    const refusals: Promise<InnError>[] = [];
    const { manager } = watched(store, () => {
      refusals.push(refusalOf(() => media.resolve(disk.id)));
      refusals.push(refusalOf(() => media.remove(disk.id, true)));
    });
    await manager.copy(disk.id, { path: join(folder, 'b.qcow2') });
    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toMatchObject({ code: 'MEDIUM_IN_USE', message: expect.stringContaining('being copied') });
    }
    expect(refusals).toHaveLength(2);
    expect(await media.resolve(disk.id)).toMatchObject({ id: disk.id });
  });
});
