import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { attempt } from '../notify.tsx';

/** Every group that has machines, and the groups around those, by name. */
export function groupsOf(machines: Iterable<Machine>): string[] {
  const found = new Set<string>();
  for (const { config } of machines) {
    const parts = config.group.split('/').filter(Boolean);
    for (let depth = 1; depth <= parts.length; depth += 1) found.add(`/${parts.slice(0, depth).join('/')}`);
  }
  return [...found].sort((a, b) => a.localeCompare(b));
}

/** Whether a machine of the group `of` is in `group`, or in a group within it. */
export function isInside(of: string, group: string): boolean {
  return of === group || of.startsWith(`${group}/`);
}

/** The path of a group as a person writes it: ` Lab / Web/ ` is `/Lab/Web`, nothing is `/`. */
export function groupPath(text: string): string {
  const parts = text.split('/').map((part) => part.trim());
  return `/${parts.filter(Boolean).join('/')}`;
}

/** Puts the machines into the group; those that are there already are left alone. Says which could not be moved. */
export async function moveToGroup(machines: Iterable<Machine>, group: string): Promise<void> {
  for (const { id, revision, config } of machines) {
    if (config.group === group) continue;
    await attempt(() => api.machine.configure({ machine: id, revision, config: { ...config, group } }));
  }
}
