import { useEffect, useRef, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import type { Task } from '../../shared/model/task.ts';
import { failureOf, notifyFailure, notifySuccess } from '../notify.tsx';
import { useTasks } from '../store.ts';

export interface Work {
  isWorking: boolean;
  failure: ErrorReport | null;
  /** Runs the call; when it succeeded, closes the dialog and says what `told` makes of the result, if anything. */
  run<T>(call: () => Promise<T>, told?: (result: T) => string): void;
}

/** Work that a dialog began and shows. It goes on when the dialog is closed; how it ended is told in the corner. */
export function useWork(onClose: () => void): Work {
  const [isWorking, setWorking] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  const run = async <T>(call: () => Promise<T>, told?: (result: T) => string) => {
    setWorking(true);
    setFailure(null);
    try {
      const result = await call();
      if (told) notifySuccess(told(result));
      if (isOpen.current) onClose();
    } catch (thrown) {
      if (!isOpen.current) return notifyFailure(thrown);
      const problem = failureOf(thrown);
      setWorking(false);
      setFailure(problem.code === 'CANCELLED' ? null : problem);
    }
  };
  return { isWorking, failure, run: (call, told) => void run(call, told) };
}

/** The task that works on the medium now; undefined for a medium that is not there yet. */
export function useRunningTask(medium: MediumId | null): Task | undefined {
  const tasks = [...useTasks().values()];
  return tasks.find(({ status, mediumId }) => status === 'running' && medium !== null && mediumId === medium);
}
