import type { Network } from '../../shared/model/virtual-network.ts';
import type { GatewaySettings } from './gateway/gateway-settings.ts';
import { ulaPrefixOf } from './gateway/ula-prefix.ts';
import type { NetworkProcessSpec } from './network-process/process-spec.ts';

/** Locally administered, and outside of what machines' adapters get (52:54:00). The same on every network. */
export const GATEWAY_MAC = '52:55:00:00:00:01';
const GATEWAY_ID = 'gateway';
/** How long a network stays with neither a machine nor a core, in milliseconds. */
const LINGER_MS = 60_000;

/** What the gateway of a network is told; undefined: the network has none, and gives no addresses. */
export function gatewaySettingsOf({ id, kind, subnet, mtu }: Network): GatewaySettings | undefined {
  if (subnet === null) return undefined;
  const hasOutside = kind === 'nat' || kind === 'natNetwork';
  return { id: GATEWAY_ID, macAddress: GATEWAY_MAC, subnet, ipv6Prefix: ulaPrefixOf(id), mtu, hasOutside };
}

/** What its process is started with. Its name is not in it: a network is renamed without a new process. */
export function specOf(network: Network): NetworkProcessSpec {
  const { id, kind, mtu, uplink } = network;
  return {
    format: 1,
    networkId: id,
    name: `${kind} ${id.slice(0, 8)}`,
    isolatesPorts: kind === 'nat',
    mtu,
    seed: Number.parseInt(id.slice(0, 6), 16),
    lingerMs: LINGER_MS,
    gateway: gatewaySettingsOf(network) ?? null,
    uplink,
  };
}
