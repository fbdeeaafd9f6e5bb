import type { EngineId } from '../../shared/model/engine.ts';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { MachineRecord } from './machine-record.ts';

/** What the engines say about a configuration. */
export interface EngineVerdict {
  /**
   * What the engine that would run it finds. Errors forbid saving: an engine that is merely not installed is a
   * warning, so that a machine can be prepared before it is.
   */
  issues: Issue[];
  /** The engine that would run it, or null when none can. */
  engine: EngineId | null;
  /** Why this engine, or why none; a sentence. */
  engineReason: string;
}

/** Judges a configuration; pure and quick, as it is asked for each machine of a list. */
export type CheckEngine = (config: MachineConfig) => EngineVerdict;

/** What a machine's view has beyond its record. */
export interface MachineExtras {
  folder: string;
  engine: EngineId | null;
  engineReason: string;
}

/** The machine as clients see it. */
export function toMachine(record: MachineRecord, extras: MachineExtras): Machine {
  return {
    id: record.id,
    config: record.config,
    revision: record.revision,
    state: record.state,
    reason: record.reason,
    reasonDetail: record.reasonDetail,
    stateSince: record.stateSince,
    engine: extras.engine,
    engineReason: extras.engineReason,
    pid: record.runtime?.pid ?? null,
    hasWarmStart: record.warmStart !== null,
    currentSnapshotId: record.currentSnapshotId,
    isDisposable: record.isDisposable,
    isDamaged: record.isDamaged,
    folder: extras.folder,
    position: record.position,
    createdAt: record.createdAt,
  };
}

/** Makes views of records; service, runner and snapshot share one. */
export type MachineView = (record: MachineRecord) => Machine;

export function createMachineView(deps: {
  machineFolder: (id: MachineId) => string;
  checkEngine: CheckEngine;
}): MachineView {
  return (record) =>
    toMachine(record, { folder: deps.machineFolder(record.id), ...engineOf(record, deps.checkEngine) });
}

function engineOf(record: MachineRecord, checkEngine: CheckEngine): Pick<MachineExtras, 'engine' | 'engineReason'> {
  if (record.runtime) return { engine: record.runtime.engine, engineReason: 'It runs the machine now.' };
  if (record.isDamaged) return { engine: null, engineReason: 'The stored settings of the machine are damaged.' };
  const { engine, engineReason } = checkEngine(record.config);
  return { engine, engineReason };
}
