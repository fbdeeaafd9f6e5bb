import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import type { MediumId } from '../../src/shared/model/medium.ts';
import { GIB } from '../../src/shared/units.ts';
import { openHouse } from '../support/fake-house.ts';
import { gate } from '../support/gate.ts';
import { rawBytes } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';

const disk = (mediumId: MediumId) => [
  { name: 'IDE', type: 'ide' as const, attachments: [{ port: 0, device: 0, kind: 'disk' as const, mediumId }] },
];

describe('a start', () => {
  it('happens once when it is asked for twice', async () => {
    const house = openHouse();
    const id = house.add({ name: 'web' });
    const [first, second] = await Promise.allSettled([house.runner.start(id), house.runner.start(id)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'INVALID_STATE' } });
    expect(house.world.size).toBe(1);
  });

  it('that fails leaves the machine off, with the words of the engine', async () => {
    const house = openHouse();
    const id = house.add();
    house.engine.script.before.start = fails('no more sockets');
    expect((await refusalOf(() => house.runner.start(id))).message).toBe('no more sockets');
    expect(house.get(id)).toMatchObject({
      state: 'PoweredOff',
      reason: 'startFailed',
      reasonDetail: 'no more sockets',
    });
  });

  it('from a damaged saved state leaves the state where it was', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const { savedStateFile } = await house.runner.saveState(id);
    const file = join(house.paths.machineFolder(id), savedStateFile ?? '');
    writeFileSync(file, 'no state');
    expect((await refusalOf(() => house.runner.start(id))).code).toBe('ENGINE_FAILED');
    expect(house.get(id)).toMatchObject({ state: 'Saved', reason: 'restoreFailed', savedStateFile });
    expect(existsSync(file)).toBe(true);
  });

  it('is cancelled by a power off', async () => {
    const house = openHouse();
    const id = house.add();
    const { step, open, entered } = gate();
    house.engine.script.before.start = step;
    const start = refusalOf(() => house.runner.start(id));
    await entered;
    const off = house.runner.powerOff(id);
    expect(house.state(id)).toBe('Stopping user');
    open();
    expect((await start).code).toBe('CANCELLED');
    expect(await off).toMatchObject({ state: 'PoweredOff', reason: 'cancelled' });
    expect(house.world.size).toBe(0);
  });

  it.each(['start', 'resume', 'status'] as const)(
    'from a saved state keeps it when a power off cancels it at %s',
    async (moment) => {
      const house = openHouse();
      const id = house.add();
      await house.runner.start(id);
      const { savedStateFile } = await house.runner.saveState(id);
      const { step, open, entered } = gate();
      house.engine.script.before[moment] = step;
      const start = refusalOf(() => house.runner.start(id));
      await entered;
      const off = house.runner.powerOff(id);
      open();
      expect((await start).code).toBe('CANCELLED');
      expect(await off).toMatchObject({ state: 'Saved', reason: 'cancelled', savedStateFile, runtime: null });
      expect(house.world.size).toBe(0);
    },
  );

  it('refuses memory that the host does not have, with numbers, and changes nothing', async () => {
    const house = openHouse({ memoryAvailableBytes: async () => 0.5 * GIB });
    const small = house.add({ memoryMiB: 256 });
    const big = house.add({ memoryMiB: 512, name: 'big' });
    await house.runner.start(small);
    const refusal = await refusalOf(() => house.runner.start(big));
    expect(refusal).toMatchObject({ code: 'HOST_MEMORY_SHORT', details: { numbers: { availableBytes: 0.5 * GIB } } });
    expect(house.state(big)).toBe('PoweredOff created');
  });

  it('does not promise the same memory to two machines that start at once', async () => {
    const house = openHouse({ memoryAvailableBytes: async () => 0.5 * GIB });
    const ids = [house.add({ memoryMiB: 300 }), house.add({ memoryMiB: 300 })];
    const starts = await Promise.allSettled(ids.map((id) => house.runner.start(id)));
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('refuses a disk that another running machine writes to', async () => {
    const house = openHouse();
    const path = join(house.paths.data, 'shared.img');
    writeFileSync(path, rawBytes());
    const { id: mediumId } = await house.media.register(path, 'disk');
    const first = house.add({ name: 'first', storage: disk(mediumId) });
    const second = house.add({ name: 'second', storage: disk(mediumId) });
    await house.runner.start(first);
    expect(await refusalOf(() => house.runner.start(second))).toMatchObject({
      code: 'MEDIUM_IN_USE',
      details: { usedBy: 'first' },
    });
    await house.runner.powerOff(first);
    expect((await house.runner.start(second)).state).toBe('Running');
  });

  it('names the engine that is missing', async () => {
    const house = openHouse();
    const id = house.add({ engine: 'qemu' });
    expect(await refusalOf(() => house.runner.start(id))).toMatchObject({ code: 'ENGINE_MISSING' });
    expect(house.state(id)).toBe('PoweredOff created');
  });

  it('refuses a saved state whose disk was changed since, and takes it when discarded', async () => {
    const house = openHouse();
    const path = join(house.paths.data, 'disk.img');
    writeFileSync(path, rawBytes());
    const { id: mediumId } = await house.media.register(path, 'disk');
    const id = house.add({ storage: disk(mediumId) });
    await house.runner.start(id);
    await house.runner.saveState(id);
    writeFileSync(path, rawBytes().fill(1));
    const refusal = await refusalOf(() => house.runner.start(id));
    expect(refusal.message).toContain('was changed after the state was saved');
    expect(house.get(id).state).toBe('Saved');
    await house.runner.discardState(id);
    expect((await house.runner.start(id)).reason).toBe('booted');
  });
});
