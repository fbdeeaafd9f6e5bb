import type { IsolationProfile } from './model/network.ts';
import type { ReachPlace } from './model/virtual-network.ts';

/** What the isolation profiles are called wherever a person reads of them. */
export const PROFILE_NAMES: Record<IsolationProfile, string> = {
  open: 'Open',
  standard: 'Standard',
  noLan: 'No LAN',
  offline: 'Offline',
  quarantine: 'Quarantine',
};

/** What the places outside of a network are called. */
export const PLACE_NAMES: Record<ReachPlace, string> = {
  host: 'This computer',
  hostServices: 'Services of this computer',
  lan: 'Local network',
  internet: 'Internet',
};

const PLACES_WITHIN: Record<ReachPlace, string> = {
  host: 'this computer',
  hostServices: 'the services of this computer',
  lan: 'the local network',
  internet: 'the internet',
};

/** An end of a question of reach in words: a place by its name, everything else as it is. */
export function endWords(end: string): string {
  return Object.entries(PLACE_NAMES).find(([place]) => place === end)?.[1] ?? end;
}

/** The same within a sentence: `the internet`. */
export function endWithin(end: string): string {
  return Object.entries(PLACES_WITHIN).find(([place]) => place === end)?.[1] ?? end;
}

const DECIDERS: Record<string, string> = {
  adapter: 'the adapter',
  cable: 'the cable',
  network: 'the network',
  switch: 'the switch',
  profile: 'the isolation profile',
  gateway: 'the gateway',
  forward: 'a port forward',
  guest: 'the guest',
};

/** Where on the way it was decided, in words. */
export function deciderWords(decidedBy: string): string {
  return DECIDERS[decidedBy] ?? decidedBy;
}
