import * as z from 'zod';

export const AdapterModel = z.enum(['auto', 'virtio', 'e1000', 'ne2000', 'pcnet']);
export type AdapterModel = z.infer<typeof AdapterModel>;

/**
 * `nat`: the guest reaches the host's network, and no other guest; `natNetwork`: the same, together with the other guests
 * of its network; `internal`: only the other guests; `hostOnly`: they and the host; `bridged`: the network that the host is in.
 */
export const AdapterMode = z.enum(['notAttached', 'nat', 'natNetwork', 'internal', 'hostOnly', 'bridged']);
export type AdapterMode = z.infer<typeof AdapterMode>;

/** Six octets in lower case with colons; unicast (the lowest bit of the first octet is 0). */
export const MacAddress = z
  .string()
  .regex(
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
    'A MAC address is six pairs of hexadecimal digits, such as 52:54:00:12:34:56.',
  )
  .refine(
    (mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0,
    'The second digit must be even: an odd one marks a multicast address.',
  );
export type MacAddress = z.infer<typeof MacAddress>;

export const NetworkId = z.uuid().brand<'NetworkId'>();
export type NetworkId = z.infer<typeof NetworkId>;

/**
 * How far the adapter's frames may go. `open`: everywhere; `standard`: not to services of the host itself; `noLan`: the
 * internet, no private addresses; `offline`: only machines of its own network; `quarantine`: nowhere.
 */
export const IsolationProfile = z.enum(['open', 'standard', 'noLan', 'offline', 'quarantine']);
export type IsolationProfile = z.infer<typeof IsolationProfile>;

/** A worse network than there is, for tests. Each frame on its own. */
export const LinkConditions = z.object({
  delayMs: z.number().min(0).max(10_000),
  lossPercent: z.number().min(0).max(100),
});
export type LinkConditions = z.infer<typeof LinkConditions>;

export const NetworkAdapter = z.object({
  model: AdapterModel,
  mode: AdapterMode,
  macAddress: MacAddress,
  isCableConnected: z.boolean(),
  /** The network of `natNetwork`, `internal`, `hostOnly`, `bridged`; null: the usual one of that kind, or the only one that is bridged. */
  networkId: NetworkId.nullable().default(null),
  profile: IsolationProfile.default('standard'),
  /** Of frames that are not for this machine. */
  promiscuous: z.enum(['deny', 'allowMachines', 'allowAll']).default('deny'),
  /** Bits per second towards the guest and from it; null: no limit. */
  limitInBitsPerSecond: z.int().min(8000).max(1e12).nullable().default(null),
  limitOutBitsPerSecond: z.int().min(8000).max(1e12).nullable().default(null),
  conditions: LinkConditions.nullable().default(null),
  /** IPv4 address that DHCP gives this adapter; null: any free one. */
  fixedAddress: z.ipv4().nullable().default(null),
});

/** What an adapter is beyond its mode and address, unless somebody says otherwise. */
export const USUAL_ADAPTER = {
  networkId: null,
  profile: 'standard',
  promiscuous: 'deny',
  limitInBitsPerSecond: null,
  limitOutBitsPerSecond: null,
  conditions: null,
  fixedAddress: null,
} as const satisfies Partial<z.infer<typeof NetworkAdapter>>;
export type NetworkAdapter = z.infer<typeof NetworkAdapter>;
