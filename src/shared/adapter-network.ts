import type { NetworkAdapter } from './model/network.ts';
import type { Network } from './model/virtual-network.ts';

/**
 * The network that an adapter is on: the one that it names, else the built-in one of its kind, or the bridged one where
 * there is exactly one (none of these is built in). Undefined: on none, as its mode wants it or because the one it names
 * is gone or of another kind.
 */
export function networkOf(adapter: NetworkAdapter, networks: Iterable<Network>): Network | undefined {
  const { mode, networkId } = adapter;
  const ofKind = [...networks].filter(({ kind }) => kind === mode);
  if (networkId === null && mode === 'bridged') return ofKind.length === 1 ? ofKind[0] : undefined;
  return networkId === null ? ofKind.find(({ isBuiltIn }) => isBuiltIn) : ofKind.find(({ id }) => id === networkId);
}
