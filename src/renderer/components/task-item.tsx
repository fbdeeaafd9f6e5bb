import { Button, Progress, Text } from '@mantine/core';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Task } from '../../shared/model/task.ts';
import { api } from '../api.ts';
import { attempt } from '../notify.tsx';
import { useTasks } from '../store.ts';
import classes from './task-item.module.css';

const OUTCOMES = { running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' } as const;

/** One task: how far it is, and the way to cancel it. */
export function TaskItem({ task }: { task: Task }) {
  const isRunning = task.status === 'running';
  return (
    <article className={classes.item} aria-label={task.title}>
      <div className={classes.line}>
        <Text className={classes.title}>{task.title}</Text>
        {isRunning && task.canCancel ? (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => void attempt(() => api.task.cancel({ id: task.id }))}
          >
            Cancel
          </Button>
        ) : (
          <span className={classes.quiet} data-status={task.status}>
            {OUTCOMES[task.status]}
          </span>
        )}
      </div>
      {isRunning && (
        <Progress
          value={task.progress === null ? 100 : task.progress * 100}
          animated={task.progress === null}
          size="xs"
          aria-label={`Progress of ${task.title}`}
        />
      )}
      {isRunning && task.detail !== null && <Text className={classes.quiet}>{task.detail}</Text>}
      {task.failure !== null && <Text className={classes.quiet}>{task.failure.message}</Text>}
    </article>
  );
}

/** What is under way with one machine; nothing when nothing is. */
export function RunningTasks({ machineId }: { machineId: MachineId }) {
  const running = [...useTasks().values()].filter((task) => task.status === 'running' && task.machineId === machineId);
  if (running.length === 0) return null;
  return (
    <section className={classes.running} aria-label="Under way">
      {running.map((task) => (
        <TaskItem key={task.id} task={task} />
      ))}
    </section>
  );
}
