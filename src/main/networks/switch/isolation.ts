import type { IsolationProfile } from '../../../shared/model/network.ts';
import { type IpAddress, parseIp, readIpv6 } from '../gateway/packets/ip-address.ts';
import type { SwitchMember } from './port.ts';

type MemberAddresses = Pick<SwitchMember, 'ipv4Addresses' | 'ipv6Addresses'>;

/** EtherTypes (IEEE 802 numbers, IANA). A tagged frame has none of these in its place, and is refused with the rest. */
const IPV4 = 0x0800;
const ARP = 0x0806;
const IPV6 = 0x86dd;

const HEADER_BYTES = 14;
const IPV4_SOURCE = HEADER_BYTES + 12;
const IPV4_DESTINATION = HEADER_BYTES + 16;
const IPV6_SOURCE = HEADER_BYTES + 8;
const IPV6_DESTINATION = HEADER_BYTES + 24;
const LIMITED_BROADCAST = 0xffff_ffff;

/**
 * | profile | machines of the same network | gateway | uplink |
 * |---|---|---|---|
 * | `open` | yes | yes; which addresses behind it, it decides itself | yes |
 * | `standard`, `noLan` | yes | as `open` | no: nobody could say what is reached there |
 * | `offline` | yes | its own services alone: ARP, DHCP, names, echo | no |
 * | `quarantine` | no | no | no |
 */
export function mayMeetMachines(profile: IsolationProfile): boolean {
  return profile !== 'quarantine';
}

/** Whether frames of an adapter may go out through the host's own interface, and come in from there. */
export function mayMeetUplink(profile: IsolationProfile): boolean {
  return profile === 'open';
}

/**
 * Whether a frame may go from an adapter to a member of the network, or back.
 * @param frame bytes of which it takes `start` up to `end`, 14 at least
 * @param addresses the member's own, as numbers
 */
export function mayMeetMember(
  profile: IsolationProfile,
  direction: 'toMember' | 'toMachine',
  addresses: ReadonlySet<IpAddress>,
  { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
): boolean {
  if (profile === 'quarantine') return false;
  if (profile !== 'offline') return true;
  const type = ((bytes[start + 12] as number) << 8) | (bytes[start + 13] as number);
  const isToMember = direction === 'toMember';
  if (type === ARP) return true;
  if (type === IPV4) {
    const at = start + (isToMember ? IPV4_DESTINATION : IPV4_SOURCE);
    return at + 4 <= end && isOwnIpv4(ipv4At(bytes, at), addresses);
  }
  if (type === IPV6) {
    const at = start + (isToMember ? IPV6_DESTINATION : IPV6_SOURCE);
    return at + 16 <= end && (isLinkLocal(bytes, at) || addresses.has(readIpv6(bytes, at)));
  }
  return false;
}

/** The addresses of a member as they are compared with those in frames; those that are none are left out. */
export function addressesOf({ ipv4Addresses, ipv6Addresses = [] }: MemberAddresses): ReadonlySet<IpAddress> {
  return new Set([...ipv4Addresses, ...ipv6Addresses].flatMap((text) => parseIp(text) ?? []));
}

function isOwnIpv4(address: number, own: ReadonlySet<IpAddress>): boolean {
  return own.has(address) || address === LIMITED_BROADCAST; // DHCP begins with it (RFC 2131, 4.1)
}

function ipv4At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** fe80::/10 and ff02::/16: they never leave the link (RFC 4291, 2.5.6 and 2.7). */
function isLinkLocal(bytes: Uint8Array, at: number): boolean {
  const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
  return (first === 0xfe && (second & 0xc0) === 0x80) || (first === 0xff && second === 0x02);
}
