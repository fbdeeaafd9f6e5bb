import { ActionIcon, Select, Switch, TextInput } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { networkOf } from '../../shared/adapter-network.ts';
import { AdapterMode, AdapterModel, NetworkId } from '../../shared/model/network.ts';
import type { Network } from '../../shared/model/virtual-network.ts';
import { FormRow } from '../components/form-row.tsx';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS } from '../machine-details/config-words.ts';
import { othersWithMac } from '../networks/attachments.ts';
import { MODE_NOTES } from '../networks/network-words.ts';
import { uplinkWords } from '../networks/uplinks/uplink-words.ts';
import { useMachines, useNetworks } from '../store.ts';
import { issueAt } from '../use-config-check.ts';
import type { AdapterProps } from './network-adapter-props.ts';
import { NetworkAdvanced } from './network-advanced.tsx';
import { randomMac } from './random-mac.ts';
import classes from './settings.module.css';
import { isLocked } from './settings-page.ts';

interface AdapterCardProps extends AdapterProps {
  models: readonly AdapterModel[];
  onRemove(): void;
}

/** One network adapter. What only the switch needs to know can be changed while the machine runs; its card cannot. */
export function NetworkAdapterCard({ models, onRemove, ...props }: AdapterCardProps) {
  const { adapter, index, issues, onAdapter } = props;
  const isFixed = isLocked(props, 'plug');
  const name = `Adapter ${index + 1}`;
  return (
    <section className={classes.controller} aria-label={name}>
      <header>
        <b>{name}</b>
        <span className={classes.spacer} />
        <Switch
          label="Cable connected"
          checked={adapter.isCableConnected}
          onChange={(event) => onAdapter({ isCableConnected: event.currentTarget.checked })}
          disabled={isLocked(props, 'live')}
        />
        <ActionIcon aria-label={`Remove ${name}`} disabled={isFixed} onClick={onRemove}>
          <IconX size={15} />
        </ActionIcon>
      </header>
      <NetworkChoice {...props} />
      <FormRow label="Model" note={issueAt(issues, `adapters.${index}.model`)?.message}>
        <Select
          aria-label="Model"
          data={AdapterModel.options.map((value) => ({
            value,
            label: models.includes(value)
              ? ADAPTER_MODEL_LABELS[value]
              : `${ADAPTER_MODEL_LABELS[value]} (not in this engine)`,
            disabled: !models.includes(value),
          }))}
          value={adapter.model}
          onChange={(model) => onAdapter({ model: AdapterModel.parse(model) })}
          disabled={isFixed}
        />
      </FormRow>
      <MacRow {...props} />
      <NetworkAdvanced {...props} />
    </section>
  );
}

/** What the adapter is attached to, and which network of that kind. */
function NetworkChoice(props: AdapterProps) {
  const { adapter, index, issues, onAdapter } = props;
  const { mode, networkId } = adapter;
  const networks = useNetworks();
  const ofKind = [...networks.values()].filter(({ kind }) => kind === mode);
  const on = networkOf(adapter, networks.values());
  const isLost = networkId !== null && on === undefined;
  const own = isLost ? [{ value: networkId, label: 'A network that is gone' }] : [];
  const isDisabled = isLocked(props, 'live');
  // A bridged network cannot keep every isolation: that belongs to this choice, and is said beside it.
  const problem =
    issueAt(issues, `adapters.${index}.mode`) ??
    (mode === 'bridged' ? issueAt(issues, `adapters.${index}.profile`) : undefined);
  return (
    <>
      <FormRow label="Attached to" note={problem?.message ?? MODE_NOTES[mode]}>
        <Select
          aria-label="Attached to"
          data={AdapterMode.options.map((value) => ({ value, label: ADAPTER_MODE_LABELS[value] }))}
          value={mode}
          onChange={(next) => onAdapter({ mode: AdapterMode.parse(next), networkId: null })}
          disabled={isDisabled}
        />
      </FormRow>
      {(ofKind.length > 0 || isLost) && (
        <FormRow label="Name" note={networkNote(on)}>
          <Select
            aria-label="Name"
            data={[
              ...own,
              ...ofKind.map(({ id, name, isBuiltIn }) => ({ value: isBuiltIn ? USUAL : id, label: name })),
            ]}
            value={on === undefined ? networkId : on.isBuiltIn ? USUAL : on.id}
            onChange={(value) =>
              onAdapter({ networkId: value === USUAL || value === null ? null : NetworkId.parse(value) })
            }
            error={isLost ? 'The network that it was on is gone; choose another.' : undefined}
            disabled={isDisabled}
          />
        </FormRow>
      )}
    </>
  );
}

/** Stands for the built-in network of a kind: an adapter that names none is on it. */
const USUAL = 'usual';

/** What is behind the network. */
function networkNote(network: Network | undefined): string | undefined {
  if (network?.subnet != null) return `Addresses of ${network.subnet}`;
  return network?.uplink ? `Leads to the ${uplinkWords(network.uplink)} of this computer` : undefined;
}

function MacRow(props: AdapterProps) {
  const { machine, adapter, index, issues, onAdapter } = props;
  const twins = othersWithMac(useMachines().values(), machine.id, adapter.macAddress);
  const names = twins.map(({ config }) => `'${config.name}'`).join(', ');
  const isFixed = isLocked(props, 'plug');
  return (
    <FormRow
      label="MAC Address"
      note={twins.length === 0 ? undefined : `${names} has it too: on one network, the two would disturb each other`}
    >
      <div className={classes.mac}>
        <TextInput
          aria-label="MAC Address"
          value={adapter.macAddress}
          onChange={(event) => onAdapter({ macAddress: event.currentTarget.value.toLowerCase() })}
          error={issueAt(issues, `adapters.${index}.macAddress`)?.message}
          disabled={isFixed}
          spellCheck={false}
        />
        <ActionIcon
          variant="default"
          aria-label="New MAC address"
          disabled={isFixed}
          onClick={() => onAdapter({ macAddress: randomMac() })}
        >
          <IconRefresh size={15} />
        </ActionIcon>
      </div>
    </FormRow>
  );
}
