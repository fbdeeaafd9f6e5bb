import type { WorldEvent } from '../../shared/event-contract.ts';
import { notifyWarning } from '../notify.tsx';
import type { World } from '../store.ts';

/** Says when a capture ended that nobody had ended. */
export function noticeCaptureEnd({ networks }: Pick<World, 'networks'>, event: WorldEvent): void {
  if (event.kind !== 'captureEnded') return;
  const name = networks.get(event.network)?.name ?? 'a network';
  notifyWarning(`A capture of '${name}' ended. ${event.capture.failure}`);
}
