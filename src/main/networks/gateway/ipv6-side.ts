import type { FrameSource } from '../switch/port.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import type { Guests } from './guests.ts';
import { Ipv6Input } from './ipv6-input.ts';
import { NeighborDiscovery } from './neighbor-discovery.ts';
import type { PacketDelivery } from './packet-delivery.ts';
import { ALL_NODES, type Ipv6 } from './packets/ip-address.ts';
import { RouterAdvertiser } from './router-advertiser.ts';

export interface Ipv6SideOptions {
  context: GatewayContext;
  settings: ParsedSettings;
  guests: Guests;
  delivery: PacketDelivery;
  sources: () => readonly FrameSource[];
}

/** What a gateway has for IPv6 alone. */
export interface Ipv6Side {
  input: Ipv6Input;
  advertiser: RouterAdvertiser;
  /** Asks all machines for an address. */
  ask: (address: Ipv6) => void;
}

/** Undefined: the network carries no IPv6. */
export function makeIpv6Side({ context, settings, guests, delivery, sources }: Ipv6SideOptions): Ipv6Side | undefined {
  const { ipv6, mac: macAddress, mtu, domain } = settings;
  if (!ipv6) return undefined;
  const neighbors = guests.neighbors6;
  const discovery: NeighborDiscovery = new NeighborDiscovery({
    ...{ context, settings: ipv6, macAddress, neighbors },
    onRouterWanted: (sender) => advertiser.answer(sender),
  });
  const advertiser = new RouterAdvertiser({
    ...{ clock: context.clock, settings: ipv6, macAddress, mtu, domain, sources },
    hasWayOut: (profile) => context.hasIpv6WayOut(profile),
    send: (toMac, message) => discovery.send(toMac, ipv6.linkLocal, ALL_NODES, message),
  });
  const input = new Ipv6Input({ context, settings: ipv6, mtu, neighbors, discovery, delivery });
  return { input, advertiser, ask: (address) => discovery.ask(address) };
}
