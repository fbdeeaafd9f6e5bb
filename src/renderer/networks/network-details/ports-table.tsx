import { UnstyledButton } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { NetworkDetails, NetworkPort } from '../../../shared/model/virtual-network.ts';
import { PROFILE_NAMES } from '../../../shared/network-names.ts';
import { formatBytes } from '../../../shared/units.ts';
import activity from '../../activity/activity.module.css';
import { selectMachine } from '../../view.ts';
import { Copied } from '../copied.tsx';
import { dropWords, PROFILE_NOTES } from '../network-words.ts';
import classes from '../networks.module.css';
import { type NetworksNow, portKey, type Traffic, trafficBetween } from '../traffic.ts';

/** The adapters that are on a network now: address and name, how far they may go, and what goes over them. */
export function PortsTable({ details }: { details: NetworkDetails }) {
  const traffic = useTraffic(details);
  if (details.ports.length === 0) {
    return <p className={classes.note}>No running machine is on this network.</p>;
  }
  return (
    <table className={classes.rows} aria-label={`Machines on ${details.network.name}`}>
      <thead>
        <tr>
          <th>Machine</th>
          <th>Address</th>
          <th>Name</th>
          <th>Isolation</th>
          <th>Cable</th>
          <th>Now</th>
          <th>In all</th>
          <th>Not carried</th>
        </tr>
      </thead>
      <tbody>
        {details.ports.map((port) => (
          <Row key={portKey(port)} port={port} traffic={traffic.get(portKey(port))} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ port, traffic }: { port: NetworkPort; traffic: Traffic | undefined }) {
  const { machineId, machineName, adapter, address, addresses6, name, profile, macAddress, isCableConnected, isUp } =
    port;
  const drops = dropWords(port.drops);
  return (
    <tr>
      <td>
        <UnstyledButton
          className={activity.link ?? ''}
          fz="xs"
          title={macAddress}
          onClick={() => selectMachine(machineId)}
        >
          {machineName}
          {adapter > 0 && ` (adapter ${adapter + 1})`}
        </UnstyledButton>
      </td>
      <td title={addresses6.join(', ') || undefined}>
        {address === null ? <span className={classes.note}>none yet</span> : <Copied text={address} />}
      </td>
      <td>
        <Copied text={name} />
      </td>
      <td title={PROFILE_NOTES[profile]}>{PROFILE_NAMES[profile]}</td>
      <td>{!isCableConnected ? 'pulled' : isUp ? 'connected' : 'nobody at it'}</td>
      <td>
        ↓ {formatBytes(traffic?.inBytesPerSecond ?? 0)}/s ↑ {formatBytes(traffic?.outBytesPerSecond ?? 0)}/s
      </td>
      <td>
        ↓ {formatBytes(port.inBytes)} ↑ {formatBytes(port.outBytes)}
      </td>
      <td data-wide title={drops ?? undefined}>
        {drops ?? 'none'}
      </td>
    </tr>
  );
}

function useTraffic(details: NetworkDetails): ReadonlyMap<string, Traffic> {
  const before = useRef<NetworksNow | null>(null);
  const [traffic, setTraffic] = useState<ReadonlyMap<string, Traffic>>(new Map());
  useEffect(() => {
    const now = { atMs: performance.now(), details: [details] };
    if (before.current !== null) setTraffic(trafficBetween(before.current, now));
    before.current = now;
  }, [details]);
  return traffic;
}
