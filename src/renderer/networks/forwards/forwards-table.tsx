import { ActionIcon } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { ForwardState, PortForward } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { attempt } from '../../notify.tsx';
import { useMachines } from '../../store.ts';
import { Copied } from '../copied.tsx';
import classes from '../networks.module.css';
import { forwardPort, forwardWords } from './forward-words.ts';

interface ForwardsTableProps {
  forwards: readonly PortForward[];
  states: readonly ForwardState[];
  /** Told when one was removed. */
  onRemoved?(): void;
}

/** Ports of this computer that lead to machines, and how they are now. */
export function ForwardsTable({ forwards, states, onRemoved }: ForwardsTableProps) {
  const machines = useMachines();
  if (forwards.length === 0) {
    return <p className={classes.note}>No port of this computer leads to a machine here.</p>;
  }
  return (
    <table className={classes.rows} aria-label="Port forwards">
      <thead>
        <tr>
          <th>Protocol</th>
          <th>On this computer</th>
          <th>Machine</th>
          <th>Guest port</th>
          <th>Description</th>
          <th>State</th>
          <th aria-label="Commands" />
        </tr>
      </thead>
      <tbody>
        {forwards.map((forward) => {
          const { id, protocol, hostAddress, machineId, adapter, guestPort, description } = forward;
          const state = states.find((each) => each.id === id);
          const machine = machines.get(machineId)?.config.name ?? 'Removed machine';
          const port = forwardPort(forward, state);
          const isFailed = state?.failure != null;
          return (
            <tr key={id}>
              <td>{protocol.toUpperCase()}</td>
              <td>{port === null ? `${hostAddress}, any free port` : <Copied text={`${hostAddress}:${port}`} />}</td>
              <td>
                {machine}
                {adapter > 0 && ` (adapter ${adapter + 1})`}
              </td>
              <td>{guestPort}</td>
              <td data-wide>{description}</td>
              <td data-wide className={isFailed ? classes.bad : state?.openPort != null ? classes.good : undefined}>
                {forwardWords(state)}
              </td>
              <td>
                <ActionIcon
                  aria-label={`Remove the forward to port ${guestPort} of ${machine}`}
                  onClick={() => void attempt(() => api.network.removeForward({ id })).then(onRemoved)}
                >
                  <IconTrash size={15} stroke={1.7} />
                </ActionIcon>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
