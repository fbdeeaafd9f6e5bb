import path from 'node:path';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { EngineInfo } from '../../shared/model/engine.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Judge } from '../admission/gatekeeper.ts';
import type { MachineTable } from '../db/machine-table.ts';
import type { OperationTable } from '../db/operation-table.ts';
import type { SnapshotTable } from '../db/snapshot-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { Engine, Exit, RuntimeRecord, Session, SessionStatus } from '../engines/engine.ts';
import type { Log } from '../log.ts';
import type { MediumService } from '../media/medium-service.ts';
import type { Paths } from '../paths.ts';
import type { TaskService } from '../tasks/task-service.ts';
import { ActionQueue } from './action-queue.ts';
import { outcomeOf } from './exit-outcome.ts';
import { filesOf } from './file-marks.ts';
import { LiveSession } from './live-session.ts';
import { type MachineNetworks, NO_NETWORKS } from './machine-networks.ts';
import type { MachineRecord } from './machine-record.ts';
import type { CheckEngine, MachineView } from './machine-view.ts';
import { reconcile } from './reconcile.ts';
import { removeStateFile, writeSavedStateNote } from './saved-state.ts';
import { removeThrowAwayDisks } from './snapshots/disposable.ts';
import { resolveSpec } from './start/start-spec.ts';
import { createStateWriter, type StateChange, type StateWriter } from './state-writer.ts';

export interface RunnerDeps {
  table: MachineTable;
  commit: Commit;
  view: MachineView;
  media: MediumService;
  snapshots: SnapshotTable;
  /** What is under way in several steps. */
  journal: OperationTable;
  tasks: Pick<TaskService, 'run'>;
  engines: readonly Engine[];
  /** What the engines' probes found; at most half a minute old. */
  probe: () => Promise<EngineInfo[]>;
  checkEngine: CheckEngine;
  /** Whether the host has room for one more machine. */
  judge: Judge;
  /** How a process that is gone has ended, by what it left in its runtime folder. */
  readExit: (runtime: RuntimeRecord) => Promise<Exit>;
  /** Ends a process that an earlier program started, and had no time to write down. */
  endLeftover: (runtimeFolder: string) => Promise<void>;
  /** Without it, adapters are connected to nothing. */
  networks?: MachineNetworks;
  /** When the host was started. */
  bootedAt: () => Date;
  paths: Pick<Paths, 'resources' | 'machines' | 'machineFolder' | 'machineRuntimeFolder'>;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  now: () => Date;
  /** Called at each step of work that must survive being cut off there; for tests. */
  atStep?: (step: string) => void;
}

/** An engine whose process is gone says so before its exit is known; this is how long to wait for the exit. */
export const EXIT_GRACE_MS = 3000;
/** A warm start that crashes this early is taken for the state's fault. */
const WARM_TRIAL_MS = 10_000;

/**
 * What all actions share: the queue, the sessions, and the two ways in which a machine's record follows its process:
 * `settle` when it has ended, `refresh` while it lives.
 */
export class RunnerContext {
  readonly deps: RunnerDeps;
  readonly queue = new ActionQueue();
  readonly sessions = new Map<MachineId, LiveSession>();
  readonly states: StateWriter;
  readonly networks: MachineNetworks;
  /** Called for each new session, before anything else happens to it. */
  onAdopted: (live: LiveSession) => void = () => undefined;

  constructor(deps: RunnerDeps) {
    this.deps = deps;
    this.states = createStateWriter(deps);
    this.networks = deps.networks ?? NO_NETWORKS;
  }

  /** @throws InnError `MACHINE_NOT_FOUND` */
  require(id: MachineId): MachineRecord {
    const record = this.deps.table.get(id);
    if (record) return record;
    throw new InnError('MACHINE_NOT_FOUND', `There is no machine with the id '${id}'.`, {
      hint: 'It may have been removed; list the machines.',
    });
  }

  /** Names a point at which the program may be cut off. */
  step(name: string): void {
    this.deps.atStep?.(name);
  }

  write(id: MachineId, change: StateChange): MachineRecord {
    return this.states.write(id, change);
  }

  stateFile(id: MachineId, file: string): string {
    return path.join(this.deps.paths.machineFolder(id), file);
  }

  async removeState(id: MachineId, file: string): Promise<void> {
    await this.tidy(id, () => removeStateFile(this.deps.paths.machineFolder(id), file));
  }

  /** Takes a session under care. */
  adopt(id: MachineId, session: Session): LiveSession {
    const live = new LiveSession(id, session);
    this.sessions.set(id, live);
    this.onAdopted(live);
    return live;
  }

