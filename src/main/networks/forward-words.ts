import { networkOf } from '../../shared/adapter-network.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Network, PortForward } from '../../shared/model/virtual-network.ts';

/** Where the host listens for a forward, in words. */
export const placeWords = ({ protocol, hostAddress, hostPort }: PortForward): string =>
  `${protocol.toUpperCase()} port ${hostPort} of '${hostAddress}'`;

/**
 * Why no port can lead to an adapter as it is attached now, in a sentence with the cure; null: one can, once the machine
 * is on. A forward may have followed its adapter there. Pure.
 */
export function whyNoForward(
  { config: { name, adapters } }: Pick<Machine, 'config'>,
  index: number,
  networks: readonly Network[],
): string | null {
  const adapter = adapters[index];
  const which = `adapter ${index + 1} of '${name}'`;
  if (!adapter) return `'${name}' has no adapter ${index + 1}.`;
  const network = networkOf(adapter, networks);
  const cure = 'Put it on NAT, a NAT Network or a host-only network.';
  if (!network) return `${capital(which)} is on no network. ${cure}`;
  if (network.kind === 'internal') {
    return `${capital(which)} is on the internal network '${network.name}', which this computer does not reach. ${cure}`;
  }
  if (network.subnet === null) {
    return `${capital(which)} is on '${network.name}', where its guest has an address of its own: connect to that.`;
  }
  return null;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
