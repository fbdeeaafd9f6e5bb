import { randomUUID } from 'node:crypto';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import { type Task, TaskId } from '../../shared/model/task.ts';
import type { Events } from '../events.ts';

export interface TaskHandle {
  /** Aborted when the task is cancelled. */
  signal: AbortSignal;
  /** How far the work is: 0 to 1, or null when it cannot be known; with what it does at the moment. */
  progress(fraction: number | null, detail?: string): void;
}

export interface TaskOptions {
  /** In the words of the user: `Saving the state of 'web'`. */
  title: string;
  machineId: MachineId | null;
  /** The medium that is worked on; absent for other work. */
  mediumId?: MediumId;
  canCancel: boolean;
}

/** Tasks live and end with the program, so they are kept in memory: a task that outlived it would be a lie. */
export interface TaskService {
  /** Runs the work as a task and settles as the work does. Work that fails after a cancel counts as cancelled. */
  run<T>(options: TaskOptions, work: (task: TaskHandle) => Promise<T>): Promise<T>;
  /** Running tasks, newest first, then the last `RECENT_LIMIT` that ended, the last to end first. */
  list(): Task[];
  /**
   * Asks the task to stop, and returns it as it is now. A task that has ended stays as it is.
   * @throws InnError `TASK_NOT_FOUND`, `NOT_SUPPORTED` when it cannot be cancelled.
   */
  cancel(id: TaskId): Task;
}

/** Ended tasks that are remembered. */
export const RECENT_LIMIT = 50;
/** Progress is told five times a second at most; beginning and end are told always. */
export const PROGRESS_INTERVAL_MS = 200;

interface Running {
  task: Task;
  abort: AbortController;
  publishedAtMs: number;
}

export interface TaskServiceDeps {
  events: Pick<Events, 'publish'>;
  now: () => Date;
}

export function createTasks(deps: TaskServiceDeps): TaskService {
  return new Tasks(deps);
}

class Tasks implements TaskService {
  readonly #events: Pick<Events, 'publish'>;
  readonly #now: () => Date;
  readonly #running = new Map<TaskId, Running>();
  #ended: Task[] = [];

  constructor({ events, now }: TaskServiceDeps) {
    this.#events = events;
    this.#now = now;
  }

  async run<T>(options: TaskOptions, work: (task: TaskHandle) => Promise<T>): Promise<T> {
    const running = this.#begin(options);
    try {
      const { signal } = running.abort;
      const result = await work({ signal, progress: (fraction, detail) => this.#progress(running, fraction, detail) });
      this.#end(running, { status: 'done', progress: 1 });
      return result;
    } catch (thrown) {
      const isCancelled = running.abort.signal.aborted || (thrown instanceof InnError && thrown.code === 'CANCELLED');
      const failure = toErrorReport(thrown);
      const { hint, details, ...rest } = failure;
      this.#end(running, {
        status: isCancelled ? 'cancelled' : 'failed',
        detail: failure.message,
        failure: isCancelled ? null : { ...rest, ...(hint !== undefined && { hint }), ...(details && { details }) },
      });
      throw thrown;
    }
  }

  list(): Task[] {
    return [...[...this.#running.values()].map(({ task }) => task).reverse(), ...this.#ended];
  }

  cancel(id: TaskId): Task {
    const ended = this.#ended.find((task) => task.id === id);
    if (ended) return ended;
    const running = this.#running.get(id);
    if (!running) {
      throw new InnError('TASK_NOT_FOUND', `There is no task with the id '${id}'.`, {
        hint: 'It may have ended long ago; list the tasks to see what runs.',
      });
    }
    const { title, canCancel } = running.task;
    if (!canCancel) {
      throw new InnError('NOT_SUPPORTED', `'${title}' cannot be cancelled.`, { hint: 'Wait until it has ended.' });
    }
    running.abort.abort(new InnError('CANCELLED', `'${title}' was cancelled.`));
    this.#change(running, { detail: 'Cancelling', canCancel: false });
    this.#publish(running);
    return running.task;
  }

  #begin({ title, machineId, mediumId, canCancel }: TaskOptions): Running {
    const task: Task = {
      id: TaskId.parse(randomUUID()),
      title,
      machineId,
      mediumId: mediumId ?? null,
      status: 'running',
      progress: null,
      detail: null,
      canCancel,
      startedAt: this.#now().toISOString(),
      endedAt: null,
      failure: null,
    };
    const running: Running = { task, abort: new AbortController(), publishedAtMs: 0 };
    this.#running.set(task.id, running);
    this.#publish(running);
    return running;
  }

  #progress(running: Running, fraction: number | null, detail?: string): void {
    if (!this.#running.has(running.task.id) || running.abort.signal.aborted) return;
    const progress = fraction === null ? null : Math.min(1, Math.max(0, fraction));
    this.#change(running, { progress, ...(detail !== undefined && { detail }) });
    if (this.#now().getTime() - running.publishedAtMs >= PROGRESS_INTERVAL_MS) this.#publish(running);
  }

  #end(running: Running, outcome: Partial<Task>): void {
    this.#change(running, { ...outcome, canCancel: false, endedAt: this.#now().toISOString() });
    this.#running.delete(running.task.id);
    this.#ended = [running.task, ...this.#ended].slice(0, RECENT_LIMIT);
    this.#publish(running);
  }

  #change(running: Running, change: Partial<Task>): void {
    running.task = { ...running.task, ...change };
  }

  #publish(running: Running): void {
    running.publishedAtMs = this.#now().getTime();
    this.#events.publish({ kind: 'taskChanged', task: running.task });
  }
}
