import type { Duplex } from 'node:stream';
import { isRest } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { SnapshotCost, SnapshotId } from '../../shared/model/snapshot.ts';
import type { Judgement } from '../admission/gatekeeper.ts';
import type { GuestUsage, Screenshot, Session } from '../engines/engine.ts';
import { assertGrowthAdmitted, judgeStart } from './admitted.ts';
import { assertCan } from './guard.ts';
import { assertNewDisksFree } from './hotplug-steps.ts';
import type { LiveSession } from './live-session.ts';
import { applyLiveSettings } from './live-settings.ts';
import type { MachineRecord } from './machine-record.ts';
import { type MachineSample, MachineSamples } from './machine-samples.ts';
import { type LiveWork, MachineTurns } from './machine-turns.ts';
import { powerOffLive } from './power-off.ts';
import { reattachAll, sweepStates } from './reattach.ts';
import { RunnerContext, type RunnerDeps } from './runner-context.ts';
import { saveState } from './save-state.ts';
import { SessionWatch } from './session-watch.ts';
import { type CloneRequest, cloneMachine, clonePresent } from './snapshots/clone-machine.ts';
import { deleteSnapshot } from './snapshots/delete-snapshot.ts';
import { assertNotDisposable } from './snapshots/disposable.ts';
import { findSnapshot } from './snapshots/find-snapshot.ts';
import { recoverRestStates, resumeMerges, sweepSnapshotFolders } from './snapshots/recovery.ts';
import { restoreSnapshot } from './snapshots/restore-snapshot.ts';
import { costOf } from './snapshots/snapshot-cost.ts';
import type { SnapshotRecord } from './snapshots/snapshot-record.ts';
import { takeOnline } from './snapshots/take-online.ts';
import { type SnapshotDraft, takeAtRest } from './snapshots/take-snapshot.ts';
import { keepWarmStart, watchForReady } from './start/keep-warm-start.ts';
import { chooseFor } from './start/runner-engines.ts';
import { startMachine } from './start/start-machine.ts';
import type { StartOptions } from './start/start-plan.ts';

/** For a record that claims a process which nobody has. */
const LOST = { state: 'Aborted', reason: 'engineKilled', detail: 'Its process was not found.' } as const;

/**
 * Runs machines, and is the only writer of their states. The actions of one machine come one after the other; a power
 * off interrupts what runs. Actions reject with `INVALID_STATE` where the action table forbids them, and resolve with
 * the machine's record as it then is.
 */
export class MachineRunner {
  readonly #context: RunnerContext;
  readonly #samples = new MachineSamples();
  readonly #closing = new AbortController();
  readonly #turns: MachineTurns;
  readonly #watch: SessionWatch;

  constructor(deps: RunnerDeps) {
    this.#context = new RunnerContext(deps);
    this.#turns = new MachineTurns(this.#context);
    this.#watch = new SessionWatch(this.#context, this.#samples, this.#closing.signal);
    this.#context.onAdopted = (live) => this.#watch.follow(live);
  }

  /** Takes back the machines that an earlier program left running, and puts every record right. Call once, first. */
  async open(): Promise<void> {
    recoverRestStates(this.#context);
    const pending = await reattachAll(this.#context, this.#closing.signal);
    await sweepStates(this.#context);
    await sweepSnapshotFolders(this.#context, pending);
    await resumeMerges(this.#context);
    this.#watch.startProbing();
  }

  /** @throws InnError see `startMachine` */
  start(id: MachineId, options: StartOptions = { isDisposable: false }): Promise<MachineRecord> {
    return this.#turns.change(id, 'start', async (signal) => {
      const live = await startMachine(this.#context, id, options, signal);
      await this.#context.settle(live);
      const record = this.#context.require(id);
      if (record.reason === 'booted' && !record.isDisposable) {
        const keep = () => this.#turns.act(id, 'keepWarmStart', this.#keepWarm);
        void watchForReady(this.#context, live, record, this.#closing.signal, keep);
      }
    });
  }

  pause(id: MachineId, reason: 'user' | 'idle' = 'user'): Promise<MachineRecord> {
    return this.#turns.act(id, 'pause', (live, _, signal) =>
      this.#sleeping(id, reason, async () => {
        await live.call((session) => session.pause(), signal);
        this.#context.write(id, { state: 'Paused', reason });
      }),
    );
  }

  resume(id: MachineId): Promise<MachineRecord> {
    return this.#turns.act(id, 'resume', async (live, _, signal) => {
      await live.call((session) => session.resume(), signal);
      this.#context.write(id, { state: 'Running', reason: 'unpaused' });
      await this.#context.consumeSavedState(live);
    });
  }

