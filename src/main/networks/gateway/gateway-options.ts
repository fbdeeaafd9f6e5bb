import type { GatewayLimits } from './gateway-context.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { HostNetwork } from './host-network.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { RuleId } from './policy.ts';
import type { OpenForward, PortForward } from './port-forward.ts';
import type { Refusal } from './refusal-log.ts';
import type { Clock } from './tcp/clock.ts';
import type { FlowInfo } from './tcp-nat.ts';

export interface NatGatewayOptions {
  settings: GatewaySettings;
  /** All leases of earlier runs. */
  leases?: readonly LeaseRecord[];
  /** A lease was made, renewed or given back: store it, one for each MAC address. */
  onLease?: (lease: LeaseRecord) => void;
  onRefusal?: (refusal: Refusal) => void;
  /**
   * A client connected, or sent a datagram, to a port forward whose guest is not up. True when somebody wakes it: that is held
   * for up to a minute and answered by the guest. Otherwise it is reset, or forgotten.
   */
  onWaiting?: (forward: PortForward) => boolean;
  /** Whether the guest of a forward is known to sleep: it is not asked then, but waited for, as `onWaiting` says. */
  isAsleep?: (forward: PortForward) => boolean;
  limits?: Partial<GatewayLimits>;
  /** Other than the host's own network only in tests. */
  host?: HostNetwork;
  clock?: Clock;
}

export interface GatewayReport {
  flows: FlowInfo[];
  udpMappings: number;
  leases: LeaseRecord[];
  forwards: OpenForward[];
  refusalCounts: Partial<Record<RuleId, number>>;
  /** Of the adapters that are there: the addresses of the network's prefix that each was heard with of late. */
  ipv6Addresses: { macAddress: string; addresses: string[] }[];
}
