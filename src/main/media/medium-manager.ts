import { join } from 'node:path';
import { toErrorReport } from '../../shared/errors.ts';
import type { CreateDiskInput } from '../../shared/medium-contract.ts';
import type { Machine, MachineConfig } from '../../shared/model/machine.ts';
import type { CheckReport, Medium, MediumDetails, MediumId } from '../../shared/model/medium.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { TaskService } from '../tasks/task-service.ts';
import { type WantedSlot, withAttached, withDetached } from './attach-medium.ts';
import { type CopyInput, ImageWork } from './image-work.ts';
import type { GuardSources } from './medium-guard.ts';
import { MediumPlaces } from './medium-places.ts';
import type { MediumService } from './medium-service.ts';

/** The machines, as far as media have to do with them. `ref` is a name or an id. */
export interface MachinesOfMedia {
  /** @throws InnError `MACHINE_NOT_FOUND` */
  get(ref: string): Machine;
  configure(ref: string, revision: number, config: MachineConfig): Promise<Machine>;
}

export interface MediumManagerDeps {
  media: MediumService;
  machines: MachinesOfMedia;
  tasks: TaskService;
  commit: Commit;
  /** `machines` holds the machines' folders; `disks` those that belong to no machine. */
  paths: { machines: string; disks: string };
}

/** What people do with media: everything of the contract's `medium` that is more than keeping records. */
export interface MediumManager {
  details(id: MediumId): Promise<MediumDetails>;
  create(input: CreateDiskInput): Promise<Medium>;
  resize(id: MediumId, sizeBytes: number): Promise<Medium>;
  copy(id: MediumId, input: CopyInput): Promise<Medium>;
  compact(id: MediumId): Promise<{ medium: Medium; savedBytes: number }>;
  check(id: MediumId, repairs: boolean): Promise<CheckReport>;
  relocate(id: MediumId, path: string): Promise<Medium>;
  move(id: MediumId, path: string): Promise<Medium>;
  describe(id: MediumId, change: { name?: string | undefined; description?: string | undefined }): Medium;
  scan(folder: string): Promise<Medium[]>;
  /** @throws InnError `INVALID_CONFIG` when no slot is free, and as `MachineService.configure` */
  attach(id: MediumId, machine: string, slot: WantedSlot): Promise<Machine>;
  /** From the machine, or from all. @throws InnError as `MachineService.configure`; those before it are detached then */
  detach(id: MediumId, machine?: string): Promise<Medium>;
}

export function createMediumManager(deps: MediumManagerDeps): MediumManager {
  const { media, machines, paths } = deps;
  const guard = guardOf(media, machines);
  const work = new ImageWork({ ...deps, guard, disksOfMachine: (ref) => join(machines.get(ref).folder, 'disks') });
  const places = new MediumPlaces({ ...deps, guard, paths });
  return {
    details: (id) => places.details(id),
    create: (input) => work.create(input),
    resize: (id, sizeBytes) => work.resize(id, sizeBytes),
    copy: (id, input) => work.copy(id, input),
    compact: (id) => work.compact(id),
    check: (id, repairs) => work.check(id, repairs),
    relocate: (id, path) => places.relocate(id, path),
    move: (id, path) => places.move(id, path),
    describe: (id, change) => places.describe(id, change),
    scan: (folder) => places.scan(folder),
    async attach(id, ref, slot) {
      const { id: machineId, revision, config } = machines.get(ref);
      return machines.configure(machineId, revision, withAttached(config, media.record(id), slot));
    },
    async detach(id, ref) {
      media.record(id);
      const users = ref === undefined ? media.machinesOf(id).map((each) => each.id) : [machines.get(ref).id];
      for (const user of users) {
        const { revision, config } = machines.get(user);
        await machines.configure(user, revision, withDetached(config, id));
      }
      return media.view(id);
    },
  };
}

function guardOf(media: MediumService, machines: MachinesOfMedia): GuardSources {
  return {
    machinesOf: (id) => media.machinesOf(id),
    usersOf: (id) => media.usersOf(id),
    childrenOf: (id) => media.childrenOf(id),
    isKept: (id) => media.isKept(id),
    stateOf(id) {
      try {
        return machines.get(id).state;
      } catch (error) {
        if (toErrorReport(error).code === 'MACHINE_NOT_FOUND') return undefined;
        throw error;
      }
    },
  };
}
