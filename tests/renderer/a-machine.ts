import { randomUUID } from 'node:crypto';
import type { MachineState } from '../../src/shared/machine-state.ts';
import { Machine, type MachineConfig } from '../../src/shared/model/machine.ts';

interface Wanted {
  name?: string;
  group?: string;
  state?: MachineState;
  position?: number;
  config?: Partial<MachineConfig>;
}

/** A machine that differs from the usual one where the test says so. */
export function aMachine({ name = 'web', group = '/', state = 'PoweredOff', position = 0, config = {} }: Wanted = {}) {
  return Machine.parse({
    id: randomUUID(),
    config: {
      name,
      group,
      osType: 'debian-32',
      description: '',
      engine: 'auto',
      processors: { count: 1, capPercent: 100 },
      memoryMiB: 512,
      bootOrder: ['optical', 'disk'],
      kernelBoot: null,
      display: { videoMemoryMiB: 8 },
      storage: [],
      adapters: [],
      keepsWarmStart: false,
      ...config,
    },
    revision: 1,
    state,
    reason: 'created',
    reasonDetail: null,
    stateSince: '2026-01-01T00:00:00.000Z',
    engine: 'embedded',
    engineReason: 'It can run the machine.',
    pid: null,
    hasWarmStart: false,
    isDamaged: false,
    currentSnapshotId: null,
    isDisposable: false,
    folder: '/data/machines/1',
    position,
    createdAt: '2026-01-01T00:00:00.000Z',
  });
}
