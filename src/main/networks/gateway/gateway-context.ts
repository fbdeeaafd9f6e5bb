import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { Complaints } from './complaints.ts';
import type { HostNetwork } from './host-network.ts';
import type { Outbound } from './outbound.ts';
import type { Ipv4 } from './packets/addresses.ts';
import type { IpAddress } from './packets/ip-address.ts';
import type { Decision, Direction } from './policy.ts';
import type { Refusal } from './refusal-log.ts';
import type { Clock } from './tcp/clock.ts';

/** How much one machine may use, so that none exhausts the process for all. */
export interface GatewayLimits {
  tcpFlows: number;
  udpMappings: number;
  /** Questions for names that wait for the host. */
  pendingNames: number;
  /** Bytes that may wait in all TCP connections of a machine, in both directions together. */
  tcpBufferBytes: number;
  /** ICMP errors per second. */
  icmpErrors: number;
  tcpIdleMs: number;
  udpIdleMs: number;
}

export const USUAL_LIMITS: GatewayLimits = {
  tcpFlows: 1024,
  udpMappings: 512,
  pendingNames: 64,
  tcpBufferBytes: 32 * 1024 ** 2,
  icmpErrors: 100,
  // RFC 5382, REQ-5: not less than 2 hours and 4 minutes.
  tcpIdleMs: 7_500_000,
  // RFC 4787, REQ-5: not less than 2 minutes; 5 are recommended.
  udpIdleMs: 300_000,
};

/** What the parts of the gateway share. */
export interface GatewayContext {
  readonly clock: Clock;
  readonly host: HostNetwork;
  readonly outbound: Outbound;
  readonly limits: GatewayLimits;
  readonly complaints: Complaints;
  /** The gateway's own IPv4 address. */
  readonly address: Ipv4;
  /** Whether the profile lets frames pass, for one address on the network's or the host's side. */
  judge(profile: IsolationProfile, address: IpAddress, direction: Direction): Decision;
  /** The address on the host's side that an address stands for. */
  hostAddressOf(address: IpAddress): string;
  /** Whether a machine gets anywhere beyond the network over IPv6, as it is at the moment. */
  hasIpv6WayOut(profile: IsolationProfile): boolean;
  refuse(refusal: Omit<Refusal, 'atMs'>): void;
  /** Whether the packet at hand is a probe's and goes no further: ask before a socket to the host's side is opened. */
  endsHere(protocol: 'tcp' | 'udp', hostAddress: string, port: number): boolean;
}
