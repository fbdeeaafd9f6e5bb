import { useEffect, useState } from 'react';
import type { NetworkDetails } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { world } from '../../store.ts';
import { attachments } from '../attachments.ts';
import { type NetworksNow, type Traffic, trafficBetween } from '../traffic.ts';
import { useWatched } from '../use-watched.ts';

const EVERY_MS = 1000;

/** All networks that machines are on, as they are now, and what goes over them; asked each second while it is watched. */
export function useNetworksNow(): { details: readonly NetworkDetails[]; traffic: ReadonlyMap<string, Traffic> } {
  const { answer } = useWatched(lookAtAll, '', EVERY_MS);
  const [state, setState] = useState<{ now: NetworksNow | undefined; traffic: Map<string, Traffic> }>({
    now: undefined,
    traffic: new Map(),
  });
  useEffect(() => {
    if (answer === undefined) return;
    setState(({ now }) => ({ now: answer, traffic: now === undefined ? new Map() : trafficBetween(now, answer) }));
  }, [answer]);
  return { details: state.now?.details ?? [], traffic: state.traffic };
}

/** A network that was removed meanwhile, or does not answer, is left out: the next look shows how it is. */
async function lookAtAll(): Promise<NetworksNow> {
  const { machines, networks } = world.get();
  const used = new Set(attachments(machines.values(), networks.values()).flatMap(({ network }) => network?.id ?? []));
  const found = await Promise.allSettled([...used].map((network) => api.network.get({ network })));
  const details = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return { atMs: performance.now(), details };
}
