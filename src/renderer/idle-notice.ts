import type { WorldEvent } from '../shared/event-contract.ts';
import { notifySuccess } from './notify.tsx';
import type { World } from './store.ts';

/** Says when the idle policy has put a machine to sleep. @param before the world that the event changes */
export function noticeSleep(before: World, event: WorldEvent): void {
  if (event.kind !== 'machineChanged') return;
  const { id, state, reason, config } = event.machine;
  const was = before.machines.get(id);
  const isNews = reason === 'idle' && was !== undefined && (was.reason !== 'idle' || was.state !== state);
  if (!isNews || (state !== 'Paused' && state !== 'Saved')) return;
  const done = state === 'Paused' ? 'paused' : 'saved';
  notifySuccess(`Nobody used '${config.name}', so it was ${done}. It goes on when you open it.`);
}
