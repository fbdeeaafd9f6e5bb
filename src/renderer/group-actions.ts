import type { GroupStop } from '../shared/group-contract.ts';
import { api } from './api.ts';
import { attempt } from './notify.tsx';

/** Starts the machines of a group in their start order; the task list shows how far it is, and can cancel it. */
export function startGroup(group: string): Promise<boolean> {
  return attempt(() => api.group.start({ group }));
}

/** Saves or shuts down the machines of a group, in the order turned around. */
export function stopGroup(group: string, how: GroupStop): Promise<boolean> {
  return attempt(() => api.group.stop({ group, how }));
}
