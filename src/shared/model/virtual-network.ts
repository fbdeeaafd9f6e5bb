import * as z from 'zod';
import { MachineId } from './machine.ts';
import { IsolationProfile, NetworkId } from './network.ts';
import { Uplink, UplinkState } from './uplink.ts';

export const NetworkKind = z.enum(['nat', 'natNetwork', 'internal', 'hostOnly', 'bridged']);
export type NetworkKind = z.infer<typeof NetworkKind>;

export const NetworkName = z
  .string()
  .trim()
  .min(1, 'A network needs a name.')
  .max(100, 'A name has at most 100 characters.')
  .refine((name) => !/[\p{Cc}/\\]/u.test(name), 'A name has no slashes and no control characters.');

/** An IPv4 range such as `10.0.2.0/24`; 8 to 29 bits. */
export const Subnet = z.cidrv4('A range is written as 10.0.2.0/24.');

export const PortForwardId = z.uuid().brand<'PortForwardId'>();
export type PortForwardId = z.infer<typeof PortForwardId>;

/** A port of the host that leads to a port of a machine. */
export const PortForward = z.object({
  id: PortForwardId,
  protocol: z.enum(['tcp', 'udp']),
  /** Where the host listens; `0.0.0.0` for all its addresses. */
  hostAddress: z.ipv4().default('127.0.0.1'),
  /** 0 for any free one. */
  hostPort: z.int().min(0).max(65_535),
  machineId: MachineId,
  /** Which of the machine's adapters. */
  adapter: z.int().min(0).max(7),
  guestPort: z.int().min(1).max(65_535),
  description: z.string().max(200).default(''),
  /** The process of this computer with which it goes. */
  owner: z.object({ pid: z.int().positive(), pidStartTime: z.string() }).optional(),
});
export type PortForward = z.infer<typeof PortForward>;

/** What a person says of a network. */
export const NetworkSettings = z.object({
  name: NetworkName,
  kind: NetworkKind,
  /** Null: no addresses are given and there is no gateway (`internal` and `bridged` only). */
  subnet: Subnet.nullable(),
  /** Largest content of a frame, in bytes. */
  mtu: z.int().min(576).max(9000),
  description: z.string().max(1000),
  /** The way to the host's own interface: of `bridged` always, of `hostOnly` a TAP device or none, of others none. */
  uplink: Uplink.nullable(),
});
export type NetworkSettings = z.infer<typeof NetworkSettings>;

/** A network that machines are on. */
export const Network = z.object({
  id: NetworkId,
  ...NetworkSettings.shape,
  /** There without anybody having made it; it cannot be removed. */
  isBuiltIn: z.boolean(),
  forwards: z.array(PortForward),
});
export type Network = z.infer<typeof Network>;

/** One machine's adapter on a network, as its switch sees it. Counters begin with the machine's start. */
export const NetworkPort = z.object({
  machineId: MachineId,
  machineName: z.string(),
  adapter: z.int(),
  macAddress: z.string(),
  /** The address that it was given; null while there is none. */
  address: z.string().nullable(),
  /** IPv6 addresses that it was heard to use of late, the one that stays first. */
  addresses6: z.array(z.string()),
  /** `<machine>.inn`. */
  name: z.string(),
  profile: IsolationProfile,
  isCableConnected: z.boolean(),
  isUp: z.boolean(),
  /** Towards the guest, and from it. */
  inFrames: z.int().nonnegative(),
  inBytes: z.int().nonnegative(),
  outFrames: z.int().nonnegative(),
  outBytes: z.int().nonnegative(),
  /** Frames that were not carried, by reason. */
  drops: z.record(z.string(), z.int().nonnegative()),
});
export type NetworkPort = z.infer<typeof NetworkPort>;

export const NetworkLease = z.object({
  macAddress: z.string(),
  address: z.string(),
  hostName: z.string().nullable(),
  machineName: z.string().nullable(),
  expiresAt: z.iso.datetime(),
});
export type NetworkLease = z.infer<typeof NetworkLease>;

export const NetworkCapture = z.object({
  id: z.string(),
  /** Null: the whole network. */
  machineId: MachineId.nullable(),
  adapter: z.int().nullable(),
  path: z.string(),
  /** What was captured; the file holds the last of it, up to twice its limit. */
  frames: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** Why it ended by itself; null while it goes on, or when it was ended. */
  failure: z.string().nullable(),
  /** Null while it goes on. */
  endedAt: z.iso.datetime().nullable(),
});
export type NetworkCapture = z.infer<typeof NetworkCapture>;

/** A forward as it is at the moment: which port it got, or why it is not open. */
export const ForwardState = z.object({
  id: PortForwardId,
  /** Null while it is not open: its network has no running machine, or `failure` says why. */
  openPort: z.int().nullable(),
  connections: z.int().nonnegative(),
  failure: z.string().nullable(),
});
export type ForwardState = z.infer<typeof ForwardState>;

/** A network as it is at the moment. */
export const NetworkDetails = z.object({
  network: Network,
  /** It runs as long as a machine is on it. */
  isRunning: z.boolean(),
  gatewayAddress: z.string().nullable(),
  /** The network's own IPv6 prefix, the gateway's address in it, and the one that stands for the host; null: it carries none. */
  ipv6: z.object({ prefix: z.string(), gatewayAddress: z.string(), hostAlias: z.string() }).nullable(),
  /** Null: the network has no uplink, or does not run. */
  uplink: UplinkState.nullable(),
  ports: z.array(NetworkPort),
  leases: z.array(NetworkLease),
  forwards: z.array(ForwardState),
  captures: z.array(NetworkCapture),
  /** How often each rule refused something since the network began to run, with what the rule says. */
  refusals: z.array(z.object({ rule: z.string(), says: z.string(), count: z.int().positive() })),
});
export type NetworkDetails = z.infer<typeof NetworkDetails>;

/** One end of a question of reach: a machine's adapter, or a place. */
export const ReachPlace = z.enum(['host', 'hostServices', 'lan', 'internet']);
export type ReachPlace = z.infer<typeof ReachPlace>;

/** One frame that was sent from a machine's port in its name, and what became of it. */
export const ReachTrial = z.object({
  /** Which of the machine's adapters. */
  adapter: z.int(),
  /** Such as `TCP to 10.255.255.1 port 443 (10.0.0.0/8)`. */
  sent: z.string(),
  /** Whether it got through; null: nothing came of it in time. */
  hasPassed: z.boolean().nullable(),
  /** What came of it, in a sentence. */
  says: z.string(),
});
export type ReachTrial = z.infer<typeof ReachTrial>;

/** Whether frames get from one end to the other, and the rule that decides. */
export const ReachAnswer = z.object({
  from: z.string(),
  to: z.string(),
  isReachable: z.boolean(),
  /** Where on the way it is decided: `adapter`, `cable`, `network`, `switch`, `profile`, `gateway`, `forward`, `guest`. */
  decidedBy: z.string(),
  /** The rule's name, such as `standard.host`. */
  rule: z.string(),
  /** Why, in a sentence, and what to change. */
  reason: z.string(),
  /**
   * True when real frames agreed with the settings; false when they did not, and the answer is theirs; null when nothing
   * could be tried, as with machines that are off.
   */
  isProven: z.boolean().nullable(),
  /** The frames that were tried. */
  trials: z.array(ReachTrial),
});
export type ReachAnswer = z.infer<typeof ReachAnswer>;
