import { randomUUID } from 'node:crypto';
import type { MachineRecord } from '../../src/main/machines/machine-record.ts';
import { type MachineConfig, MachineId, USUAL_HARDWARE } from '../../src/shared/model/machine.ts';
import { USUAL_ADAPTER } from '../../src/shared/model/network.ts';

/** A sound configuration of a small machine. */
export function makeTestConfig(changes: Partial<MachineConfig> = {}): MachineConfig {
  return {
    name: 'web',
    osType: 'linux-32',
    description: '',
    group: '/',
    engine: 'auto',
    processors: { count: 1, capPercent: 100 },
    memoryMiB: 256,
    bootOrder: ['optical', 'disk'],
    kernelBoot: null,
    display: { videoMemoryMiB: 8 },
    storage: [{ name: 'IDE', type: 'ide', attachments: [{ port: 1, device: 0, kind: 'optical', mediumId: null }] }],
    adapters: [
      { model: 'auto', mode: 'nat', macAddress: '52:54:00:12:34:56', isCableConnected: true, ...USUAL_ADAPTER },
    ],
    keepsWarmStart: false,
    isTemplate: false,
    ...USUAL_HARDWARE,
    ...changes,
  };
}

/** A machine at rest that has just been made. */
export function makeTestRecord(changes: Partial<MachineRecord> = {}): MachineRecord {
  return {
    id: MachineId.parse(randomUUID()),
    position: 1,
    revision: 1,
    config: makeTestConfig(),
    state: 'PoweredOff',
    reason: 'created',
    reasonDetail: null,
    stateSince: '2026-03-01T12:00:00.000Z',
    runtime: null,
    savedStateFile: null,
    warmStart: null,
    currentSnapshotId: null,
    isDisposable: false,
    boardFolder: null,
    createdAt: '2026-03-01T12:00:00.000Z',
    isDamaged: false,
    ...changes,
  };
}
