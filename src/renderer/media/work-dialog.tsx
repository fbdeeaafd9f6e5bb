import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import type { MediumId } from '../../shared/model/medium.ts';
import { useCovers } from '../components/covering.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { TaskItem } from '../components/task-item.tsx';
import classes from './media-dialogs.module.css';
import { useRunningTask, type Work } from './use-work.ts';

interface WorkDialogProps {
  title: string;
  /** Stands in the title of the task that the work becomes. */
  /** The medium that is worked on; null for one that is not there yet. */
  subject: MediumId | null;
  children: ReactNode;
  action: string;
  canAct: boolean;
  work: Work;
  onAct(): void;
  onClose(): void;
}

/** A form whose work may take its time: it shows how far that is, and can be closed meanwhile. */
export function WorkDialog({ title, subject, children, action, canAct, work, onAct, onClose }: WorkDialogProps) {
  useCovers();
  const task = useRunningTask(subject);
  return (
    <Modal opened onClose={onClose} title={title} size={520}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (canAct && !work.isWorking) onAct();
        }}
      >
        <fieldset className={classes.fields} disabled={work.isWorking}>
          {children}
        </fieldset>
        {work.isWorking && task !== undefined && (
          <div className={classes.task}>
            <TaskItem task={task} />
          </div>
        )}
        <div className={classes.foot}>
          {work.failure !== null ? <FailureLine failure={work.failure} /> : <span className={classes.spacer} />}
          <Button variant="default" onClick={onClose}>
            {work.isWorking ? 'In the background' : 'Cancel'}
          </Button>
          <Button type="submit" disabled={!canAct} loading={work.isWorking}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