  /** Writes the end of a process into the machine's record. Does nothing while the process lives, or a second time. */
  async settle(live: LiveSession): Promise<void> {
    const id = live.machineId;
    if (!live.exit || this.sessions.get(id) !== live) return;
    this.sessions.delete(id);
    const record = this.deps.table.get(id);
    if (record) await this.#writeExit(record, live, live.exit);
    await this.networks.unplug(id);
    await live.session[Symbol.asyncDispose]();
  }

  async #writeExit(record: MachineRecord, live: LiveSession, exit: Exit): Promise<void> {
    const { id, savedStateFile } = record;
    const ended = outcomeOf(exit, live.saved);
    const outcome = ended.state === 'Saved' && ended.reason === 'saved' ? { ...ended, reason: live.savedBy } : ended;
    const isKept = outcome.state === 'Saved' || outcome.state === 'AbortedSaved';
    if (live.saved === 'complete') await this.noteSavedState(record, live.session.runtime);
    this.write(id, { ...outcome, ...(isKept ? {} : { savedStateFile: null }) });
    if (!isKept && savedStateFile) await this.removeState(id, savedStateFile);
    if (record.isDisposable) await this.tidy(id, () => removeThrowAwayDisks(this.deps.paths.machineFolder(id)));
    if (outcome.reason === 'engineCrashed') await this.#blameWarmStart(live);
  }

  /** An engine that crashes just after a warm start would do so at the next one, too: that one boots. */
  async #blameWarmStart({ machineId, warmStartedAtMs }: LiveSession): Promise<void> {
    if (warmStartedAtMs === undefined || performance.now() - warmStartedAtMs > WARM_TRIAL_MS) return;
    await this.dropWarmStart(machineId);
  }

  /** Gives the saved state up, once the guest that was restored from it runs: from then on it changes its disks. */
  async consumeSavedState(live: LiveSession): Promise<void> {
    if (live.saved !== 'unconsumed') return;
    live.saved = 'none';
    const { id, savedStateFile } = this.require(live.machineId);
    this.states.patch(id, { savedStateFile: null });
    if (savedStateFile) await this.removeState(id, savedStateFile);
  }

  /** Notes beside a complete saved state what it depends on. The state is worth keeping without the note, too. */
  async noteSavedState(record: MachineRecord, runtime: RuntimeRecord | null): Promise<void> {
    const { id, config, savedStateFile } = record;
    if (!savedStateFile || !runtime) return;
    await this.tidy(id, async () => {
      const disks = await this.writableFiles(id, config);
      await writeSavedStateNote(this.deps.paths.machineFolder(id), savedStateFile, runtime.engine, disks);
    });
  }

  /** Paths of the media that the guest writes to. @throws InnError as `resolveSpec` */
  async writableFiles(id: MachineId, config: MachineRecord['config']): Promise<string[]> {
    const { drives } = await resolveSpec(this.deps, id, config);
    return filesOf({ drives: drives.filter(({ medium }) => medium && !medium.isReadOnly), kernel: null });
  }

  /** Forgets the kept state, then deletes it. */
  async dropWarmStart(id: MachineId): Promise<void> {
    const { warmStart } = this.require(id);
    if (!warmStart) return;
    this.states.patch(id, { warmStart: null });
    await this.removeState(id, warmStart.file);
  }

  /** Asks the engine how the machine is and writes what has changed. Never throws; for the queue only. */
  async refresh(live: LiveSession, signal?: AbortSignal): Promise<void> {
    try {
      const status = await live.call((session) => session.status(), signal);
      this.note(live, status);
      const { state, reason } = this.require(live.machineId);
      if (state === 'Running') await this.consumeSavedState(live);
      if (state === 'Stuck' && reason === 'engineCrashed') await this.#blameWarmStart(live);
    } catch (error) {
      const { code, message } = toErrorReport(error);
      if (code === 'CANCELLED') return;
      if (code === 'ENGINE_TIMEOUT' || !(await live.endsWithin(EXIT_GRACE_MS))) {
        this.note(live, { state: 'Stuck', reason: 'engineHangs', detail: message });
      }
    }
    await this.settle(live);
  }

  /** As `refresh`, after a call that failed: an engine that has just not answered is not asked again. */
  async refreshAfter(live: LiveSession, error: unknown): Promise<void> {
    const { code, message } = toErrorReport(error);
    if (code === 'ENGINE_TIMEOUT') this.note(live, { state: 'Stuck', reason: 'engineHangs', detail: message });
    else await this.refresh(live);
  }

  /** Writes what the engine says of the machine, when the record says otherwise. */
  note({ machineId }: LiveSession, status: SessionStatus): void {
    const { state, reason } = this.require(machineId);
    const change = reconcile(state, reason, status);
    if (change) this.write(machineId, change);
  }

  /** Runs clean-up that must not turn a success into a failure: what goes wrong is logged. */
  async tidy(id: MachineId, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.deps.log.warn({ machine: id, error: toErrorReport(error) }, 'Clean-up failed');
    }
  }
}
