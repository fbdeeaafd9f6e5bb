import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { InnError } from '../../shared/errors.ts';
import type { ProcessEnd } from '../processes/process-end.ts';
import type { DiskMerge, MergeRequest } from './disk-merge.ts';
import type { Exit, GuestUsage, RuntimeRecord, Screenshot, Session, SessionStatus, SnapshotRequest } from './engine.ts';
import type { GuestAgent } from './guest-agent.ts';
import { GuestCare } from './guest-care.ts';
import { HeldInput } from './held-input.ts';
import type { Hotplug } from './hotplug.ts';
import { openChannel } from './open-channel.ts';
import { type QmpCaller, QmpLink } from './qmp/link.ts';
import type { QmpEvent } from './qmp/protocol.ts';
import type { QmpDialect } from './qmp-dialect.ts';
import { isSameStatus, mayChangeStatus, noteTrouble, PAUSED, RUNNING, readStatus, type Trouble } from './qmp-status.ts';
import { SessionEnd } from './session-end.ts';
import type { ResolvedDrive } from './start-spec.ts';
import { StatusWatch } from './status-watch.ts';
import { UsageTrail } from './usage-trail.ts';

export interface QmpSessionOptions {
  runtime: RuntimeRecord;
  dialect: QmpDialect;
  /** How the system reports the process's end, when this program started it. */
  ended?: Promise<ProcessEnd>;
  /** What the process told while no program listened, as far as it is known; the latest last. */
  missedEvents?: readonly QmpEvent[];
}

/** The one session over QMP, for the embedded engine and for QEMU; a dialect holds what differs. */
export class QmpSession implements Session {
  readonly runtime: RuntimeRecord;
  readonly exit: Promise<Exit>;
  readonly guestAgent: GuestAgent | null;
  readonly hotplug: Hotplug | null;
  readonly #dialect: QmpDialect;
  readonly #end: SessionEnd;
  readonly #link: QmpLink;
  readonly #usage: UsageTrail;
  readonly #trouble: Trouble = { ioError: null, internalError: null };
  readonly #watch = new StatusWatch(() => this.#queryStatus());
  readonly #care: GuestCare;
  readonly #input = new HeldInput();

  constructor({ runtime, dialect, ended, missedEvents = [] }: QmpSessionOptions) {
    this.runtime = runtime;
    this.#dialect = dialect;
    this.#usage = new UsageTrail(runtime);
    for (const event of missedEvents) noteTrouble(event, this.#trouble);
    this.#link = new QmpLink(
      dialect.sockets.monitors.map((name) => path.join(runtime.runtimeFolder, name)),
      {
        onEvent: (event) => this.#onEvent(event),
        onHang: ({ message }) => this.#watch.report({ state: 'Stuck', reason: 'engineHangs', detail: message }),
        onRecovery: () => this.#watch.refresh(),
      },
    );
    this.guestAgent = dialect.guestAgent?.(this.#link) ?? null;
    this.hotplug = dialect.hotplug?.(this.#link) ?? null;
    this.#care = new GuestCare(this.guestAgent);
    this.#end = new SessionEnd({
      ...{ runtime, link: this.#link, ended },
      onReconnect: () => this.#watch.refresh(),
      onEnd: () => {
        this.#link.close();
        dialect.close?.();
      },
    });
    this.exit = this.#end.exit;
  }

  /**
   * Connects to the monitor: events are heard from then on. Calls do it by themselves.
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  async connect(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    await this.#link.connect(options);
  }

  /** The way to the process, for what its engine alone does, such as setting the machine up. */
  get caller(): QmpCaller {
    return this.#link;
  }

  async status(): Promise<SessionStatus> {
    const status = await this.#queryStatus();
    this.#watch.note(status);
    return status;
  }

  onStatus(listener: (status: SessionStatus) => void): () => void {
    return this.#watch.listen(listener);
  }

  async pause(): Promise<void> {
    await this.#watch.command(PAUSED, () => this.#link.execute('stop'));
  }

  async resume(): Promise<void> {
    await this.#watch.command(RUNNING, async () => {
      if (this.#dialect.letGoOn) await this.#dialect.letGoOn(this.#link);
      else await this.#link.execute('cont');
    });
    this.tendGuest();
  }

  /** Sees to a guest that stood still, or may have been left in the middle of something; nobody waits for it. */
  tendGuest(): void {
    void this.#care.afterStandstill();
  }

