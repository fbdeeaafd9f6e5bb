import { InnError } from '../../shared/errors.ts';
import type { CreateMachineInput } from '../../shared/machine-contract.ts';
import { describeState, isOnline } from '../../shared/machine-state.ts';
import type { EngineId } from '../../shared/model/engine.ts';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { MediumFormat, MediumId } from '../../shared/model/medium.ts';
import { type MachineTable, nameInUse } from '../db/machine-table.ts';
import type { SnapshotTable } from '../db/snapshot-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { MediumService } from '../media/medium-service.ts';
import { ActionQueue } from './action-queue.ts';
import { checkConfig, type HostSize } from './check-config.ts';
import { assertChangeable, configChanges, mediaOf } from './config-changes.ts';
import { createMachine } from './create-machine.ts';
import { type DriveSlot, withMedium } from './drive-slot.ts';
import { findMachine } from './find-machine.ts';
import { parseConfig } from './machine-config.ts';
import type { MachinePlaces } from './machine-folder.ts';
import type { MachineRecord } from './machine-record.ts';
import type { CheckEngine, MachineView } from './machine-view.ts';
import { removeMachine } from './remove-machine.ts';

export interface MachineServiceDeps {
  table: MachineTable;
  media: MediumService;
  snapshots: SnapshotTable;
  commit: Commit;
  view: MachineView;
  paths: MachinePlaces;
  /** Size of the host, for the rules that depend on it. */
  host: () => HostSize;
  checkEngine: CheckEngine;
  /** What is wrong with the claims on the host, beside those of the other machines; absent: nothing ever is. */
  claimIssues?: (config: MachineConfig, id: MachineId | null) => Issue[];
  /** The formats of hard disks that an engine can use. */
  diskFormatsOf: (engine: EngineId) => readonly MediumFormat[];
  /**
   * Tells the engine of a Running or Paused machine about changed settings: cap, cables, media in drives. The service
   * stores `after` once it resolves; when it rejects, nothing is stored.
   */
  applyLive: (before: MachineRecord, after: MachineRecord) => Promise<void>;
  /** Whether the engine of a running machine can add and remove hardware; by default none can. */
  canPlug?: (record: MachineRecord) => boolean;
  now: () => Date;
}

/** `ref` is a machine's name or id everywhere; each call throws `MACHINE_NOT_FOUND` when there is none. */
export interface MachineService {
  list(): Machine[];
  get(ref: string): Machine;
  /** All or nothing. @throws InnError see `createMachine` */
  create(input: CreateMachineInput): Promise<Machine>;
  /**
   * Replaces the settings. While the machine is on or saved, only some may differ (table in `config-changes.ts`).
   * @throws InnError `CONFLICT` when `revision` is not the present one, `INVALID_STATE`, `INVALID_CONFIG`, `NAME_IN_USE`,
   * `MEDIUM_NOT_FOUND`, `MEDIUM_IN_USE`, and what the engine says to a live change.
   */
  configure(ref: string, revision: number, config: MachineConfig): Promise<Machine>;
  /** Inserts or ejects (null) a disc or floppy, while the machine is off, running or paused. @throws as `configure` */
  changeMedium(ref: string, slot: DriveSlot, mediumId: MediumId | null): Promise<Machine>;
  /**
   * Forgets the machine. With `deletesFiles` its folder and the media in it go, too; else both stay, the media known.
   * @throws InnError `INVALID_STATE` unless at rest, `MEDIUM_IN_USE` when a disk in its folder serves another machine.
   */
  remove(ref: string, deletesFiles: boolean): Promise<{ id: MachineId; deletedFiles: string[] }>;
  /** What would be wrong with the configuration, for the machine `ref` or for a new one. */
  check(config: MachineConfig, ref?: string): { issues: Issue[]; engine: EngineId | null; engineReason: string };
}

export function createMachineService(deps: MachineServiceDeps): MachineService {
  return new Machines(deps);
}

class Machines implements MachineService {
  readonly #deps: MachineServiceDeps;
  /** Changes of one machine's settings run one after the other: telling the engine takes time. */
  readonly #queue = new ActionQueue();

  constructor(deps: MachineServiceDeps) {
    this.#deps = deps;
  }

  list(): Machine[] {
    return this.#deps.table.list().map((record) => this.#deps.view(record));
  }

  get(ref: string): Machine {
    return this.#deps.view(this.#find(ref));
  }

