import { Button, Select } from '@mantine/core';
import { IconPlayerRecord, IconPlayerStop, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ErrorReport } from '../../../shared/errors.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { Network, NetworkCapture } from '../../../shared/model/virtual-network.ts';
import { formatBytes } from '../../../shared/units.ts';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import { failureIn, notifySuccess } from '../../notify.tsx';
import { useMachines } from '../../store.ts';
import { Copied } from '../copied.tsx';
import classes from '../networks.module.css';

interface CapturesPanelProps {
  network: Network;
  machines: readonly Machine[];
  captures: readonly NetworkCapture[];
  isRunning: boolean;
}

const WHOLE = 'the whole network';

/** Writes what goes over a network, or one machine's part of it, to a file that Wireshark opens. */
export function CapturesPanel({ network, machines, captures, isRunning }: CapturesPanelProps) {
  const [of, setOf] = useState(WHOLE);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const start = async () => {
    const machine = of === WHOLE ? {} : { machine: of };
    setFailure(await failureIn(() => api.network.startCapture({ network: network.id, ...machine })));
  };
  const stop = async (id: string) => {
    setFailure(
      await failureIn(async () => {
        const { path, bytes, failure: end } = await api.network.stopCapture({ network: network.id, id });
        if (end === null) notifySuccess(`${formatBytes(bytes)} are in ${path}.`);
      }),
    );
  };
  return (
    <>
      <div className={classes.bar}>
        <Select
          aria-label="What to capture"
          data={[
            { value: WHOLE, label: 'The whole network' },
            ...machines.map(({ id, config }) => ({ value: id, label: config.name })),
          ]}
          value={of}
          onChange={(value) => setOf(value ?? WHOLE)}
          w={220}
        />
        <Button
          variant="default"
          leftSection={<IconPlayerRecord size={14} />}
          disabled={!isRunning}
          onClick={() => void start()}
        >
          Start capture
        </Button>
        {!isRunning && <span className={classes.note}>There is something to capture once a machine on it runs.</span>}
      </div>
      {failure !== null && <FailureLine failure={failure} />}
      {captures.length > 0 && <CaptureTable captures={captures} onStop={(id) => void stop(id)} />}
    </>
  );
}

function CaptureTable({ captures, onStop }: { captures: readonly NetworkCapture[]; onStop(id: string): void }) {
  const known = useMachines();
  return (
    <table className={classes.rows} aria-label="Captures">
      <thead>
        <tr>
          <th>Of</th>
          <th>File (pcapng)</th>
          <th>Written</th>
          <th>State</th>
          <th aria-label="Commands" />
        </tr>
      </thead>
      <tbody>
        {captures.map(({ id, machineId, path, bytes, failure, endedAt }) => {
          const hasEnded = endedAt !== null;
          const of = machineId === null ? WHOLE : (known.get(machineId)?.config.name ?? 'Removed machine');
          return (
            <tr key={id}>
              <td>{of}</td>
              <td data-wide>
                <Copied text={path} />
              </td>
              <td>{formatBytes(bytes)}</td>
              <td data-wide>{hasEnded ? `Ended: ${failure}` : 'Goes on'}</td>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={hasEnded ? <IconX size={13} /> : <IconPlayerStop size={13} />}
                  aria-label={`${hasEnded ? 'Forget' : 'Stop'} the capture of ${of}`}
                  onClick={() => onStop(id)}
                >
                  {hasEnded ? 'Forget' : 'Stop'}
                </Button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