  /** Resets and lets the guest run, whether it stood paused or not. */
  async reset(): Promise<void> {
    await this.#watch.command(RUNNING, async () => {
      await this.#link.execute('system_reset');
      await this.#link.execute('cont');
    });
  }

  async powerButton(): Promise<void> {
    if (!(await this.#care.askToShutDown())) await this.#link.execute('system_powerdown');
  }

  async powerOff(): Promise<void> {
    this.#dialect.letGo?.();
    await this.#end.powerOff();
  }

  async saveState(file: string, { signal }: { signal: AbortSignal }): Promise<void> {
    if (signal.aborted) throw saveCancelled();
    const before = await this.#queryStatus();
    await this.#watch.command(PAUSED, async () => {
      try {
        await this.#dialect.saveState(this.#link, file, { signal });
        if (signal.aborted) await rm(file, { force: true }); // written before the cancellation got there
        if (signal.aborted) throw saveCancelled();
      } catch (error) {
        await this.#goOnAs(before);
        throw signal.aborted ? saveCancelled(error) : error;
      }
    });
  }

  async keepState(file: string): Promise<void> {
    await this.#inPassing(true, () => this.#dialect.keepState(this.#link, file));
  }

  async takeSnapshot(request: SnapshotRequest): Promise<void> {
    const before = await this.#queryStatus();
    const runsOn = before.state === 'Running';
    await this.#inPassing(false, async () => {
      if (runsOn && (await this.#takeInFlight(request))) return;
      const since = performance.now();
      if (runsOn) await this.#link.execute('stop');
      try {
        request.onStill();
      } catch (error) {
        await this.#goOnAs(before);
        throw error;
      }
      const onSwitched = () => request.onSwitched(performance.now() - since);
      await this.#dialect.takeSnapshot(this.#link, { ...request, runsOn, onSwitched });
    });
  }

  async #takeInFlight({ stateFile, ...request }: SnapshotRequest): Promise<boolean> {
    const take = this.#dialect.takeSnapshotInFlight?.bind(this.#dialect);
    if (take === undefined || stateFile === null) return false;
    return take(this.#link, { ...request, stateFile });
  }

  async mergeDisk(request: MergeRequest): Promise<void> {
    await this.#dialect.mergeDisk(this.#link, { ...request, still: (work) => this.#standingStill(work) });
  }

  async settleMerge(merge: DiskMerge): Promise<boolean> {
    return this.#dialect.settleMerge(this.#link, merge);
  }

  async finishMerge(): Promise<void> {
    await this.#dialect.finishMerge(this.#link);
  }

  async #standingStill(work: () => Promise<void>): Promise<void> {
    const before = await this.#queryStatus();
    await this.#inPassing(true, async () => {
      if (before.state === 'Running') await this.#link.execute('stop');
      await work();
      await this.#goOnAs(before);
    });
  }

  /** A command after which the guest goes on as it was, with nothing lost of what is typed meanwhile. */
  async #inPassing(isStill: boolean, act: () => Promise<unknown>): Promise<void> {
    await this.#input.through(isStill, () => this.#watch.command(undefined, act));
  }

  async setCpuLimit(percent: number): Promise<void> {
    await this.#dialect.setCpuLimit(this.#link, percent);
  }

  async setMemoryTarget(memoryMiB: number): Promise<void> {
    await this.#dialect.setMemoryTarget(this.#link, memoryMiB);
  }

  async changeMedium(drive: ResolvedDrive): Promise<void> {
    await this.#dialect.changeMedium(this.#link, drive);
  }

  async setLink(adapterIndex: number, isConnected: boolean): Promise<void> {
    await this.#link.execute('set_link', { name: `net${adapterIndex}`, up: isConnected });
  }

  async sendKeys(keys: string[]): Promise<void> {
    await this.#link.execute('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })) });
  }

  async typeText(text: string): Promise<void> {
    await this.#dialect.typeText(this.#link, text);
  }

  async screenshot(): Promise<Screenshot> {
    return this.#dialect.screenshot(this.#link);
  }

  async openChannel(channel: 'screen' | 'serial'): Promise<Duplex> {
    if (channel === 'serial' && this.#dialect.openSerial !== undefined) return this.#dialect.openSerial();
    const socketPath = path.join(this.runtime.runtimeFolder, this.#dialect.sockets[channel]);
    const stream = await openChannel(channel, socketPath);
    if (channel === 'screen') this.#input.add(stream);
    return stream;
  }

  async sample(): Promise<GuestUsage> {
    return this.#usage.note(await this.#dialect.sample(this.#link));
  }

  readHostCounters() {
    return this.#usage.readHost();
  }

  finalUsage(): Promise<GuestUsage | undefined> {
    return this.#usage.final();
  }

  /** Lets go of the machine, which goes on. `exit` does not settle any more then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.close();
    this.#watch.close();
    this.#link.close();
    this.#dialect.close?.();
    this.#usage.close();
  }

  async #queryStatus(): Promise<SessionStatus> {
    try {
      return readStatus(await this.#link.execute('query-status'), this.#trouble);
    } catch (error) {
      if (!(error instanceof InnError) || error.code !== 'ENGINE_TIMEOUT') throw error;
      return { state: 'Stuck', reason: 'engineHangs', detail: error.message };
    }
  }

  /** After a save that failed: the guest runs on if it ran before. */
  async #goOnAs(before: SessionStatus): Promise<void> {
    try {
      const now = await this.#queryStatus();
      if (before.state === 'Running' && isSameStatus(now, PAUSED)) await this.#link.execute('cont');
      this.#watch.refresh();
    } catch {
      // The engine does not answer any more: the error of the save says more than this one would.
    }
  }

  #onEvent(event: QmpEvent): void {
    if (event.event === 'SHUTDOWN') this.#usage.readHost(); // the last chance: in a moment the process is gone
    noteTrouble(event, this.#trouble);
    this.#input.note(event);
    this.#dialect.onEvent?.(event);
    if (mayChangeStatus(event, this.#watch.isCommandUnderWay)) this.#watch.refresh();
  }
}

function saveCancelled(cause?: unknown): InnError {
  return new InnError('CANCELLED', 'Saving the state was cancelled; the machine goes on.', { cause });
}
