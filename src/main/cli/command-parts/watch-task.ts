import type { WorldEvent } from '../../../shared/event-contract.ts';
import type { Task, TaskId } from '../../../shared/model/task.ts';
import type { InnClient } from '../../api/client-link.ts';
import type { CliContext } from './context.ts';

/**
 * Runs a call that is a task of the core. While it runs, its progress is one line on standard error, when that is a terminal,
 * and Ctrl+C cancels the task.
 * @param subject stands in the title of the task: the name of the medium.
 */
export async function watchTask<T>(
  { stderr }: Pick<CliContext, 'stderr'>,
  client: InnClient,
  subject: string,
  call: () => Promise<T>,
): Promise<T> {
  if (!stderr.isTTY) return call();
  const watcher = new AbortController();
  const events = await client.events.subscribe({}, { signal: watcher.signal });
  let id: TaskId | undefined;
  const cancel = () => {
    if (id !== undefined) void client.task.cancel({ id }).catch(() => {}); // It has ended: nothing to cancel.
  };
  const watching = follow(events, subject, (task) => {
    id = task.id;
    stderr.write(`\r\x1b[K${lineOf(task)}`);
  });
  process.on('SIGINT', cancel);
  try {
    return await call();
  } finally {
    process.off('SIGINT', cancel);
    watcher.abort();
    await watching;
    stderr.write('\r\x1b[K');
  }
}

/** Calls `onTask` for each change of the newest task about the subject that runs. */
async function follow(events: AsyncIterable<WorldEvent>, subject: string, onTask: (task: Task) => void): Promise<void> {
  try {
    for await (const event of events) {
      const tasks = event.kind === 'snapshot' ? event.tasks : event.kind === 'taskChanged' ? [event.task] : [];
      const task = tasks.find(({ title, status }) => status === 'running' && title.includes(`'${subject}'`));
      if (task) onTask(task);
    }
  } catch {
    // The watcher was let go, or the connection ended: the call itself says how it went.
  }
}

function lineOf({ title, progress, detail }: Task): string {
  const share = progress === null ? '…' : `: ${Math.floor(progress * 100)} %`;
  return `${title}${share}${detail === null ? '' : ` (${detail})`}`;
}
