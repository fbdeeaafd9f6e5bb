import type { MachineId } from '../../shared/model/machine.ts';
import type { LiveNetworks } from './live-networks.ts';
import type { NetworkService } from './network-service.ts';

const EVERY_ADDRESS = '0.0.0.0';

/**
 * Makes a function that says where a TCP port of a machine's guest is reached from the host: its first port forward. The
 * gateway knows the machine's present state by then: it holds connections to one that it takes to be on its way up, which
 * would look like an answer.
 */
export function createPortPlaces(
  networks: Pick<NetworkService, 'list' | 'details'>,
  live: Pick<LiveNetworks, 'of' | 'isRunning'>,
) {
  return async (id: MachineId, guestPort: number): Promise<{ host: string; port: number } | null> => {
    for (const network of networks.list()) {
      const forward = network.forwards.find(
        (each) => each.machineId === id && each.protocol === 'tcp' && each.guestPort === guestPort,
      );
      if (!forward) continue;
      if (live.isRunning(network)) await live.of(network).sync();
      const { forwards } = await networks.details(network.id);
      const port = forwards.find((state) => state.id === forward.id)?.openPort ?? forward.hostPort;
      return { host: forward.hostAddress === EVERY_ADDRESS ? '127.0.0.1' : forward.hostAddress, port };
    }
    return null;
  };
}