  reset(id: MachineId): Promise<MachineRecord> {
    return this.#turns.act(id, 'reset', async (live, _, signal) => {
      await live.call((session) => session.reset(), signal);
      this.#context.write(id, { state: 'Running', reason: 'reset' });
      await this.#context.consumeSavedState(live);
    });
  }

  /** Presses the button; what the guest makes of it comes later, or never. */
  powerButton(id: MachineId): Promise<MachineRecord> {
    return this.#turns.act(id, 'powerButton', (live, _, signal) =>
      live.call((session) => session.powerButton(), signal),
    );
  }

  /**
   * Ends the machine at once, whatever it does: a start is cancelled (the saved state is kept), a save given up. A
   * save that was complete already ends Saved.
   */
  async powerOff(id: MachineId): Promise<MachineRecord> {
    const record = this.#context.require(id);
    assertCan('powerOff', record);
    this.#context.write(id, { state: 'Stopping', reason: 'user' });
    this.#context.queue.interrupt(id);
    return this.#context.queue.run(id, async () => {
      const live = this.#context.sessions.get(id);
      if (live) await powerOffLive(this.#context, live);
      else if (!isRest(this.#context.require(id).state)) this.#context.write(id, LOST);
      return this.#context.require(id);
    });
  }

  saveState(id: MachineId, reason: 'saved' | 'idle' = 'saved'): Promise<MachineRecord> {
    return this.#turns.act(id, 'saveState', async (live, record, signal) => {
      assertNotDisposable(record, 'save the state of');
      live.savedBy = reason;
      await this.#sleeping(id, reason, () => saveState(this.#context, live, record, signal));
    });
  }

  /** Connections wake only what the idle policy puts to sleep. */
  #sleeping(id: MachineId, reason: 'user' | 'saved' | 'idle', work: () => Promise<void>): Promise<void> {
    return reason === 'idle' ? this.#context.networks.lull(id, work) : work();
  }

  discardState(id: MachineId): Promise<MachineRecord> {
    return this.#turns.change(id, 'discardState', async () => {
      const { savedStateFile } = this.#context.require(id);
      this.#context.write(id, { state: 'PoweredOff', reason: 'discarded', savedStateFile: null });
      if (savedStateFile) await this.#context.removeState(id, savedStateFile);
    });
  }

  /** Keeps the present state for instant starts. @throws InnError see `keepWarmStart` */
  keepWarmStart(id: MachineId): Promise<MachineRecord> {
    return this.#turns.act(id, 'keepWarmStart', this.#keepWarm);
  }

  /** Texts and keys of one machine come out in the order they were sent, beside its other actions. */
  type(id: MachineId, text: string): Promise<void> {
    return this.#turns.ask(id, 'type', (session) => session.typeText(text), `${id} keyboard`);
  }

  sendKeys(id: MachineId, keys: string[]): Promise<void> {
    return this.#turns.ask(id, 'type', (session) => session.sendKeys(keys), `${id} keyboard`);
  }

  screenshot(id: MachineId): Promise<Screenshot> {
    return this.#turns.ask(id, 'screenshot', (session) => session.screenshot());
  }

  openChannel(id: MachineId, channel: 'screen' | 'serial'): Promise<Duplex> {
    return this.#turns.ask(id, 'show', (session) => session.openChannel(channel));
  }

  /** Speaks with the guest beside other actions. @throws InnError `INVALID_STATE`, and what the work throws */
  askGuest<T>(id: MachineId, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#turns.ask(id, 'screenshot', work);
  }

  /** Brings changed settings to a running machine. @throws InnError see `assertGrowthAdmitted`, `applyLiveSettings` */
  async applyLive(before: MachineRecord, after: MachineRecord): Promise<void> {
    await this.#turns.act(before.id, 'configureLive', async (live, _, signal) => {
      await assertGrowthAdmitted(this.#context, before, after.config);
      await assertNewDisksFree(this.#context.deps, before, after.config);
      const { networks, deps } = this.#context;
      await applyLiveSettings({ networks, media: deps.media }, live, before.config, after.config, signal);
    });
  }

  /** Whether there is room for it, were it started now. @throws InnError `ENGINE_MISSING`, `INVALID_CONFIG` */
  async judgeStart(id: MachineId, memoryMiB?: number): Promise<Judgement> {
    const record = this.#context.require(id);
    return judgeStart(this.#context, record, chooseFor(this.#context, record.config).id, memoryMiB);
  }

  /**
   * Asks the guest to do with this much memory; one that is paused does when it goes on.
   * @throws InnError as `Session.setMemoryTarget`
   */
  setMemoryTarget(id: MachineId, memoryMiB: number): Promise<void> {
    return this.#turns.ask(id, 'configureLive', (session) => session.setMemoryTarget(memoryMiB));
  }

  /** Counters of one machine. @throws InnError `INVALID_STATE`, `ENGINE_FAILED`, `ENGINE_TIMEOUT` */
  usageOf(id: MachineId): Promise<GuestUsage> {
    return this.#turns.ask(id, 'screenshot', (session) => session.sample());
  }

  /** The session of a machine that is on, for the allocation. */
  live(id: MachineId): LiveSession | undefined {
    return this.#context.sessions.get(id);
  }

  /** Counters of all machines that run and answer, and the last ones of those that have ended since. */
  async sample(): Promise<MachineSample[]> {
    return this.#samples.take(this.#context.sessions.values(), await this.#context.networks.traffic());
  }

  /** Lets go of all machines, which go on running, when the actions under way have ended. */
  async close(): Promise<void> {
    this.#watch.close();
    this.#closing.abort();
    await this.#context.queue.drain();
    const sessions = [...this.#context.sessions.values()];
    this.#context.sessions.clear();
    await Promise.all(sessions.map((live) => live.session[Symbol.asyncDispose]()));
  }

  /** @throws InnError see `takeAtRest` and `takeOnline` */
  takeSnapshot(id: MachineId, draft: SnapshotDraft): Promise<SnapshotRecord> {
    return this.#turns.take(id, 'takeSnapshot', async (signal) => {
      const record = this.#context.require(id);
      if (isRest(record.state)) return takeAtRest(this.#context, record, draft);
      assertNotDisposable(record, 'take a snapshot of');
      return this.#turns.onLive(id, 'takeSnapshot', signal, (live) =>
        takeOnline(this.#context, live, record, draft, signal),
      );
    });
  }

  /** @param first taken of the present state before it is given up. @throws InnError see `restoreSnapshot` */
  restoreSnapshot(id: MachineId, snapshot: SnapshotId, first: SnapshotDraft | undefined): Promise<MachineRecord> {
    return this.#turns.take(id, 'restoreSnapshot', async () => {
      const wanted = this.requireSnapshot(id, snapshot);
      if (first) await takeAtRest(this.#context, this.#context.require(id), first);
      return restoreSnapshot(this.#context, this.#context.require(id), wanted);
    });
  }

  /** @throws InnError see `deleteSnapshot` */
  deleteSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void> {
    const work = (signal: AbortSignal) => {
      const [record, wanted] = [this.#context.require(id), this.requireSnapshot(id, snapshot)];
      if (isRest(record.state)) return deleteSnapshot(this.#context, record, wanted, signal);
      assertNotDisposable(record, 'delete a snapshot of');
      return this.#turns.onLive(id, 'deleteSnapshot', signal, async (live) => {
        await deleteSnapshot(this.#context, record, wanted, signal, live);
        await this.#context.refresh(live, signal);
      });
    };
    return this.#context.queue.run(`${id} snapshots`, () => this.#turns.take(id, 'deleteSnapshot', work));
  }

  /** What deleting it would cost. */
  costOf(id: MachineId, snapshot: SnapshotId): Promise<SnapshotCost> {
    return costOf(this.#context, this.#context.require(id), this.requireSnapshot(id, snapshot));
  }

  /** A snapshot does not change, so cloning one does not hold its machine up. @throws InnError see `cloneMachine` */
  clone(id: MachineId, request: CloneRequest): Promise<MachineRecord> {
    return this.#context.queue.run(`${id} snapshots`, (signal) => {
      if (request.snapshot) return cloneMachine(this.#context, this.#context.require(id), request, signal);
      return this.#turns.take(id, 'clone', (own) =>
        clonePresent(this.#context, this.#context.require(id), request, own),
      );
    });
  }

  /** @throws InnError `SNAPSHOT_NOT_FOUND` */
  requireSnapshot(id: MachineId, snapshot: SnapshotId): SnapshotRecord {
    return findSnapshot(this.#context.deps.snapshots.ofMachine(id), snapshot);
  }

  readonly #keepWarm: LiveWork<void> = async (live, record, signal) => {
    assertNotDisposable(record, 'keep a warm start of');
    await keepWarmStart(this.#context, live, record, signal);
  };
}
