import { networkOf } from '../../shared/adapter-network.ts';
import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import { api } from '../api.ts';
import { Fact } from '../components/block.tsx';
import { Copied } from '../networks/copied.tsx';
import { useWatched } from '../networks/use-watched.ts';
import { useNetworks } from '../store.ts';

/** Addresses change when the guest asks for one, a few seconds after its start. */
const EVERY_MS = 3000;

/** Where a running machine is reached on its networks: each adapter's address, and its name there. */
export function AddressFacts({ machine }: { machine: Machine }) {
  return isOnline(machine.state) ? <Addresses machine={machine} /> : null;
}

function Addresses({ machine: { id, revision } }: { machine: Machine }) {
  const { answer = [] } = useWatched(() => api.network.addresses({ machine: id }), `${id} ${revision}`, EVERY_MS);
  const given = answer.filter(({ address, addresses6 }) => address !== null || addresses6.length > 0);
  const isOne = given.length === 1;
  return given.map(({ adapter, address, addresses6, name, network }) => (
    <Fact key={adapter} label={isOne ? 'Address' : `Address ${adapter + 1}`}>
      <span title={network === null ? undefined : `On the network '${network}'`}>
        {address !== null && <Copied text={address} />} {addresses6[0] && <Copied text={addresses6[0]} />}{' '}
        {name !== null && <Copied text={name} />}
      </span>
    </Fact>
  ));
}

/** The name of the network that somebody made and the adapter is on; nothing for the usual one of its kind. */
export function OwnNetwork({ adapter }: { adapter: NetworkAdapter }) {
  const network = networkOf(adapter, useNetworks().values());
  return network === undefined || network.isBuiltIn ? null : ` '${network.name}'`;
}
