import { describe, expect, it } from 'vitest';
import { configChanges } from '../../src/main/machines/config-changes.ts';
import type { MachineRecord } from '../../src/main/machines/machine-record.ts';
import { InnError } from '../../src/shared/errors.ts';
import { ALL_STATES, type MachineState } from '../../src/shared/machine-state.ts';
import { MachineConfig, MachineId, USUAL_HARDWARE } from '../../src/shared/model/machine.ts';
import { MediumId } from '../../src/shared/model/medium.ts';
import { USUAL_ADAPTER } from '../../src/shared/model/network.ts';
import { isoBytes, rawBytes, writeImage } from '../support/images.ts';
import { makeTestConfig, makeTestRecord } from '../support/machine-records.ts';
import { refusalOf } from '../support/refusal.ts';
import { openStore } from '../support/store.ts';

const adapter = {
  model: 'auto',
  mode: 'nat',
  macAddress: '52:54:00:12:34:56',
  isCableConnected: true,
  ...USUAL_ADAPTER,
} as const;
const disc = MediumId.parse('00000000-0000-4000-8000-000000000001');

/** One change of each setting, and in which states it may be made: O off, S saved, L running or paused. */
const CHANGES: [field: string, when: string, change: Partial<MachineConfig>][] = [
  ['name', 'OSL', { name: 'mail' }],
  ['description', 'OSL', { description: 'It serves.' }],
  ['group', 'OSL', { group: '/Lab' }],
  ['processors.capPercent', 'OSL', { processors: { count: 1, capPercent: 50 } }],
  ['processors.count', 'O', { processors: { count: 2, capPercent: 100 } }],
  ['memoryMiB', 'O', { memoryMiB: 512 }],
  ['osType', 'O', { osType: 'debian-32' }],
  ['engine', 'O', { engine: 'qemu' }],
  ['bootOrder', 'O', { bootOrder: ['disk'] }],
  ['kernelBoot', 'O', { kernelBoot: { source: 'demo' } }],
  ['display', 'O', { display: { videoMemoryMiB: 16 } }],
  ['isTemplate', 'OSL', { isTemplate: true }],
  ['keepsWarmStart', 'O', { keepsWarmStart: true }],
  ['adapters (network)', 'OSL', { adapters: [{ ...adapter, mode: 'notAttached' }] }],
  ['adapters (cable)', 'OL', { adapters: [{ ...adapter, isCableConnected: false }] }],
  ['motherboard', 'O', { motherboard: { ...USUAL_HARDWARE.motherboard, chipset: 'q35' } }],
  ['audio', 'O', { audio: { ...USUAL_HARDWARE.audio, card: 'hda' } }],
  ['resources', 'OSL', { resources: { ...USUAL_HARDWARE.resources, priority: 'low' } }],
  ['storage', 'O', { storage: [] }],
];

const letterOf: Partial<Record<MachineState, string>> = {
  PoweredOff: 'O',
  Aborted: 'O',
  Saved: 'S',
  AbortedSaved: 'S',
  Running: 'L',
  Paused: 'L',
};

function openWith(changes: Partial<MachineRecord> = {}, overrides: Parameters<typeof openStore>[0] = {}) {
  const store = openStore(overrides);
  const record = makeTestRecord(changes);
  store.table.insert(record);
  return { ...store, record };
}

describe('which settings may change when', () => {
  it.each(CHANGES)('%s: %s', async (_, when, change) => {
    const { machines, table } = openStore();
    const config = makeTestConfig(change);
    for (const state of ALL_STATES) {
      const record = makeTestRecord({ state });
      table.insert(record);
      const configure = () => machines.configure(record.id, 1, config);
      if (when.includes(letterOf[state] ?? '-')) {
        expect(await configure(), state).toMatchObject({ config, revision: 2 });
        expect(table.get(record.id)).toEqual({ ...record, config, revision: 2 });
      } else {
        const refusal = await refusalOf(configure);
        expect(refusal).toMatchObject({ code: 'INVALID_STATE', details: { state } });
        expect(refusal.message).toContain('(machine state: ');
        expect(table.get(record.id)).toEqual(record);
      }
      table.delete(record.id);
    }
  });

  it('has a rule for every field of the configuration', () => {
    const ruled = new Set(CHANGES.map(([field]) => field.split(/[. ]/)[0]));
    expect(Object.keys(MachineConfig.shape).filter((field) => !ruled.has(field))).toEqual([]);
    for (const [field, , change] of CHANGES) {
      expect(configChanges(makeTestConfig(), makeTestConfig(change)), field).not.toEqual([]);
    }
  });

  it('names the setting in the refusal', async () => {
    const { machines } = openWith({ state: 'Running' });
    const refusal = await refusalOf(() => machines.configure('web', 1, makeTestConfig({ memoryMiB: 512 })));
    expect(refusal.message).toBe(
      "Cannot change the memory of 'web' because it is not powered off (machine state: Running).",
    );
    expect(refusal.details).toMatchObject({ suggestedAction: 'powerOff', allowedFrom: ['PoweredOff', 'Aborted'] });
  });
});

