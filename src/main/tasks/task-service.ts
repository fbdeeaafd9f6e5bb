import type { MachineId } from '../../shared/model/machine.ts';
import type { Task, TaskId } from '../../shared/model/task.ts';

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
  canCancel: boolean;
}

export interface TaskService {
  /** Runs the work as a task and settles as the work does. */
  run<T>(options: TaskOptions, work: (task: TaskHandle) => Promise<T>): Promise<T>;
  /** Running tasks, then the last `RECENT_LIMIT` that ended, newest first. */
  list(): Task[];
  /** Asks the task to stop. @throws InnError `TASK_NOT_FOUND`, `NOT_SUPPORTED`, when it cannot be cancelled. */
  cancel(id: TaskId): Task;
}
