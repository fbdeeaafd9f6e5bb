import type { AdapterMode, IsolationProfile, NetworkAdapter } from '../../shared/model/network.ts';
import type { NetworkKind } from '../../shared/model/virtual-network.ts';

export const KIND_NOTES: Record<NetworkKind, string> = {
  nat: 'Each machine reaches the outside through this computer, and none of the other machines',
  natNetwork: 'The machines reach each other, and the outside through this computer',
  internal: 'The machines reach each other, and nothing else',
  hostOnly: 'The machines reach each other, and this computer reaches them through port forwards; nothing beyond',
  bridged: "The machines stand in this computer's own network, as computers of their own",
};

/** What the guest reaches in each mode, and who reaches the guest (field guide §2.6, networking modes). */
export const MODE_NOTES: Record<AdapterMode, string> = {
  notAttached: 'The adapter is there, but no network is behind it',
  nat: 'The guest reaches the outside through this computer; it is reached through port forwards only',
  natNetwork: 'As NAT, together with the other machines of the network',
  internal: 'The guest reaches the other machines of the network, and nothing else',
  hostOnly:
    'The guest reaches the other machines of the network; this computer reaches it through port forwards, or by a TAP device',
  bridged: "The guest stands in this computer's own network, as a computer of its own",
};

export const PROFILE_NOTES: Record<IsolationProfile, string> = {
  open: 'Everything that its network reaches, services of this computer included',
  standard: 'Everything but the services of this computer itself',
  noLan: 'The internet, but no private addresses: not your router, not your printer',
  offline: 'Only the machines of its own network',
  quarantine: 'Nothing at all; nothing reaches it either',
};

export const PROMISCUOUS_LABELS: Record<NetworkAdapter['promiscuous'], string> = {
  deny: 'Deny',
  allowMachines: 'Allow machines',
  allowAll: 'Allow all',
};

export const PROMISCUOUS_NOTES: Record<NetworkAdapter['promiscuous'], string> = {
  deny: 'The guest sees only the frames that are meant for it',
  allowMachines: 'The guest may see the frames of the other machines',
  allowAll: 'The guest may see every frame of the network',
};

const DROPS: Record<string, string> = {
  malformed: 'malformed',
  oversized: 'too long',
  reserved: 'for the neighbour alone',
  cable: 'cable pulled',
  link: 'adapter not in use',
  spoofed: 'forged sender',
  isolated: 'kept apart',
  storm: 'storm of broadcasts',
  limit: 'over the limit',
  loss: 'lost on purpose',
  queue: 'receiver too slow',
};

/** Why frames were not carried: `3 kept apart, 1 cable pulled`, the most frequent first; null when all were. */
export function dropWords(drops: Readonly<Record<string, number>>): string | null {
  const some = Object.entries(drops).filter(([, count]) => count > 0);
  if (some.length === 0) return null;
  some.sort(([, a], [, b]) => b - a);
  return some.map(([reason, count]) => `${count} ${DROPS[reason] ?? reason}`).join(', ');
}
