import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crashes, fails, hangs } from '../../src/main/engines/fake/fake-script.ts';
import { openHouse } from '../support/fake-house.ts';
import { gate } from '../support/gate.ts';
import { rawBytes } from '../support/images.ts';
import { refusalOf } from '../support/refusal.ts';

describe('the life of a machine', () => {
  it('goes from start to power off, telling each state', async () => {
    const house = openHouse();
    const id = house.add();
    const told: string[] = [];
    const changes = house.events.watch();
    await house.runner.start(id);
    await house.runner.pause(id);
    await house.runner.resume(id);
    await house.runner.reset(id);
    await house.runner.powerOff(id);
    house.events.close();
    for await (const event of changes) {
      if (event.kind === 'machineChanged') told.push(`${event.machine.state} ${event.machine.reason}`);
    }
    expect([...new Set(told)]).toEqual([
      'Starting user',
      'Running booted',
      'Paused user',
      'Running unpaused',
      'Running reset',
      'Stopping user',
      'PoweredOff powerOff',
    ]);
  });

  it('saves to a file, restores from it, and deletes it once the guest runs', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const saved = await house.runner.saveState(id);
    const file = join(house.paths.machineFolder(id), saved.savedStateFile ?? '');
    expect(house.state(id)).toBe('Saved saved');
    expect(existsSync(file)).toBe(true);
    house.engine.script.before.resume = () => expect(existsSync(file)).toBe(true);
    await house.runner.start(id);
    expect(house.state(id)).toBe('Running restored');
    expect(house.process(id).spec).toMatchObject({ restoreFrom: file, isWarmStart: false });
    expect(readdirSync(house.paths.machineFolder(id))).toEqual(['logs']);
  });

  it('keeps one saved state of a machine that was saved again before its restored guest went on', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    await house.runner.saveState(id);
    house.engine.script.before.resume = fails();
    await refusalOf(() => house.runner.start(id));
    expect(house.get(id).state).toBe('Paused');
    const { savedStateFile } = await house.runner.saveState(id);
    const states = readdirSync(house.paths.machineFolder(id)).filter((name) => name.endsWith('.state'));
    expect(states).toEqual([savedStateFile]);
  });

  it('discards a saved state with its file', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    await house.runner.saveState(id);
    await house.runner.discardState(id);
    expect(house.state(id)).toBe('PoweredOff discarded');
    expect(readdirSync(house.paths.machineFolder(id))).toEqual(['logs']);
  });

  it('obeys the power button when the guest does', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    await house.runner.powerButton(id);
    await house.reaches(id, 'PoweredOff');
    expect(house.state(id)).toBe('PoweredOff guestShutdown');
  });

  it('pauses by itself on an I/O error, and says which', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.process(id).suffer({ state: 'Paused', reason: 'ioError', detail: 'disk full' });
    expect(await house.reaches(id, 'Paused')).toMatchObject({ reason: 'ioError', reasonDetail: 'disk full' });
    await house.runner.resume(id);
    expect(house.state(id)).toBe('Running unpaused');
  });

  it('is stuck while its engine does not answer, and not a moment longer', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.engine.script.before.pause = hangs();
    expect((await refusalOf(() => house.runner.pause(id))).code).toBe('ENGINE_TIMEOUT');
    expect(house.state(id)).toBe('Stuck engineHangs');
    house.process(id).suffer({ state: 'Running' });
    await house.reaches(id, 'Running');
  });
});

describe('a save', () => {
  it.each(['start', 'pause'] as const)('that fails leaves the machine as it was after %s', async (action) => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    if (action === 'pause') await house.runner.pause(id);
    const { state } = house.get(id);
    house.engine.script.before.saveState = fails('disk full');
    await refusalOf(() => house.runner.saveState(id));
    expect(house.get(id)).toMatchObject({
      state,
      reason: 'saveFailed',
      reasonDetail: 'disk full',
      savedStateFile: null,
    });
    expect(house.process(id).status.state).toBe(state);
    expect(house.tasks.list()[0]).toMatchObject({ status: 'failed', title: `Saving the state of 'machine 1'` });
  });

  it('is cancelled through its task, and the machine runs on', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const { step, open, entered } = gate();
    house.engine.script.before.saveState = step;
    const save = refusalOf(() => house.runner.saveState(id));
    await entered;
    const [task] = house.tasks.list();
    if (task) house.tasks.cancel(task.id);
    open();
    expect((await save).code).toBe('CANCELLED');
    expect(house.state(id)).toBe('Running cancelled');
    expect(readdirSync(house.paths.machineFolder(id))).toEqual(['logs']);
  });

  it('is given up for a power off', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const { step, open, entered } = gate();
    house.engine.script.before.saveState = step;
    const save = refusalOf(() => house.runner.saveState(id));
    await entered;
    const off = house.runner.powerOff(id);
    open();
    expect((await save).code).toBe('CANCELLED');
    expect(await off).toMatchObject({ state: 'PoweredOff', reason: 'powerOff', savedStateFile: null });
  });

  it('works while the machine is being paused', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    await Promise.all([house.runner.pause(id), house.runner.saveState(id)]);
    expect(house.state(id)).toBe('Saved saved');
  });

  it('does not hold up what cannot wait for it', async () => {
    const house = openHouse();
    const id = house.add({ name: 'web' });
    await house.runner.start(id);
    const { step, open, entered } = gate();
    house.engine.script.before.saveState = step;
    const save = house.runner.saveState(id);
    await entered;
    expect((await refusalOf(() => house.runner.pause(id))).message).toContain('(machine state: Saving)');
    open();
    await save;
  });
});

