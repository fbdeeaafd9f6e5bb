import { networkInterfaces } from 'node:os';
import type { Network } from '../../../shared/model/virtual-network.ts';

/**
 * The host's own place on a network, by the TAP device that is its uplink, when it is in use and has an address. The
 * network must give that address to nobody.
 */
export function hostEndOf({ uplink }: Pick<Network, 'uplink'>): { macAddress: string; address: string }[] {
  if (uplink?.kind !== 'tap') return [];
  const own = networkInterfaces()[uplink.interface] ?? [];
  return own.flatMap(({ family, mac, address }) => (family === 'IPv4' ? [{ macAddress: mac, address }] : []));
}
