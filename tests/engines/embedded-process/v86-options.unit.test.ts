import { describe, expect, it } from 'vitest';
import { planEmulator } from '../../../src/main/engines/embedded/machine-process/v86-options.ts';
import type { ProcessSpec } from '../../../src/main/engines/embedded/process-spec.ts';
import { ideDrive, machineSpec } from './machine-harness.ts';

const floppy = (device: number): ProcessSpec['drives'][number] => ({
  controller: 'floppy',
  controllerName: 'Floppy',
  port: 0,
  device,
  kind: 'floppy',
  medium: null,
});

const adapter = (changes: Partial<ProcessSpec['adapters'][number]> = {}): ProcessSpec['adapters'][number] => ({
  index: 0,
  model: 'auto',
  macAddress: '52:54:00:0a:ff:01',
  isCableConnected: true,
  ...changes,
});

describe('the plan of a machine', () => {
  it.each([
    [[], 0x0],
    [['disk'], 0x2],
    [['optical', 'disk'], 0x23],
    [['floppy', 'optical', 'disk'], 0x231],
    [['floppy', 'optical', 'disk', 'network'], 0x231],
  ] as const)('tells the firmware the boot order %j as %i', (bootOrder, code) => {
    expect(planEmulator(machineSpec({ bootOrder: [...bootOrder] })).bootOrder).toBe(code);
  });

  it('puts drives at the place they were given', () => {
    const drives = [ideDrive(0, 'optical', null), ideDrive(3, 'disk', '/d.img'), floppy(1)];
    expect(planEmulator(machineSpec({ drives })).drives).toMatchObject([
      { id: 'ide0-0', bus: 'ide', channel: 0, unit: 0, kind: 'optical', medium: null },
      { id: 'ide1-1', bus: 'ide', channel: 1, unit: 1, kind: 'disk', medium: { path: '/d.img' } },
      { id: 'floppy0-1', bus: 'floppy', channel: 0, unit: 1, kind: 'floppy' },
    ]);
  });

  it.each([
    ['auto', 'virtio'],
    ['virtio', 'virtio'],
    ['ne2000', 'ne2k'],
  ] as const)('offers an adapter of type %s as %s', (model, expected) => {
    const plan = planEmulator(machineSpec({ adapters: [adapter({ model })] }));
    expect(plan.adapter).toMatchObject({
      model: expected,
      macAddress: Uint8Array.of(0x52, 0x54, 0, 0x0a, 0xff, 1),
    });
  });

  it('has no adapter when none was asked for', () => {
    expect(planEmulator(machineSpec()).adapter).toBeNull();
  });

  it.each([
    ['more memory than 2 GB', { memoryMiB: 2049 }],
    ['two adapters', { adapters: [adapter(), adapter({ index: 1 })] }],
    ['an adapter of another type', { adapters: [adapter({ model: 'e1000' })] }],
    ['a controller of another type', { drives: [{ ...ideDrive(0, 'disk', '/d'), controller: 'sata' as const }] }],
    ['a third IDE channel', { drives: [{ ...ideDrive(0, 'disk', '/d'), port: 2 }] }],
    ['a floppy on IDE', { drives: [{ ...floppy(0), controller: 'ide' as const }] }],
  ] satisfies [string, Partial<ProcessSpec>][])('refuses %s', (_what, changes) => {
    expect(() => planEmulator(machineSpec(changes))).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });
});
