import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/main/machines/check-config.ts';
import { memoryZones } from '../../src/shared/memory-zones.ts';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import { MediumId } from '../../src/shared/model/medium.ts';
import { USUAL_ADAPTER } from '../../src/shared/model/network.ts';
import {
  type Attachment,
  CONTROLLER_SLOTS,
  type ControllerType,
  type StorageController,
} from '../../src/shared/model/storage.ts';
import { makeTestConfig } from '../support/machine-records.ts';

const HOST = { memoryMiB: 8192, processors: 4 };
const medium = (digit: number) => MediumId.parse(`00000000-0000-4000-8000-00000000000${digit}`);
const issuesOf = (changes: Partial<MachineConfig>) => checkConfig(makeTestConfig(changes), HOST);
const brief = (changes: Partial<MachineConfig>) =>
  issuesOf(changes).map(({ severity, field }) => `${severity} ${field}`);

const disk = (port: number, device: number, mediumId: MediumId | null): Attachment => ({
  port,
  device,
  kind: 'disk',
  mediumId,
});
const withDrives = (type: ControllerType, ...attachments: Attachment[]): StorageController => ({
  name: CONTROLLER_SLOTS[type].label,
  type,
  attachments,
});

describe('a sound configuration', () => {
  it('has no issues', () => {
    expect(issuesOf({})).toEqual([]);
  });
});

describe('memory', () => {
  it.each([
    [5734, []],
    [5735, ['warning memoryMiB']],
    [7372, ['warning memoryMiB']],
    [7373, ['error memoryMiB']],
  ])('of %d MiB on a host with 8 GiB gives %j', (memoryMiB, issues) => {
    expect(brief({ memoryMiB })).toEqual(issues);
  });

  it('is judged by the zones of any host', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 300_000 }), fc.integer({ min: 4, max: 400_000 }), (hostMiB, memoryMiB) => {
        const { greenMiB, amberMiB } = memoryZones(hostMiB);
        const expected = memoryMiB <= greenMiB ? [] : memoryMiB <= amberMiB ? ['warning'] : ['error'];
        const found = checkConfig(makeTestConfig({ memoryMiB }), { ...HOST, memoryMiB: hostMiB });
        expect(found.map(({ severity }) => severity)).toEqual(expected);
      }),
    );
  });
});

describe('processors', () => {
  it.each([
    [4, []],
    [5, ['warning processors.count']],
    [8, ['warning processors.count']],
    [9, ['error processors.count']],
  ])('%d on a host with 4 give %j', (count, issues) => {
    expect(brief({ processors: { count, capPercent: 100 } })).toEqual(issues);
  });

  it('of a host that has less than one count as one', () => {
    expect(checkConfig(makeTestConfig(), { ...HOST, processors: 0.5 })).toEqual([]);
  });

  it('with a cap under 40 % give a warning', () => {
    expect(brief({ processors: { count: 1, capPercent: 39 } })).toEqual(['warning processors.capPercent']);
    expect(brief({ processors: { count: 1, capPercent: 40 } })).toEqual([]);
  });
});

describe('storage', () => {
  it.each<[string, StorageController[], string[]]>([
    [
      'two drives in one slot',
      [withDrives('ide', disk(0, 0, medium(1)), disk(0, 0, medium(2)))],
      ['error storage.0.attachments.1.port'],
    ],
    ['a port that is not there', [withDrives('ide', disk(2, 0, medium(1)))], ['error storage.0.attachments.0.port']],
    ['a device that is not there', [withDrives('sata', disk(0, 1, medium(1)))], ['error storage.0.attachments.0.port']],
    ['a disk drive without a disk', [withDrives('ide', disk(0, 0, null))], ['error storage.0.attachments.0.mediumId']],
    [
      'a disk that is attached twice',
      [withDrives('ide', disk(0, 0, medium(1))), withDrives('sata', disk(0, 0, medium(1)))],
      ['error storage.1.attachments.0.mediumId'],
    ],
    [
      'a disc drive on a controller for disks only',
      [withDrives('virtio', { port: 0, device: 0, kind: 'optical', mediumId: null }, disk(1, 0, medium(1)))],
      ['error storage.0.attachments.0.kind'],
    ],
    [
      'a floppy drive on IDE',
      [withDrives('ide', { port: 0, device: 0, kind: 'floppy', mediumId: null }, disk(0, 1, medium(1)))],
      ['error storage.0.attachments.0.kind'],
    ],
    [
      'a disk on a floppy controller',
      [withDrives('floppy', disk(0, 0, medium(1)))],
      ['error storage.0.attachments.0.kind'],
    ],
    [
      'two controllers of one type and name',
      [withDrives('ide', disk(0, 0, medium(1))), withDrives('ide')],
      ['error storage.1.name', 'error storage.1.type'],
    ],
  ])('with %s is an error at its field', (_, storage, issues) => {
    expect(brief({ storage })).toEqual(issues);
  });

  it('may use every slot of every controller', () => {
    for (const type of Object.keys(CONTROLLER_SLOTS) as ControllerType[]) {
      const { ports, devicesPerPort } = CONTROLLER_SLOTS[type];
      const kind = type === 'floppy' ? 'floppy' : 'disk';
      const slots = Array.from({ length: ports * devicesPerPort }, (_, index) => index);
      const attachments = slots.map((index) => ({
        port: Math.floor(index / devicesPerPort),
        device: index % devicesPerPort,
        kind: kind as Attachment['kind'],
        mediumId: MediumId.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
      }));
      const storage = [{ name: type, type, attachments }];
      expect(brief({ storage, bootOrder: ['disk', 'floppy'] }), type).toEqual([]);
    }
  });
});

describe('the boot order', () => {
  it('without any device, or with none that the machine has, gives a warning', () => {
    expect(brief({ bootOrder: [] })).toEqual(['warning bootOrder']);
    expect(brief({ bootOrder: ['disk', 'floppy'] })).toEqual(['warning bootOrder']);
    expect(brief({ bootOrder: ['network'] })).toEqual([]);
    expect(brief({ bootOrder: ['network'], adapters: [] })).toEqual(['warning bootOrder']);
  });

  it('does not matter to a kernel that is started directly', () => {
    expect(brief({ bootOrder: [], kernelBoot: { source: 'demo' } })).toEqual([]);
  });
});

describe('adapters', () => {
  it('with the same address give an error at the second', () => {
    const adapter = {
      model: 'auto',
      mode: 'nat',
      macAddress: '52:54:00:00:00:01',
      isCableConnected: true,
      ...USUAL_ADAPTER,
    } as const;
    expect(brief({ adapters: [adapter, adapter] })).toEqual(['error adapters.1.macAddress']);
  });

  it('warns of high priority without the permission for it', () => {
    const config = makeTestConfig();
    const high = { ...config, resources: { ...config.resources, priority: 'high' as const } };
    expect(checkConfig(high, { ...HOST, mayRaisePriority: false })).toMatchObject([
      { severity: 'warning', field: 'resources.priority' },
    ]);
    expect(checkConfig(high, { ...HOST, mayRaisePriority: true })).toEqual([]);
    expect(checkConfig(config, { ...HOST, mayRaisePriority: false })).toEqual([]);
  });
});
