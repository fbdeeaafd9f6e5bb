import { notifications } from '@mantine/notifications';
import { toInnError } from '../shared/client-errors.ts';
import { type ErrorReport, toErrorReport } from '../shared/errors.ts';
import { FailureText } from './components/failure-text.tsx';
import { observable } from './observable.ts';

/** Something that was said in the corner of the window and can be read again in the notification centre. */
export interface Notice {
  id: number;
  at: Date;
  tone: 'failure' | 'warning' | 'success';
  title: string;
  failure: ErrorReport | null;
}

const KEPT_NOTICES = 50;
let nextId = 1;

export const notices = observable<readonly Notice[]>([]);

function remember(notice: Omit<Notice, 'id' | 'at'>): void {
  const full: Notice = { ...notice, id: nextId, at: new Date() };
  nextId += 1;
  notices.update((now) => [full, ...now].slice(0, KEPT_NOTICES));
}

/** The plain form of whatever a call threw. */
export function failureOf(thrown: unknown): ErrorReport {
  return toErrorReport(toInnError(thrown));
}

/** Shows a failure: what happened as the title, what to do next below, the details to unfold. It stays until closed. */
export function notifyFailure(thrown: unknown): void {
  const failure = failureOf(thrown);
  if (failure.code === 'CANCELLED') return;
  remember({ tone: 'failure', title: failure.message, failure });
  notifications.show({
    id: `${failure.code} ${failure.message}`,
    title: failure.message,
    message: <FailureText failure={failure} />,
    color: 'red',
    withBorder: true,
    autoClose: failure.hint === undefined ? 10_000 : 20_000,
  });
}

/** Says that something is done, for a few seconds. */
export function notifySuccess(title: string): void {
  remember({ tone: 'success', title, failure: null });
  notifications.show({ message: title, color: 'teal', withBorder: true, autoClose: 3500 });
}

/** Says what may go wrong later, for a few seconds. The same words stand in the corner once. */
export function notifyWarning(title: string): void {
  remember({ tone: 'warning', title, failure: null });
  notifications.show({ id: title, message: title, color: 'yellow', withBorder: true, autoClose: 8000 });
}

/** Runs work that a button began and shows its failure. True when it succeeded. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (thrown) {
    notifyFailure(thrown);
    return false;
  }
}

/** Runs work whose failure is shown where it began, such as in a dialog; null when it succeeded. */
export async function failureIn(work: () => Promise<unknown>): Promise<ErrorReport | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    return failureOf(thrown);
  }
}
