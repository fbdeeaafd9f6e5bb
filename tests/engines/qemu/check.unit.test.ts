import { describe, expect, it } from 'vitest';
import { qemuCapabilities } from '../../../src/main/engines/qemu/capabilities.ts';
import { checkQemu } from '../../../src/main/engines/qemu/check.ts';
import type { Installation } from '../../../src/main/engines/qemu/installation.ts';
import type { MachineConfig } from '../../../src/shared/model/machine.ts';
import { MediumId } from '../../../src/shared/model/medium.ts';
import { USUAL_ADAPTER } from '../../../src/shared/model/network.ts';
import type { ControllerType } from '../../../src/shared/model/storage.ts';
import { CONFIG, INSTALLATION } from './machine-plan.ts';

const ALL = qemuCapabilities(undefined, 'linux');

function check(config: Partial<MachineConfig>, installation?: Partial<Installation>, can = ALL) {
  const found = installation && { ...INSTALLATION, ...installation };
  return checkQemu({ ...CONFIG, ...config }, can, found).map(({ severity, field }) => `${severity} ${field}`);
}

function controller(type: ControllerType, disks: number): MachineConfig['storage'][number] {
  const attachments = Array.from({ length: disks }, (_, port) => {
    return { port, device: 0, kind: 'disk' as const, mediumId: MediumId.parse(crypto.randomUUID()) };
  });
  return { name: type, type, attachments };
}

const q35 = { ...CONFIG.motherboard, chipset: 'q35' };

const adapter = (mode: 'nat' | 'internal' | 'notAttached', model: 'auto' | 'e1000' = 'auto') => ({
  ...{ model, mode, macAddress: '52:54:00:00:00:01', isCableConnected: true, ...USUAL_ADAPTER },
});

describe('what QEMU says to a configuration', () => {
  it('finds nothing wrong with the usual one, of 32 or 64 bits', () => {
    const usual = { storage: [controller('ide', 1)], adapters: [adapter('nat')] };
    expect(check(usual, {})).toEqual([]);
    expect(check({ ...usual, osType: 'demo' }, {})).toEqual([]);
  });

  it.each([
    ['too little memory', { memoryMiB: 3 }, ['error memoryMiB']],
    ['NVMe disks, which cannot be saved', { storage: [controller('nvme', 1)] }, ['warning storage.0.type']],
    ['as many PCI devices as places', { storage: [controller('virtio', 25)] }, []],
    ['more PCI devices than places', { storage: [controller('virtio', 26)] }, ['error storage']],
    ['places kept for what is plugged', { storage: [controller('virtio', 22)], motherboard: q35 }, ['error storage']],
    ['as many SCSI disks as there are', { storage: [controller('scsi', 16)] }, []],
  ] as const)('%s: %j', (_, config, issues) => {
    expect(check(config as Partial<MachineConfig>, {})).toEqual(issues);
  });

  it('refuses adapters that this QEMU has no socket for, whatever they are on', () => {
    const old = { version: { major: 7, minor: 1, micro: 0 } };
    expect(check({ adapters: [adapter('internal')] }, old)).toEqual(['error adapters.0.mode']);
    expect(check({ adapters: [adapter('notAttached')] }, old)).toEqual(['error adapters.0.mode']);
    expect(check({ adapters: [adapter('internal')] }, {})).toEqual([]);
    expect(check({ adapters: [adapter('nat')] })).toEqual([]); // not installed yet: nothing is known against it
  });

  it('refuses devices that this QEMU was built without', () => {
    const can = qemuCapabilities(new Set(['ide-hd', 'ide-cd', 'virtio-net-pci']), 'linux');
    expect(can.controllers).toEqual(['ide']);
    expect(can.adapterModels).toEqual(['auto', 'virtio']);
    const config = { storage: [controller('sata', 1)], adapters: [adapter('nat', 'e1000')] };
    expect(check(config, {}, can)).toEqual(['error storage.0.type', 'error adapters.0.model']);
  });

  it('gives a reason for everything that it cannot do', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const abilities = Object.values(qemuCapabilities(undefined, platform)).flatMap((each) =>
        typeof each === 'object' && 'isAvailable' in each ? [each] : [],
      );
      expect(abilities.length).toBeGreaterThan(5);
      for (const { isAvailable, reason } of abilities) expect(isAvailable).toBe(reason === null);
    }
    expect(qemuCapabilities(undefined, 'win32').executionCap.isAvailable).toBe(false);
  });
});
