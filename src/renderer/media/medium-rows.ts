import type { Medium, MediumId, MediumKind } from '../../shared/model/medium.ts';

export interface MediumRow {
  medium: Medium;
  /** 1 for what stands alone; one more for each image that it builds on. */
  level: number;
}

/** The media of one kind as a tree: below each what builds on it. A search keeps what matches, and the way to it. */
export function mediumRows(media: Iterable<Medium>, kind: MediumKind, search: string): MediumRow[] {
  const all = [...media].filter((medium) => medium.kind === kind);
  const ids = new Set(all.map(({ id }) => id));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const childrenOf = (parent: MediumId | null) =>
    all
      .filter(({ parentId }) => (parentId !== null && ids.has(parentId) ? parentId : null) === parent)
      .sort((a, b) => collator.compare(a.name, b.name));
  const branch = (medium: Medium, level: number): MediumRow[] => {
    const below = childrenOf(medium.id).flatMap((child) => branch(child, level + 1));
    return below.length > 0 || matches(medium, search) ? [{ medium, level }, ...below] : [];
  };
  return childrenOf(null).flatMap((medium) => branch(medium, 1));
}

/** Whether name, file, id or a user of the medium has the words. */
function matches({ name, location, id, attachedTo, inSnapshots }: Medium, search: string): boolean {
  const words = search.trim().toLowerCase();
  return [name, location, id, ...attachedTo, ...inSnapshots].some((text) => text.toLowerCase().includes(words));
}
