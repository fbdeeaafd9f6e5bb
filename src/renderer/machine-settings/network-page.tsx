import { ActionIcon, Button, Select, Switch, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconRefresh, IconX } from '@tabler/icons-react';
import { LIMITS } from '../../shared/model/hardware.ts';
import { AdapterMode, AdapterModel, type NetworkAdapter, USUAL_ADAPTER } from '../../shared/model/network.ts';
import { FormRow } from '../components/form-row.tsx';
import { useEngines } from '../engines.ts';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS } from '../machine-details/config-words.ts';
import { issueAt } from '../use-config-check.ts';
import { randomMac } from './random-mac.ts';
import classes from './settings.module.css';
import { isLocked, type SettingsPageProps } from './settings-page.ts';

const MODE_NOTES: Record<AdapterMode, string> = {
  notAttached: 'The adapter is there, but no network is behind it',
  nat: "The guest reaches this computer's network, and servers on the computer itself; nobody reaches the guest",
  natNetwork: 'As NAT, together with the other guests of the network',
  internal: 'The guest reaches the other guests of the network, and nothing else',
  hostOnly: 'The guest and this computer reach each other; nothing beyond',
  bridged: "The guest stands in this computer's own network as a computer of its own",
};

/** The network adapters. */
export function NetworkPage(props: SettingsPageProps) {
  const { machine, config, onChange } = props;
  const { adapters } = config;
  const capabilities = useEngines().find((engine) => engine.id === machine.engine)?.capabilities;
  const most = Math.min(LIMITS.adapters, capabilities?.maxAdapters ?? LIMITS.adapters);
  const replace = (index: number, change: Partial<NetworkAdapter>) =>
    onChange({ adapters: adapters.map((each, at) => (at === index ? { ...each, ...change } : each)) });
  const add = () =>
    onChange({
      adapters: [
        ...adapters,
        { model: 'auto', mode: 'nat', macAddress: randomMac(), isCableConnected: true, ...USUAL_ADAPTER },
      ],
    });
  return (
    <>
      {adapters.map((adapter, index) => (
        <AdapterCard
          // biome-ignore lint/suspicious/noArrayIndexKey: an adapter is its place; its address can be edited
          key={index}
          {...props}
          adapter={adapter}
          index={index}
          models={capabilities?.adapterModels ?? AdapterModel.options}
          onAdapter={(change) => replace(index, change)}
          onRemove={() => onChange({ adapters: adapters.filter((_, at) => at !== index) })}
        />
      ))}
      <Tooltip label={`The engine has ${most} at most`} disabled={adapters.length < most}>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          style={{ alignSelf: 'flex-start' }}
          disabled={isLocked(props, 'off') || adapters.length >= most}
          onClick={add}
        >
          Add adapter
        </Button>
      </Tooltip>
    </>
  );
}

interface AdapterCardProps extends SettingsPageProps {
  adapter: NetworkAdapter;
  index: number;
  models: readonly AdapterModel[];
  onAdapter(change: Partial<NetworkAdapter>): void;
  onRemove(): void;
}

function AdapterCard(props: AdapterCardProps) {
  const { adapter, index, models, issues, onAdapter, onRemove } = props;
  const isOff = isLocked(props, 'off');
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
        <ActionIcon aria-label={`Remove ${name}`} disabled={isOff} onClick={onRemove}>
          <IconX size={15} />
        </ActionIcon>
      </header>
      <FormRow label="Attached to" note={MODE_NOTES[adapter.mode]}>
        <Select
          aria-label="Attached to"
          data={AdapterMode.options.map((value) => ({ value, label: ADAPTER_MODE_LABELS[value] }))}
          value={adapter.mode}
          onChange={(mode) => onAdapter({ mode: AdapterMode.parse(mode) })}
          disabled={isOff}
        />
      </FormRow>
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
          disabled={isOff}
        />
      </FormRow>
      <FormRow label="MAC Address">
        <div className={classes.mac}>
          <TextInput
            aria-label="MAC Address"
            value={adapter.macAddress}
            onChange={(event) => onAdapter({ macAddress: event.currentTarget.value.toLowerCase() })}
            error={issueAt(issues, `adapters.${index}.macAddress`)?.message}
            disabled={isOff}
            spellCheck={false}
          />
          <ActionIcon
            variant="default"
            aria-label="New MAC address"
            disabled={isOff}
            onClick={() => onAdapter({ macAddress: randomMac() })}
          >
            <IconRefresh size={15} />
          </ActionIcon>
        </div>
      </FormRow>
    </section>
  );
}
