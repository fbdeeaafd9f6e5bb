import type { FileFilter } from '../../shared/desktop-bridge.ts';
import type { FolderEntry } from '../../shared/model/host.ts';

/** Folders first, then the files that the filter lets through, each by name; hidden ones only when asked for. */
export function shownEntries(entries: readonly FolderEntry[], filter: FileFilter | null, hasHidden: boolean) {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return entries
    .filter((entry) => hasHidden || !entry.name.startsWith('.'))
    .filter((entry) => entry.isFolder || filter === null || matches(entry.name, filter))
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || collator.compare(a.name, b.name));
}

/** Whether the name ends with one of the filter's extensions; `*` takes every name. */
export function matches(name: string, { extensions }: FileFilter): boolean {
  const lower = name.toLowerCase();
  return extensions.some((extension) => extension === '*' || lower.endsWith(`.${extension.toLowerCase()}`));
}

/** The folder of a path, or undefined when it names none; both kinds of slashes count. */
export function folderOf(path: string): string | undefined {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  if (cut < 0) return undefined;
  return cut === 0 ? path.slice(0, 1) : path.slice(0, cut);
}
