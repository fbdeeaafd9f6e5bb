import type { IpAddress } from './ip-address.ts';

/** https://www.iana.org/assignments/protocol-numbers */
export const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

/** A packet of either family, whole or a fragment; both addresses are of one family. */
export interface IpPacket {
  source: IpAddress;
  destination: IpAddress;
  /** Of the content, behind all headers. */
  protocol: number;
  /** Hops that are left. */
  ttl: number;
  identification: number;
  /** Where the content belongs in the whole datagram, in bytes; 0 for the first or only fragment. */
  fragmentOffset: number;
  hasMoreFragments: boolean;
  /** The packet without Ethernet padding; views, not copies. */
  bytes: Uint8Array;
  payload: Uint8Array;
}

export const isFragment = ({ fragmentOffset, hasMoreFragments }: IpPacket): boolean =>
  fragmentOffset !== 0 || hasMoreFragments;
