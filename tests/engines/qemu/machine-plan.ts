import type { CommandPlan } from '../../../src/main/engines/qemu/command-line/part.ts';
import type { Installation } from '../../../src/main/engines/qemu/installation.ts';
import type { ResolvedDrive, StartSpec } from '../../../src/main/engines/start-spec.ts';
import { MachineConfig, MachineId } from '../../../src/shared/model/machine.ts';
import { type MediumFormat, MediumId } from '../../../src/shared/model/medium.ts';

export const INSTALLATION: Installation = {
  binary: '/usr/bin/qemu-system-x86_64',
  version: { major: 7, minor: 2, micro: 22 },
  packageName: '',
  machineTypes: { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2' },
  devices: new Set(['virtio-rng-pci', 'virtio-balloon-pci']),
  hasSandbox: true,
  accelerator: 'tcg',
  uefi: [],
  swtpm: null,
  audioDriver: 'none',
};

export const CONFIG = MachineConfig.parse({
  name: 'web',
  osType: 'debian-64',
  description: '',
  group: '/',
  engine: 'qemu',
  processors: { count: 2, capPercent: 100 },
  memoryMiB: 512,
  bootOrder: ['optical', 'disk'],
  kernelBoot: null,
  display: { videoMemoryMiB: 16 },
  storage: [],
  adapters: [],
  keepsWarmStart: false,
});

/** A plan in folders that need not exist. */
export function planOf(
  spec: Partial<Omit<StartSpec, 'config'>> & { config?: Partial<MachineConfig> } = {},
  installation: Partial<Installation> = {},
): CommandPlan {
  return {
    installation: { ...INSTALLATION, ...installation },
    spec: {
      machineId: MachineId.parse('11111111-2222-4333-8444-555555555555'),
      drives: [],
      kernel: null,
      adapters: [],
      folders: { machine: '/m', runtime: '/run/m', logs: '/m/logs' },
      restoreFrom: null,
      isWarmStart: false,
      boardFolder: null,
      startsPaused: false,
      ...spec,
      config: { ...CONFIG, ...spec.config },
    },
  };
}

export function mediumAt(
  path: string,
  format: MediumFormat = 'raw',
  more: Partial<NonNullable<ResolvedDrive['medium']>> = {},
): NonNullable<ResolvedDrive['medium']> {
  const id = MediumId.parse(crypto.randomUUID());
  return { id, path, format, sizeBytes: 1024 ** 2, isReadOnly: false, backing: [], ...more };
}

export function driveOn(controller: ResolvedDrive['controller'], place: Partial<ResolvedDrive> = {}): ResolvedDrive {
  const kind = controller === 'floppy' ? 'floppy' : 'disk';
  return { controller, controllerName: controller, port: 0, device: 0, kind, medium: null, ...place };
}
