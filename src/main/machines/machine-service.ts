import type { CreateMachineInput } from '../../shared/contract.ts';
import type { EngineId } from '../../shared/model/engine.ts';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { MediumService } from '../media/medium-service.ts';
import type { MachineRecord } from './machine-record.ts';
import type { CheckEngine, MachineView } from './machine-view.ts';

export interface MachineServiceDeps {
  table: MachineTable;
  media: MediumService;
  commit: Commit;
  view: MachineView;
  paths: { machines: string; machineFolder(id: MachineId): string };
  /** Size of the host, for the rules that depend on it. */
  host: () => { memoryMiB: number; processors: number };
  checkEngine: CheckEngine;
  /**
   * Tells the engine of a Running or Paused machine about changed settings: cap, cables, media in drives. The service
   * stores `after` once it resolves; when it rejects, nothing is stored.
   */
  applyLive: (before: MachineRecord, after: MachineRecord) => Promise<void>;
  now: () => Date;
}

export interface MachineService {
  list(): Machine[];
  get(ref: string): Machine;
  create(input: CreateMachineInput): Promise<Machine>;
  configure(ref: string, revision: number, config: MachineConfig): Promise<Machine>;
  changeMedium(ref: string, slot: DriveSlot, mediumId: MediumId | null): Promise<Machine>;
  remove(ref: string, deletesFiles: boolean): Promise<{ id: MachineId; deletedFiles: string[] }>;
  check(config: MachineConfig, ref?: string): { issues: Issue[]; engine: EngineId | null; engineReason: string };
}

/** Where a drive sits: controller's name, port, device. */
export interface DriveSlot {
  controller: string;
  port: number;
  device: number;
}
