import type { AdmissionWarning } from '../../shared/model/admission.ts';
import { quotedNames } from '../../shared/quoted-names.ts';
import type { NoticeItem } from '../components/notice-items.tsx';

/** A machine that was let in, with what admission warned of. */
export interface WarnedMachine {
  name: string;
  warnings: readonly AdmissionWarning[];
}

/**
 * The one notice about machines that were started, in the order of their starts; null when nothing was warned of. Of
 * several machines each kind of warning is said once, with their names and in the words of the last one: it was let in
 * beside the others, so that its numbers count them all.
 */
export function warningNotice(started: readonly WarnedMachine[]): { title: string; items: NoticeItem[] } | null {
  const warned = started.filter(({ warnings }) => warnings.length > 0);
  const [only] = warned;
  if (only === undefined) return null;
  if (warned.length === 1) {
    const { name, warnings } = only;
    const title = `'${name}' has started with ${warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`}`;
    return { title, items: warnings.map(({ message }) => ({ text: message })) };
  }
  const each = warned.flatMap(({ name, warnings }) => warnings.map(({ kind, message }) => ({ name, kind, message })));
  const items = [...Map.groupBy(each, ({ kind }) => kind).values()].map((of) => ({
    text: `${quotedNames(of.map(({ name }) => name))}: ${of.at(-1)?.message}`,
  }));
  return { title: `${warned.length} machines have started with warnings`, items };
}
