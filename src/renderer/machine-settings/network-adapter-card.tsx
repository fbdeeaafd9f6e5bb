import { ActionIcon, Select, Switch, TextInput } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { networkOf } from '../../shared/adapter-network.ts';
import { AdapterMode, AdapterModel, NetworkId } from '../../shared/model/network.ts';
import { FormRow } from '../components/form-row.tsx';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS } from '../machine-details/config-words.ts';
import { othersWithMac } from '../networks/attachments.ts';
import { MODE_NOTES, WHY_NOT_BRIDGED } from '../networks/network-words.ts';
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
  const isLost = networkId !== null && networkOf(adapter, networks.values()) === undefined;
  const own = isLost ? [{ value: networkId, label: 'A network that is gone' }] : [];
  const isDisabled = isLocked(props, 'live');
  return (
    <>
      <FormRow label="Attached to" note={issueAt(issues, `adapters.${index}.mode`)?.message ?? modeNote(mode)}>
        <Select
          aria-label="Attached to"
          data={AdapterMode.options.map((value) => ({
            value,
            label:
              value === 'bridged' ? `${ADAPTER_MODE_LABELS.bridged} (not possible here)` : ADAPTER_MODE_LABELS[value],
          }))}
          value={mode}
          onChange={(next) => onAdapter({ mode: AdapterMode.parse(next), networkId: null })}
          disabled={isDisabled}
        />
      </FormRow>
      {(ofKind.length > 0 || isLost) && (
        <FormRow label="Name" note={networkNote(ofKind.find(({ id }) => id === networkId)?.subnet)}>
          <Select
            aria-label="Name"
            data={[
              ...own,
              ...ofKind.map(({ id, name, isBuiltIn }) => ({ value: isBuiltIn ? USUAL : id, label: name })),
            ]}
            value={
              networkId === null || ofKind.some(({ id, isBuiltIn }) => isBuiltIn && id === networkId)
                ? USUAL
                : networkId
            }
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

function modeNote(mode: AdapterMode): string {
  return mode === 'bridged' ? `${MODE_NOTES.bridged}. ${WHY_NOT_BRIDGED}` : MODE_NOTES[mode];
}

function networkNote(subnet: string | null | undefined): string | undefined {
  return subnet == null ? undefined : `Addresses of ${subnet}`;
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
