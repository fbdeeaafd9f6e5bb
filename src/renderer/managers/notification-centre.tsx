import { ActionIcon, Button, Indicator, Popover, Text } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { FailureText } from '../components/failure-text.tsx';
import { NoticeItems } from '../components/notice-items.tsx';
import itemClasses from '../components/task-item.module.css';
import { TaskItem } from '../components/task-item.tsx';
import { type Notice, notices } from '../notify.tsx';
import { useObservable } from '../observable.ts';
import { useTasks } from '../store.ts';
import classes from './notification-centre.module.css';

const SHOWN_ENDED_TASKS = 8;

/** What is being done, how far it is, and what was said before. */
export function NotificationCentre() {
  const tasks = [...useTasks().values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const said = useObservable(notices, (now) => now);
  const running = tasks.filter((task) => task.status === 'running');
  const ended = tasks.filter((task) => task.status !== 'running').slice(0, SHOWN_ENDED_TASKS);
  const label = running.length === 0 ? 'Notifications' : `Notifications, ${running.length} running`;
  return (
    <Popover width={360} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Indicator disabled={running.length === 0} processing size={8} offset={5}>
          <ActionIcon aria-label={label}>
            <IconBell size={17} stroke={1.7} />
          </ActionIcon>
        </Indicator>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Notification centre">
        <div className={classes.head}>
          <h3>Notifications</h3>
          {said.length > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => notices.set([])}>
              Clear
            </Button>
          )}
        </div>
        <div className={classes.list}>
          {tasks.length + said.length === 0 && <Text className={classes.none}>Nothing to tell.</Text>}
          {[...running, ...ended].map((task) => (
            <TaskItem key={task.id} task={task} />
          ))}
          {said.map((notice) => (
            <NoticeItem key={notice.id} notice={notice} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function NoticeItem({ notice }: { notice: Notice }) {
  return (
    <article className={itemClasses.item} data-tone={notice.tone}>
      <div className={itemClasses.line}>
        <Text className={itemClasses.title}>{notice.title}</Text>
        <time className={itemClasses.quiet}>
          {notice.at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
        </time>
      </div>
      {notice.items.length > 0 && <NoticeItems items={notice.items} />}
      {notice.failure !== null && <FailureText failure={notice.failure} />}
    </article>
  );
}
