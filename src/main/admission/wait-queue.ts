import * as z from 'zod';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import { isRest } from '../../shared/machine-state.ts';
import { MachineId } from '../../shared/model/machine.ts';
import type { SettingKind, SettingTable } from '../db/setting-table.ts';
import type { TaskService } from '../tasks/task-service.ts';
import type { RoomDeps } from './make-room.ts';

/** Other programs that end tell nobody: the host is looked at again this often, in milliseconds. */
const LOOK_MS = 5000;

const Waiting = z.object({ machineId: MachineId, isDisposable: z.boolean() });
type Waiting = z.infer<typeof Waiting>;

/** Kept in the database, so that a machine goes on waiting when the core is started anew. */
const QUEUE: SettingKind<Waiting[]> = { key: 'admission.queue', schema: z.array(Waiting), usual: [] };

interface Entry extends Waiting {
  /** Ends the entry's task: well, or with an error. */
  leave: (error?: unknown) => void;
}

interface WaitQueueDeps extends Pick<RoomDeps, 'machines' | 'runner' | 'log'> {
  settings: SettingTable;
  tasks: Pick<TaskService, 'run'>;
}

/**
 * Machines that wait until the host has room for them, the one that waited longest first. One that needs less than those
 * before it may pass them. Each is a task that can be cancelled.
 */
export class WaitQueue {
  readonly #deps: WaitQueueDeps;
  #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isClosed = false;
  /** Something has changed since the last look. */
  #isStale = false;

  constructor(deps: WaitQueueDeps) {
    this.#deps = deps;
  }

  /** Takes up what an earlier core left waiting. */
  open(): void {
    for (const waiting of this.#deps.settings.get(QUEUE)) this.#enter(waiting);
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** A machine that waits already keeps its place. */
  add(waiting: Waiting): void {
    if (this.#entries.some(({ machineId }) => machineId === waiting.machineId)) return;
    this.#enter(waiting);
    this.#store();
    this.look();
  }

  /** Something has changed: looks whether one of them fits now. */
  look(): void {
    if (this.#entries.length === 0 || this.#isClosed) return;
    this.#isStale = true;
    this.#round ??= this.#tryUntilSettled().finally(() => {
      this.#round = undefined;
    });
  }

  /** The machine is gone, or was started by somebody else. */
  drop(id: MachineId): void {
    this.#entries.find(({ machineId }) => machineId === id)?.leave();
  }

  /** Stops looking; what waits is kept for the next core. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#round;
    for (const entry of this.#entries) entry.leave();
  }

  #enter(waiting: Waiting): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (error?: unknown) => {
      this.#entries = this.#entries.filter((each) => each !== entry);
      if (!this.#isClosed) this.#store();
      if (error === undefined) resolve();
      else reject(error);
    };
    const entry: Entry = { ...waiting, leave };
    this.#entries.push(entry);
    const name = this.#nameOf(waiting.machineId);
    const options = { title: `Waiting for room to start '${name}'`, machineId: waiting.machineId, canCancel: true };
    void this.#deps.tasks
      .run(options, ({ signal, progress }) => {
        progress(null, 'It starts as soon as it fits');
        signal.addEventListener('abort', () => leave(signal.reason), { once: true });
        return promise;
      })
      .catch((error: unknown) => {
        // The task shows it; who asked for it has gone on long ago.
        this.#deps.log.warn({ machine: waiting.machineId, error: toErrorReport(error) }, 'It waits no longer');
      });
  }

  /** What changes during a round counts in another one right after it. */
  async #tryUntilSettled(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      await this.#tryAll();
    }
  }

  async #tryAll(): Promise<void> {
    for (const entry of [...this.#entries]) {
      if (this.#isClosed) return;
      try {
        await this.#try(entry);
      } catch (error) {
        entry.leave(error);
      }
    }
  }

  async #try(entry: Entry): Promise<void> {
    const { machineId, isDisposable } = entry;
    const { runner, machines } = this.#deps;
    if (!this.#entries.includes(entry)) return;
    if (!isRest(machines.get(machineId).state)) return entry.leave();
    const { refusal } = await runner.judgeStart(machineId);
    if (refusal || this.#isClosed || !this.#entries.includes(entry)) return;
    try {
      await runner.start(machineId, { isDisposable });
      entry.leave();
    } catch (error) {
      if (!isShortage(error)) throw error; // Somebody took the room in between: it goes on waiting.
    }
  }

  #store(): void {
    const waiting = this.#entries.map(({ machineId, isDisposable }) => ({ machineId, isDisposable }));
    this.#deps.settings.set(QUEUE, waiting);
  }

  #nameOf(id: MachineId): string {
    try {
      return this.#deps.machines.get(id).config.name;
    } catch {
      return id; // Removed while no core ran; the next round lets it go.
    }
  }
}

const isShortage = (error: unknown): boolean =>
  error instanceof InnError && (error.code === 'HOST_MEMORY_SHORT' || error.code === 'POOL_FULL');
