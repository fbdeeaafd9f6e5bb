import type { Ipv6Settings, ParsedSettings } from './gateway-settings.ts';
import { type IpAddress, type Ipv6, isInPrefix, isIpv6, isLinkLocal } from './packets/ip-address.ts';

/** Whether machines of the network may have an address: one of its prefix, or one that is good on its link alone. */
export const isOfNetwork = ({ prefix }: Ipv6Settings, address: Ipv6): boolean =>
  isLinkLocal(address) || isInPrefix(prefix, address);

/** Whether the gateway answers for an address, as itself or as the host. */
export const isOwnAddress = ({ address, hostAlias, linkLocal }: Ipv6Settings, each: Ipv6): boolean =>
  each === address || each === hostAlias || each === linkLocal;

/** As whom the gateway speaks to a guest about a packet: with an address that the guest's own can answer. */
export function ownAddressFor({ address, ipv6 }: ParsedSettings, guest: IpAddress): IpAddress {
  if (!isIpv6(guest) || !ipv6) return address;
  return isLinkLocal(guest) ? ipv6.linkLocal : ipv6.address;
}