describe('a power off', () => {
  it('interrupts an action that waits for a silent engine', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const { step, entered } = gate();
    house.engine.script.before.pause = step;
    const pause = refusalOf(() => house.runner.pause(id));
    await entered;
    await house.runner.powerOff(id);
    expect((await pause).code).toBe('CANCELLED');
    expect(house.state(id)).toBe('PoweredOff powerOff');
  });

  it('that does not work shows the machine as stuck, and can be tried again', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.engine.script.before.powerOff = hangs();
    expect((await refusalOf(() => house.runner.powerOff(id))).code).toBe('ENGINE_TIMEOUT');
    expect(house.state(id)).toBe('Stuck engineHangs');
    house.engine.script.before = {};
    expect((await house.runner.powerOff(id)).state).toBe('PoweredOff');
  });

  it('of a machine that just ended by itself is no error', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.process(id).end({ kind: 'guestShutdown' });
    expect((await house.runner.powerOff(id)).state).toBe('PoweredOff');
  });
});

describe('settings of a running machine', () => {
  const capped = (capPercent: number) => ({ processors: { count: 1, capPercent } });

  it('reach the engine: the execution cap', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const before = house.get(id);
    await house.runner.applyLive(before, { ...before, config: { ...before.config, ...capped(40) } });
    expect(house.process(id).cpuLimitPercent).toBe(40);
  });

  it('are all taken back when one of them is refused', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    const before = house.get(id);
    const path = join(house.paths.data, 'a.img');
    writeFileSync(path, rawBytes(2880));
    const { id: mediumId } = await house.media.register(path, 'floppy');
    const storage = structuredClone(before.config.storage);
    if (storage[0]?.attachments[0]) storage[0].attachments[0].mediumId = mediumId;
    let changes = 0;
    house.engine.script.before.changeMedium = () => {
      changes += 1;
    };
    house.engine.script.before.setCpuLimit = fails();
    const adapters = before.config.adapters.map((adapter) => ({ ...adapter, isCableConnected: false }));
    await refusalOf(() =>
      house.runner.applyLive(before, { ...before, config: { ...before.config, ...capped(40), storage, adapters } }),
    );
    expect(changes).toBe(2);
    expect(adapters.map((_, index) => house.process(id).links.get(index))).toEqual(adapters.map(() => true));
    expect(house.state(id)).toBe('Running booted');
  });
});

describe('questions to a running machine', () => {
  it('are answered: text, keys, screen, serial port, counters', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    await house.runner.type(id, 'echo hello > /dev/ttyS0\n');
    await house.runner.sendKeys(id, ['ctrl', 'alt', 'delete']);
    expect(house.process(id).keys).toEqual([['ctrl', 'alt', 'delete']]);
    const serial = await house.runner.openChannel(id, 'serial');
    serial.destroy();
    expect((await house.runner.screenshot(id)).png.length).toBeGreaterThan(0);
    expect(await house.runner.sample()).toMatchObject([{ machineId: id }]);
  });

  it('are refused when it is off', async () => {
    const house = openHouse();
    const id = house.add();
    expect((await refusalOf(() => house.runner.screenshot(id))).code).toBe('INVALID_STATE');
    expect((await refusalOf(() => house.runner.openChannel(id, 'screen'))).code).toBe('INVALID_STATE');
  });

  it('leave a machine out of the counters while it does not answer', async () => {
    const house = openHouse();
    const [silent, lively] = [house.add({ description: 'fake: sample hangs' }), house.add()];
    await house.runner.start(silent);
    await house.runner.start(lively);
    expect((await house.runner.sample()).map(({ machineId }) => machineId)).toEqual([lively]);
  });

  it('that crash the engine leave a true state', async () => {
    const house = openHouse();
    const id = house.add();
    await house.runner.start(id);
    house.engine.script.before.screenshot = crashes('bad pixel');
    await refusalOf(() => house.runner.screenshot(id));
    expect(await house.reaches(id, 'Aborted')).toMatchObject({ reason: 'engineCrashed', reasonDetail: 'bad pixel' });
  });
});
