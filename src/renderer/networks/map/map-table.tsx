import type { NetworkPort } from '../../../shared/model/virtual-network.ts';
import { PROFILE_NAMES } from '../../../shared/network-names.ts';
import { formatBytes } from '../../../shared/units.ts';
import { stateWords } from '../../components/state-look.tsx';
import { ADAPTER_MODE_LABELS } from '../../machine-details/config-words.ts';
import { useMachines, useNetworks } from '../../store.ts';
import { attachments } from '../attachments.ts';
import { portKey, type Traffic } from '../traffic.ts';

interface MapTableProps {
  ports: ReadonlyMap<string, NetworkPort>;
  traffic: ReadonlyMap<string, Traffic>;
}

/** What the map shows, in words: one line for each cable. */
export function MapTable({ ports, traffic }: MapTableProps) {
  const all = attachments(useMachines().values(), useNetworks().values());
  return (
    <table aria-label="The network map in words">
      <thead>
        <tr>
          <th>Machine</th>
          <th>State</th>
          <th>Adapter</th>
          <th>Network</th>
          <th>Address</th>
          <th>Cable</th>
          <th>Isolation</th>
          <th>Traffic</th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ machine, index, adapter, network }) => {
          const key = portKey({ machineId: machine.id, adapter: index });
          return (
            <tr key={key}>
              <th scope="row">{machine.config.name}</th>
              <td>{stateWords(machine)}</td>
              <td>{index + 1}</td>
              <td>{network?.name ?? ADAPTER_MODE_LABELS[adapter.mode]}</td>
              <td>{ports.get(key)?.address ?? 'none'}</td>
              <td>{adapter.isCableConnected ? 'connected' : 'pulled'}</td>
              <td>{PROFILE_NAMES[adapter.profile]}</td>
              <td>{trafficWords(traffic.get(key))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function trafficWords(traffic: Traffic | undefined): string {
  if (traffic === undefined) return 'none';
  return `${formatBytes(traffic.inBytesPerSecond)}/s in, ${formatBytes(traffic.outBytesPerSecond)}/s out`;
}