  async create(input: CreateMachineInput): Promise<Machine> {
    const assertSound = (config: MachineConfig) => assertNoErrors(config, this.#issues(config, null));
    const record = await createMachine({ ...this.#deps, assertSound }, input);
    await this.#deps.media.refresh(mediaOf(record.config));
    return this.#deps.view(record);
  }

  async configure(ref: string, revision: number, config: MachineConfig): Promise<Machine> {
    const { id } = this.#find(ref);
    return this.#queue.run(id, async () => {
      const record = this.#find(id);
      if (revision !== record.revision) throw conflict(record, revision);
      return this.#change(record, parseConfig(config));
    });
  }

  async changeMedium(ref: string, slot: DriveSlot, mediumId: MediumId | null): Promise<Machine> {
    const { id } = this.#find(ref);
    return this.#queue.run(id, async () => {
      const record = this.#find(id);
      return this.#change(record, withMedium(record.config, slot, mediumId));
    });
  }

  async remove(ref: string, deletesFiles: boolean): Promise<{ id: MachineId; deletedFiles: string[] }> {
    const { id } = this.#find(ref);
    return this.#queue.run(id, async () => removeMachine(this.#deps, this.#find(id), deletesFiles));
  }

  check(config: MachineConfig, ref?: string): { issues: Issue[]; engine: EngineId | null; engineReason: string } {
    const id = ref === undefined ? null : this.#find(ref).id;
    const problems = this.#deps.media.problemsOf(config, id);
    const ofMedia = problems.map(({ field, error }) => ({ severity: 'error' as const, field, message: error.message }));
    const { engine, engineReason } = this.#deps.checkEngine(config);
    return { issues: [...this.#nameIssues(config, id), ...this.#issues(config, id), ...ofMedia], engine, engineReason };
  }

  /** Checks the new configuration, tells the engine when the machine is on, and stores it. */
  async #change(record: MachineRecord, config: MachineConfig): Promise<Machine> {
    const changes = configChanges(record.config, config);
    assertChangeable(record, changes, this.#deps.canPlug?.(record) ?? false);
    if (changes.length === 0) return this.#deps.view(record);
    this.#assertFits(record, config);
    if (isOnline(record.state) && changes.some(({ isForEngine }) => isForEngine)) {
      await this.#deps.applyLive(record, { ...record, config, revision: record.revision + 1 });
    }
    return this.#store(record, config);
  }

  #assertFits({ id, config: before }: MachineRecord, config: MachineConfig): void {
    const namesake = this.#nameIssues(config, id).length > 0;
    if (namesake) throw nameInUse(config.name);
    const [problem] = this.#deps.media.problemsOf(config, id);
    if (problem) throw problem.error;
    // What was wrong before does not forbid another change: a machine from a larger computer can still be renamed.
    const old = new Set(this.#issues(before, id).map(({ field, message }) => `${field} ${message}`));
    assertNoErrors(
      config,
      this.#issues(config, id).filter(({ field, message }) => !old.has(`${field} ${message}`)),
    );
  }

  #store(before: MachineRecord, config: MachineConfig): Machine {
    const { table, media, commit, view } = this.#deps;
    return commit((publish) => {
      const after = table.update(before.id, { config, revision: before.revision + 1 });
      const machine = view(after);
      publish({ kind: 'machineChanged', machine });
      const isRenamed = before.config.name !== config.name;
      const [was, is] = [mediaOf(before.config), mediaOf(config)];
      const isMoved = (id: MediumId) => isRenamed || was.includes(id) !== is.includes(id);
      media.publishChanged([...was, ...is].filter(isMoved), publish);
      return machine;
    });
  }

  #find(ref: string): MachineRecord {
    return findMachine(this.#deps.table, ref);
  }

  #issues(config: MachineConfig, id: MachineId | null): Issue[] {
    const { host, checkEngine, claimIssues } = this.#deps;
    return [...checkConfig(config, host()), ...checkEngine(config).issues, ...(claimIssues?.(config, id) ?? [])];
  }

  #nameIssues({ name }: MachineConfig, id: MachineId | null): Issue[] {
    const namesake = this.#deps.table.byName(name);
    if (!namesake || namesake.id === id) return [];
    return [{ severity: 'error', field: 'name', message: nameInUse(name).message }];
  }
}

function assertNoErrors({ name }: MachineConfig, issues: Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return;
  throw new InnError('INVALID_CONFIG', `The settings of '${name}' cannot work: ${first.message}`, {
    hint:
      errors.length === 1 ? 'Correct it and try again.' : `Correct it and ${errors.length - 1} more, and try again.`,
    details: { issues: errors },
  });
}

function conflict({ config: { name }, revision, state }: MachineRecord, given: number): InnError {
  return new InnError(
    'CONFLICT',
    `The settings of '${name}' were changed by somebody else since you read them (machine state: ${describeState(state)}).`,
    { hint: 'Read the machine again and repeat your change.', details: { revision, given } },
  );
}
