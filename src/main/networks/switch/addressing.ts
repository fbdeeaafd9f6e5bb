/** EtherTypes (IANA). */
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** Offsets of the next protocol within the headers (RFC 791, 3.1; RFC 8200, 3). */
const IPV4_PROTOCOL = 9;
const IPV6_NEXT_HEADER = 6;
const UDP = 17;
const ICMPV6 = 58;
/** DHCP (RFC 2131, 4.1) and DHCPv6 (RFC 8415, 7.2): servers and clients. */
const DHCP_PORTS = new Set([67, 68]);
const DHCPV6_PORTS = new Set([546, 547]);
/** Router solicitation and advertisement, and redirect (RFC 4861, 4). */
const ROUTER_MESSAGES = new Set([133, 134, 137]);

/** Whether a frame asks for an address or a router, or gives one: DHCP, DHCPv6, or a message of IPv6 routers. */
export function givesAddresses(bytes: Uint8Array, start: number, end: number): boolean {
  const ip = start + ETHERNET_BYTES;
  const type = wordAt(bytes, start + 12);
  if (type === IPV4) {
    if (end - ip < IPV4_BYTES || bytes[ip + IPV4_PROTOCOL] !== UDP) return false;
    return isUdpTo(DHCP_PORTS, bytes, ip + ((bytes[ip] as number) & 0x0f) * 4, end);
  }
  if (type !== IPV6 || end - ip <= IPV6_BYTES) return false;
  const next = bytes[ip + IPV6_NEXT_HEADER];
  if (next === ICMPV6) return ROUTER_MESSAGES.has(bytes[ip + IPV6_BYTES] as number);
  return next === UDP && isUdpTo(DHCPV6_PORTS, bytes, ip + IPV6_BYTES, end);
}

function isUdpTo(ports: ReadonlySet<number>, bytes: Uint8Array, at: number, end: number): boolean {
  return at + 4 <= end && ports.has(wordAt(bytes, at + 2));
}

const wordAt = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
