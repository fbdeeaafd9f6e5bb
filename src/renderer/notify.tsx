import { notifications } from '@mantine/notifications';
import { toInnError } from '../shared/client-errors.ts';
import { type ErrorReport, toErrorReport } from '../shared/errors.ts';
import { FailureText } from './components/failure-text.tsx';
import { type NoticeItem, NoticeItems } from './components/notice-items.tsx';
import { observable } from './observable.ts';

/** Something that was said in the corner of the window and can be read again in the notification centre. */
export interface Notice {
  id: number;
  at: Date;
  tone: 'failure' | 'warning' | 'success';
  title: string;
  failure: ErrorReport | null;
  /** What it says beside its title. */
  items: readonly NoticeItem[];
}

const KEPT_NOTICES = 50;
let nextId = 1;

export const notices = observable<readonly Notice[]>([]);

function remember(notice: Pick<Notice, 'tone' | 'title'> & Partial<Notice>): void {
  const full: Notice = { failure: null, items: [], ...notice, id: nextId, at: new Date() };
  nextId += 1;
  notices.update((now) => [full, ...now].slice(0, KEPT_NOTICES));
}

/** The plain form of whatever a call threw. */
export function failureOf(thrown: unknown): ErrorReport {
  return toErrorReport(toInnError(thrown));
}

/** Shows a failure: what happened as the title, what to do next below, the details to unfold. */
export function notifyFailure(thrown: unknown): void {
  showFailure(failureOf(thrown));
}

function showFailure(failure: ErrorReport): void {
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

/**
 * Shows what went wrong with several machines in one notice, each with what to do next; `rest` is said after them. One
 * alone is shown as it is, and what was cancelled is not told.
 */
export function notifyFailures(
  title: string,
  failures: readonly ErrorReport[],
  rest: readonly NoticeItem[] = [],
): void {
  const told = failures.filter(({ code }) => code !== 'CANCELLED');
  const [only] = told;
  if (only === undefined) return;
  if (told.length + rest.length === 1) {
    showFailure(only);
    return;
  }
  const items = [...told.map(({ message, hint }) => ({ text: message, hint })), ...rest];
  remember({ tone: 'failure', title, items });
  showItems(title, items, { color: 'red', autoClose: 20_000 });
}

/** Says that something is done, for a few seconds. */
export function notifySuccess(title: string): void {
  remember({ tone: 'success', title });
  notifications.show({ message: title, color: 'teal', withBorder: true, autoClose: 3500 });
}

/** Says what may go wrong later, for as long as it takes to read. The same words stand in the corner once. */
export function notifyWarning(title: string, items: readonly NoticeItem[] = []): void {
  remember({ tone: 'warning', title, items });
  showItems(title, items, { color: 'yellow', autoClose: items.length > 1 ? 15_000 : 8000 });
}

function showItems(title: string, items: readonly NoticeItem[], look: { color: string; autoClose: number }): void {
  const id = [title, ...items.map(({ text }) => text)].join(' ');
  const said = items.length === 0 ? { message: title } : { title, message: <NoticeItems items={items} /> };
  notifications.show({ id, ...said, withBorder: true, ...look });
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