describe('configuring', () => {
  it('with an old revision is a conflict, and changes nothing', async () => {
    const { machines, table, record } = openWith();
    await machines.configure('web', 1, makeTestConfig({ memoryMiB: 512 }));
    const refusal = await refusalOf(() => machines.configure('web', 1, makeTestConfig({ memoryMiB: 1024 })));
    expect(refusal).toMatchObject({ code: 'CONFLICT', details: { revision: 2, given: 1 } });
    expect(table.get(record.id)?.config.memoryMiB).toBe(512);
  });

  it('twice at once from the same revision lets one through', async () => {
    const { machines } = openWith({ state: 'Running' });
    const rename = (name: string) => machines.configure('web', 1, makeTestConfig({ name }));
    const outcomes = await Promise.allSettled([rename('a'), rename('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(machines.list()).toMatchObject([{ config: { name: 'a' }, revision: 2 }]);
  });

  it('without a change keeps the revision and tells nobody', async () => {
    const { machines, published } = openWith();
    expect(await machines.configure('web', 1, makeTestConfig())).toMatchObject({ revision: 1 });
    expect(published).toEqual([]);
  });

  it('to the name of another machine is refused', async () => {
    const { machines, table } = openWith();
    table.insert(makeTestRecord({ config: makeTestConfig({ name: 'Mail' }) }));
    const rename = () => machines.configure('web', 1, makeTestConfig({ name: 'mail' }));
    expect(await refusalOf(rename)).toMatchObject({ code: 'NAME_IN_USE' });
  });

  it('of an unknown machine suggests one that is near', async () => {
    const { machines } = openWith();
    const refusal = await refusalOf(() => machines.get('weeb'));
    expect(refusal).toMatchObject({ code: 'MACHINE_NOT_FOUND', hint: "Did you mean 'web'?" });
    const unknown = MachineId.parse('00000000-0000-4000-8000-00000000000f');
    expect(await refusalOf(() => machines.get(unknown))).toMatchObject({ code: 'MACHINE_NOT_FOUND' });
  });

  it('refuses what would be wrong, but not for what was wrong before', async () => {
    const { machines } = openWith({ config: makeTestConfig({ memoryMiB: 100_000 }) });
    const rename = makeTestConfig({ memoryMiB: 100_000, name: 'mail' });
    expect(await machines.configure('web', 1, rename)).toMatchObject({ config: { name: 'mail' } });
    const worse = { ...rename, processors: { count: 32, capPercent: 100 } };
    const refusal = await refusalOf(() => machines.configure('mail', 2, worse));
    expect(refusal).toMatchObject({ code: 'INVALID_CONFIG', details: { issues: [{ field: 'processors.count' }] } });
  });

  it('of a damaged machine is refused, with a way out', async () => {
    const { machines, db } = openWith();
    db.sql.exec("UPDATE machine SET config = '{'");
    const refusal = await refusalOf(() => machines.configure('web', 1, makeTestConfig({ memoryMiB: 512 })));
    expect(refusal).toMatchObject({ code: 'INVALID_CONFIG', details: { isDamaged: true } });
    expect(machines.get('web')).toMatchObject({ isDamaged: true, engine: null });
  });
});

describe('a live change', () => {
  const slower = makeTestConfig({ processors: { count: 1, capPercent: 50 } });

  it('reaches the engine before it is stored', async () => {
    const told: [number, number][] = [];
    const applyLive = async (before: MachineRecord, after: MachineRecord) => {
      told.push([before.config.processors.capPercent, after.config.processors.capPercent]);
      expect(store.table.get(before.id)?.config.processors.capPercent).toBe(100);
    };
    const store = openWith({ state: 'Running' }, { applyLive });
    expect(await store.machines.configure('web', 1, slower)).toMatchObject({ revision: 2 });
    expect(told).toEqual([[100, 50]]);
  });

  it('that the engine refuses is not stored', async () => {
    const applyLive = async () => {
      throw new InnError('ENGINE_FAILED', 'No.');
    };
    const { machines, table, record, published } = openWith({ state: 'Paused' }, { applyLive });
    expect(await refusalOf(() => machines.configure('web', 1, slower))).toMatchObject({ code: 'ENGINE_FAILED' });
    expect(table.get(record.id)).toEqual(record);
    expect(published).toEqual([]);
  });

  it.each<[MachineState, Partial<MachineConfig>]>([
    ['PoweredOff', { processors: { count: 1, capPercent: 50 } }],
    ['Saved', { processors: { count: 1, capPercent: 50 } }],
    ['Running', { name: 'mail', description: 'New.', group: '/Lab' }],
  ])('is none of the engine when it is %s and only %j changes', async (state, change) => {
    const applyLive = async () => expect.fail('the engine was told');
    const { machines } = openWith({ state }, { applyLive });
    expect(await machines.configure('web', 1, makeTestConfig(change))).toMatchObject({ revision: 2 });
  });
});

describe('changing a medium', () => {
  const slot = { controller: 'IDE', port: 1, device: 0 };

  it.each<MachineState>(['PoweredOff', 'Running', 'Paused'])(
    'works while it is %s, and both media are told',
    async (state) => {
      const { machines, media, folder, published } = openWith({ state });
      const one = await media.register(writeImage(folder, '1.iso', isoBytes()), 'optical');
      const two = await media.register(writeImage(folder, '2.iso', isoBytes()), 'optical');
      await machines.changeMedium('web', slot, one.id);
      published.length = 0;
      const machine = await machines.changeMedium('web', slot, two.id);
      expect(machine.config.storage[0]?.attachments[0]?.mediumId).toBe(two.id);
      const told = published.flatMap((event) => (event.kind === 'mediumChanged' ? event.medium : []));
      expect(told.map(({ name, attachedTo }) => [name, attachedTo])).toEqual([
        ['1.iso', []],
        ['2.iso', ['web']],
      ]);
      await machines.changeMedium('web', slot, null);
      expect(media.known().flatMap(({ attachedTo }) => attachedTo)).toEqual([]);
    },
  );

  it('is refused while its state is saved, for an unknown medium, and where there is no drive', async () => {
    const { machines, table, record, media, folder } = openWith({ state: 'Saved' });
    const { id } = await media.register(writeImage(folder, '1.iso', isoBytes()), 'optical');
    const change = (where: typeof slot, medium: MediumId) =>
      refusalOf(() => machines.changeMedium('web', where, medium));
    expect(await change(slot, id)).toMatchObject({ code: 'INVALID_STATE' });
    table.update(record.id, { state: 'Running' });
    expect(await change(slot, disc)).toMatchObject({ code: 'MEDIUM_NOT_FOUND' });
    expect(await change({ ...slot, port: 0 }, id)).toMatchObject({ code: 'INVALID_CONFIG' });
    expect(await change({ ...slot, controller: 'SATA' }, id)).toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('is refused for a hard disk', async () => {
    const { machines, folder } = openStore();
    await machines.create({ name: 'web', diskPath: writeImage(folder, 'a.img', rawBytes()) });
    const eject = () => machines.changeMedium('web', { controller: 'IDE', port: 0, device: 0 }, null);
    expect(await refusalOf(eject)).toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('renaming', () => {
  it('is told of the media, too: they say whose they are', async () => {
    const { machines, folder, media, published } = openStore();
    const { config } = await machines.create({ name: 'web', diskPath: writeImage(folder, 'a.img', rawBytes()) });
    published.length = 0;
    await machines.configure('web', 1, { ...config, name: 'mail' });
    expect(published).toMatchObject([
      { kind: 'machineChanged' },
      { kind: 'mediumChanged', medium: { attachedTo: ['mail'] } },
    ]);
    expect(media.known()).toMatchObject([{ attachedTo: ['mail'] }]);
  });
});

describe('checking', () => {
  it('gathers name, rules, media and engine, and changes nothing', async () => {
    const { machines, record } = openWith(
      {},
      {
        checkEngine: () => ({
          issues: [{ severity: 'warning', field: 'engine', message: 'It is slow.' }],
          engine: 'embedded',
          engineReason: 'It is there.',
        }),
      },
    );
    const attachments = [{ port: 0, device: 0, kind: 'optical' as const, mediumId: disc }];
    const config = makeTestConfig({ memoryMiB: 8000, storage: [{ name: 'IDE', type: 'ide', attachments }] });
    const { issues, engine, engineReason } = machines.check(config);
    expect(issues.map(({ field }) => field)).toEqual([
      'name',
      'memoryMiB',
      'engine',
      'storage.0.attachments.0.mediumId',
    ]);
    expect([engine, engineReason]).toEqual(['embedded', 'It is there.']);
    expect(machines.check(config, record.id).issues.map(({ field }) => field)).not.toContain('name');
  });
});
