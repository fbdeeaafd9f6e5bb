import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import { markOf } from '../../src/main/machines/file-marks.ts';
import { fingerprintOf, sawPattern, type WarmStartFacts } from '../../src/main/machines/start/warm-start.ts';
import type { MachineConfig, MachineId } from '../../src/shared/model/machine.ts';
import { type House, openHouse } from '../support/fake-house.ts';
import { rawBytes } from '../support/images.ts';
import { makeTestConfig } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';

const demo = { kernelBoot: { source: 'demo' as const }, storage: [], keepsWarmStart: true };

/** Starts a demo machine and waits until its state was kept. */
async function warmUp(house: House, config: Partial<MachineConfig> = {}): Promise<MachineId> {
  const id = house.add({ ...demo, ...config });
  await house.runner.start(id);
  await house.becomes(id, ({ warmStart }) => warmStart !== null);
  return id;
}

function addDisk(house: House): Promise<{ path: string; storage: MachineConfig['storage'] }> {
  const path = join(house.paths.data, 'disk.img');
  writeFileSync(path, rawBytes());
  return house.media.register(path, 'disk').then(({ id: mediumId }) => ({
    path,
    storage: [{ name: 'IDE', type: 'ide', attachments: [{ port: 0, device: 0, kind: 'disk', mediumId }] }],
  }));
}

describe('a warm start', () => {
  it('is kept when the demo guest says that it is ready, and used from then on', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    expect(house.state(id)).toBe('Running booted');
    for (let round = 0; round < 2; round += 1) {
      await house.runner.powerOff(id);
      await house.runner.start(id);
      expect(house.state(id)).toBe('Running warmStart');
      expect(house.process(id).spec.isWarmStart).toBe(true);
    }
  });

  it('is not kept of a machine that was not asked to', async () => {
    const house = openHouse();
    const id = house.add({ ...demo, keepsWarmStart: false });
    await house.runner.start(id);
    await house.runner.powerOff(id);
    expect(house.get(id).warmStart).toBeNull();
    await house.runner.start(id);
    expect(house.state(id)).toBe('Running booted');
  });

  it('falls back to a cold boot when it does not load, and is dropped', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.powerOff(id);
    const { warmStart } = house.get(id);
    const file = join(house.paths.machineFolder(id), warmStart?.file ?? '');
    writeFileSync(file, 'damaged');
    await house.runner.start(id);
    expect(house.state(id)).toBe('Running booted');
    expect(existsSync(file)).toBe(false);
  });

  it('is dropped when the machine that came from it crashes at once', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.powerOff(id);
    await house.runner.start(id);
    house.process(id).end({ kind: 'crashed', reason: 'engineCrashed', detail: 'trap' });
    await house.becomes(id, ({ warmStart }) => warmStart === null);
    expect(house.state(id)).toBe('Aborted engineCrashed');
  });

  it('is dropped when the machine that came from it is stuck at once', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.powerOff(id);
    await house.runner.start(id);
    house.process(id).suffer({ state: 'Stuck', reason: 'engineCrashed', detail: 'trap' });
    await house.becomes(id, ({ warmStart }) => warmStart === null);
    expect(house.state(id)).toBe('Stuck engineCrashed');
  });

  it('is kept when the machine that came from it is killed', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.powerOff(id);
    await house.runner.start(id);
    house.process(id).end({ kind: 'crashed', reason: 'engineKilled', detail: 'SIGKILL' });
    await house.reaches(id, 'Aborted');
    expect((await house.runner.start(id)).reason).toBe('warmStart');
  });

  it('outlives a save and a restore', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.saveState(id);
    await house.runner.start(id);
    expect(house.state(id)).toBe('Running restored');
    await house.runner.powerOff(id);
    expect((await house.runner.start(id)).reason).toBe('warmStart');
  });

  it('never meets a disk that was written since', async () => {
    const house = openHouse();
    const { path, storage } = await addDisk(house);
    const id = await warmUp(house, { storage });
    await house.runner.powerOff(id);
    expect((await house.runner.start(id)).reason).toBe('warmStart');
    await house.runner.powerOff(id);
    writeFileSync(path, rawBytes());
    expect((await house.runner.start(id)).reason).toBe('booted');
    expect(house.get(id).warmStart).toBeNull();
  });

  it('is tried again when the guest wrote to its disk in the moment in which it was kept', async () => {
    const house = openHouse();
    const { path, storage } = await addDisk(house);
    let writes = 1;
    house.engine.script.before.keepState = () => {
      if (writes > 0) writeFileSync(path, rawBytes().fill(writes));
      writes -= 1;
    };
    const id = await warmUp(house, { storage });
    expect(writes).toBe(-1);
    await house.runner.powerOff(id);
    expect((await house.runner.start(id)).reason).toBe('warmStart');
  });

  it('is not kept of a guest that writes all the time', async () => {
    const house = openHouse();
    const { path, storage } = await addDisk(house);
    const id = house.add({ storage, name: 'busy' });
    await house.runner.start(id);
    house.engine.script.before.keepState = () => writeFileSync(path, rawBytes());
    const refusal = await refusalOf(() => house.runner.keepWarmStart(id));
    expect(refusal.message).toBe(
      "Cannot keep a warm start of 'busy' because its guest writes to its disks all the time.",
    );
    expect(readdirSync(house.paths.machineFolder(id))).toEqual(['logs']);
  });

  it('boots a machine whose memory was changed', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    await house.runner.powerOff(id);
    house.table.update(id, { config: { ...house.get(id).config, memoryMiB: 512 } });
    expect((await house.runner.start(id)).reason).toBe('booted');
  });

  it('can be asked for of any machine, which goes on as it was', async () => {
    const house = openHouse();
    const id = house.add({ keepsWarmStart: true });
    await house.runner.start(id);
    await house.runner.pause(id);
    await house.runner.keepWarmStart(id);
    expect(house.state(id)).toBe('Paused user');
    expect(house.process(id).status.state).toBe('Paused');
    await house.runner.powerOff(id);
    expect((await house.runner.start(id)).reason).toBe('warmStart');
  });

  it('that fails to be kept leaves the one of before, and no file', async () => {
    const house = openHouse();
    const id = await warmUp(house);
    const { warmStart } = house.get(id);
    house.engine.script.before.keepState = fails('disk full');
    await expect(house.runner.keepWarmStart(id)).rejects.toThrow('disk full');
    expect(house.get(id)).toMatchObject({ state: 'Running', warmStart });
    expect(house.process(id).status.state).toBe('Running');
    expect(readdirSync(house.paths.machineFolder(id)).sort()).toEqual(['logs', warmStart?.file]);
  });

  it('leaves strays of a program that was killed to the next start to delete', async () => {
    const house = openHouse();
    const id = house.add();
    const folder = house.paths.machineFolder(id);
    mkdirSync(folder, { recursive: true });
    for (const name of ['warm-0123abcd.state', 'saved-0123abcd.state.json', 'saved-0123abcd.state.new', 'notes.txt']) {
      writeFileSync(join(folder, name), '');
    }
    await house.runner.start(id);
    expect(readdirSync(folder).sort()).toEqual(['logs', 'notes.txt']);
  });
});

