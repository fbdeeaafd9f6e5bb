import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { networkOf } from '../../../shared/adapter-network.ts';
import type { ErrorReport } from '../../../shared/errors.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import { type Network, PortForward } from '../../../shared/model/virtual-network.ts';
import { api } from '../../api.ts';
import { FailureLine } from '../../components/failure-line.tsx';
import { failureIn } from '../../notify.tsx';
import { useNetworks } from '../../store.ts';
import classes from '../networks.module.css';

const FormFields = PortForward.pick({ protocol: true, hostAddress: true, hostPort: true, guestPort: true });

interface ForwardFormProps {
  /** Whose ports can be led to. */
  machines: readonly Machine[];
  /** Only adapters on this network; null: on any. */
  network: Network | null;
  onAdded?(): void;
}

/** A line that makes a forward. A refusal is said beneath it, and what was written stays. */
export function ForwardForm({ machines, network, onAdded }: ForwardFormProps) {
  const targets = targetsOf(machines, network, useNetworks());
  const [chosen, setTarget] = useState<string | null>(null);
  const [fields, setFields] = useState({ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 });
  const [description, setDescription] = useState('');
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const change = (part: Partial<typeof fields>) => {
    setFailure(null);
    setFields({ ...fields, ...part });
  };
  const target = targets.find(({ value }) => value === chosen) ?? targets[0];
  const parsed = FormFields.safeParse(fields);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (target === undefined || !parsed.success) return;
    const { machine, adapter } = target;
    const failed = await failureIn(() => api.network.addForward({ machine, adapter, ...parsed.data, description }));
    setFailure(failed);
    if (failed !== null) return;
    setDescription('');
    onAdded?.();
  };
  if (targets.length === 0)
    return <p className={classes.note}>A machine with an adapter on a network is needed first.</p>;
  const badAddress = parsed.error?.issues.some(({ path }) => path[0] === 'hostAddress');
  return (
    <form onSubmit={(event) => void add(event)} aria-label="New port forward">
      <div className={classes.forwardForm}>
        <Select
          label="Protocol"
          data={[
            { value: 'tcp', label: 'TCP' },
            { value: 'udp', label: 'UDP' },
          ]}
          value={fields.protocol}
          onChange={(protocol) => change({ protocol: protocol ?? 'tcp' })}
        />
        <TextInput
          label="Host address"
          value={fields.hostAddress}
          onChange={(event) => change({ hostAddress: event.currentTarget.value.trim() })}
          error={badAddress}
          spellCheck={false}
        />
        <PortInput label="Host port" value={fields.hostPort} min={0} onPort={(hostPort) => change({ hostPort })} />
        <PortInput label="Guest port" value={fields.guestPort} min={1} onPort={(guestPort) => change({ guestPort })} />
        {targets.length > 1 ? (
          <Select label="To" data={targets} value={target?.value ?? null} onChange={setTarget} searchable />
        ) : (
          <TextInput
            label="Description"
            value={description}
            maxLength={200}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
        )}
        <Button type="submit" leftSection={<IconPlus size={14} />} disabled={!parsed.success}>
          Add
        </Button>
      </div>
      {targets.length > 1 && (
        <TextInput
          mt={8}
          aria-label="Description"
          placeholder="Description"
          value={description}
          maxLength={200}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
      )}
      {failure !== null ? <FailureLine failure={failure} /> : <p className={classes.hint}>{hint(fields)}</p>}
    </form>
  );
}

function PortInput({
  label,
  value,
  min,
  onPort,
}: {
  label: string;
  value: number;
  min: number;
  onPort(port: number): void;
}) {
  return (
    <NumberInput
      label={label}
      value={value}
      min={min}
      max={65_535}
      allowDecimal={false}
      hideControls
      onChange={(port) => onPort(typeof port === 'number' ? port : -1)}
    />
  );
}

function hint({ hostAddress, hostPort }: { hostAddress: string; hostPort: number }): string {
  const port = hostPort === 0 ? 'Host port 0 takes any free port. ' : '';
  if (hostAddress === '0.0.0.0') return `${port}At 0.0.0.0, everybody in your network reaches the machine's port.`;
  return `${port}At 127.0.0.1, only this computer reaches the machine's port.`;
}

interface Target {
  value: string;
  label: string;
  machine: Machine['id'];
  adapter: number;
}

/** The adapters that a port can lead to. */
function targetsOf(
  machines: readonly Machine[],
  only: Network | null,
  networks: ReturnType<typeof useNetworks>,
): Target[] {
  return machines.flatMap(({ id, config }) =>
    config.adapters.flatMap((adapter, index) => {
      const network = networkOf(adapter, networks.values());
      if (network === undefined || (only !== null && network.id !== only.id)) return [];
      const label = config.adapters.length > 1 ? `${config.name}, adapter ${index + 1}` : config.name;
      return [{ value: `${id}/${index}`, label, machine: id, adapter: index }];
    }),
  );
}