describe('the fingerprint', () => {
  const facts = (config: Partial<MachineConfig> = {}, changes: Partial<WarmStartFacts> = {}): WarmStartFacts => ({
    engine: { id: 'embedded', version: '0.5.462' },
    spec: { config: makeTestConfig(config), drives: [], kernel: null, adapters: [] },
    marks: ['/k|1|2'],
    ...changes,
  });
  const original = fingerprintOf(facts());

  it.each<[string, WarmStartFacts]>([
    ['memory', facts({ memoryMiB: 512 })],
    ['processors', facts({ processors: { count: 2, capPercent: 100 } })],
    ['display', facts({ display: { videoMemoryMiB: 16 } })],
    ['engine version', facts({}, { engine: { id: 'embedded', version: '0.5.463' } })],
    ['a file', facts({}, { marks: ['/k|1|3'] })],
    [
      'kernel',
      facts({}, { spec: { ...facts().spec, kernel: { kernelPath: '/k', initrdPath: null, commandLine: 'x' } } }),
    ],
  ])('changes with %s', (_, changed) => {
    expect(fingerprintOf(changed)).not.toBe(original);
  });

  it.each<[string, Partial<MachineConfig>]>([
    ['name', { name: 'other' }],
    ['cap', { processors: { count: 1, capPercent: 10 } }],
    ['boot order', { bootOrder: ['disk'] }],
    ['group', { group: '/Lab' }],
  ])('does not change with %s', (_, changes) => {
    expect(fingerprintOf(facts(changes))).toBe(original);
  });
});

describe('the word of the guest', () => {
  it('is found when it comes in pieces', async () => {
    const pieces = ['boot\r\nINNKEE', 'PER DEMO REA', 'DY name=demo\r\n'].map((text) => Buffer.from(text));
    expect(await sawPattern(Readable.from(pieces), /^INNKEEPER DEMO READY/m)).toBe(true);
  });

  it('is not found in a stream without it', async () => {
    expect(await sawPattern(Readable.from([Buffer.from('x INNKEEPER DEMO READY')]), /^INNKEEPER DEMO READY/m)).toBe(
      false,
    );
  });
});

describe('a mark', () => {
  it('changes with time alone', async () => {
    const house = openHouse();
    const file = join(house.paths.data, 'x');
    writeFileSync(file, 'x');
    const before = await markOf(file);
    utimesSync(file, 1, 1);
    expect(await markOf(file)).not.toBe(before);
  });
});
