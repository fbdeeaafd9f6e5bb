import { Anchor, UnstyledButton } from '@mantine/core';
import {
  IconCpu,
  IconDatabase,
  IconDeviceDesktop,
  IconEngine,
  IconInfoCircle,
  IconNetwork,
  IconNotes,
  IconServer2,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { can, isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { CONTROLLER_SLOTS } from '../../shared/model/storage.ts';
import { osTypeOf } from '../../shared/os-types.ts';
import { formatMiB } from '../../shared/units.ts';
import { Block, Fact, Facts } from '../components/block.tsx';
import { openDialog, type SettingsPage } from '../dialogs.ts';
import { engineName, useEngines } from '../engines.ts';
import { useMedia } from '../store.ts';
import { AddressFacts, OwnNetwork } from './address-facts.tsx';
import { audioWords, CHIPSET_LABELS, firmwareWords, PRIORITY_LABELS, WATCHDOG_LABELS } from './board-words.ts';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS, attachmentWords, bootWords, slotWords } from './config-words.ts';
import classes from './details-tab.module.css';
import { GuestBlock } from './guest-block.tsx';
import { PreviewBlock } from './preview-block.tsx';
import { UsageBlock } from './usage-block.tsx';

/** What the machine is made of, in blocks; each leads to its page of the settings. */
export function DetailsTab({ machine }: { machine: Machine }) {
  return (
    <div className={classes.page}>
      <div className={classes.facts}>
        <GeneralBlock machine={machine} />
        <SystemBlock machine={machine} />
        <StorageBlock machine={machine} />
        <NetworkBlock machine={machine} />
        {machine.config.description !== '' && (
          <Block title="Description" icon={IconNotes} action={<Edit machine={machine} page="general" />}>
            <p className={classes.description}>{machine.config.description}</p>
          </Block>
        )}
      </div>
      <div className={classes.side}>
        <PreviewBlock machine={machine} />
        {isOnline(machine.state) && <UsageBlock machine={machine} />}
        <GuestBlock machine={machine} />
        <EngineBlock machine={machine} />
        <Block title="Display" icon={IconDeviceDesktop} action={<Edit machine={machine} page="display" />}>
          <Facts>
            <Value label="Video Memory" machine={machine} page="display">
              {machine.config.display.videoMemoryMiB} MB
            </Value>
          </Facts>
        </Block>
      </div>
    </div>
  );
}

const PAGE_WORDS: Record<SettingsPage, string> = {
  general: 'General',
  system: 'System',
  processor: 'Processor',
  claims: 'Claims and Idleness',
  display: 'Display',
  storage: 'Storage',
  audio: 'Audio',
  network: 'Network',
};

function Edit({ machine, page }: { machine: Machine; page: SettingsPage }) {
  if (!can('configureLive', machine.state) || machine.isDamaged) return null;
  return (
    <Anchor
      component="button"
      type="button"
      size="xs"
      aria-label={`Edit ${PAGE_WORDS[page]}`}
      onClick={() => openDialog({ kind: 'settings', machineId: machine.id, page })}
    >
      Edit
    </Anchor>
  );
}

interface ValueProps {
  machine: Machine;
  page: SettingsPage;
  label: string;
  children: ReactNode;
}

/** A name and a value that leads to its page of the settings. */
function Value({ machine, page, label, children }: ValueProps) {
  if (!can('configureLive', machine.state) || machine.isDamaged) return <Fact label={label}>{children}</Fact>;
  return (
    <Fact label={label}>
      <UnstyledButton
        className={classes.value}
        title={`Change it in the ${PAGE_WORDS[page]} settings`}
        onClick={() => openDialog({ kind: 'settings', machineId: machine.id, page })}
      >
        {children}
      </UnstyledButton>
    </Fact>
  );
}

function GeneralBlock({ machine }: { machine: Machine }) {
  const { name, osType, group } = machine.config;
  return (
    <Block title="General" icon={IconInfoCircle} action={<Edit machine={machine} page="general" />}>
      <Facts>
        <Value label="Name" machine={machine} page="general">
          {name}
        </Value>
        <Value label="Operating System" machine={machine} page="general">
          {osTypeOf(osType).label}
        </Value>
        {group !== '/' && (
          <Value label="Group" machine={machine} page="general">
            {group.slice(1).replaceAll('/', ' › ')}
          </Value>
        )}
        <Fact label="Folder">
          <code className={classes.path}>{machine.folder}</code>
        </Fact>
        {machine.reasonDetail !== null && <Fact label="Last event">{machine.reasonDetail}</Fact>}
      </Facts>
    </Block>
  );
}

function SystemBlock({ machine }: { machine: Machine }) {
  const { memoryMiB, processors, bootOrder, kernelBoot, keepsWarmStart } = machine.config;
  return (
    <Block title="System" icon={IconCpu} action={<Edit machine={machine} page="system" />}>
      <Facts>
        <Value label="Base Memory" machine={machine} page="system">
          {formatMiB(memoryMiB)}
        </Value>
        <Value label="Processors" machine={machine} page="processor">
          {processors.count}
        </Value>
        {processors.capPercent < 100 && (
          <Value label="Execution Cap" machine={machine} page="processor">
            {processors.capPercent} %
          </Value>
        )}
        <Value label={kernelBoot === null ? 'Boot Order' : 'Starts From'} machine={machine} page="system">
          {bootWords(kernelBoot, bootOrder)}
        </Value>
        <BoardFacts machine={machine} />
        {(keepsWarmStart || machine.hasWarmStart) && (
          <Value label="Warm Start" machine={machine} page="system">
            {machine.hasWarmStart ? 'Kept: starts at once' : 'Kept after the next boot'}
          </Value>
        )}
      </Facts>
    </Block>
  );
}

/** Of motherboard and sound only what is there; of the priority what is not as usual. */
function BoardFacts({ machine }: { machine: Machine }) {
  const { motherboard, audio, resources } = machine.config;
  const facts: [string, string, SettingsPage][] = [
    ['Firmware', firmwareWords(motherboard), 'system'],
    ['Chipset', CHIPSET_LABELS[motherboard.chipset], 'system'],
    ...(motherboard.hasTpm ? [['TPM', '2.0', 'system'] satisfies [string, string, SettingsPage]] : []),
    ...(motherboard.watchdog === 'none'
      ? []
      : [['Watchdog', WATCHDOG_LABELS[motherboard.watchdog], 'system'] satisfies [string, string, SettingsPage]]),
    ...(audio.card === 'none' ? [] : [['Audio', audioWords(audio), 'audio'] satisfies [string, string, SettingsPage]]),
    ...(resources.priority === 'normal'
      ? []
      : [['Priority', PRIORITY_LABELS[resources.priority], 'processor'] satisfies [string, string, SettingsPage]]),
  ];
  return facts.map(([label, words, page]) => (
    <Value key={label} label={label} machine={machine} page={page}>
      {words}
    </Value>
  ));
}

function StorageBlock({ machine }: { machine: Machine }) {
  const media = useMedia();
  const { storage } = machine.config;
  return (
    <Block title="Storage" icon={IconDatabase} action={<Edit machine={machine} page="storage" />}>
      {storage.length === 0 && <span className={classes.none}>No drives</span>}
      {storage.map((controller) => (
        <div key={controller.name} className={classes.group}>
          <h4>
            {controller.name}
            <span>{CONTROLLER_SLOTS[controller.type].label}</span>
          </h4>
          <Facts>
            {controller.attachments.map((attachment) => (
              <Value
                key={`${attachment.port}:${attachment.device}`}
                label={slotWords(controller, attachment)}
                machine={machine}
                page="storage"
              >
                {attachment.kind === 'optical' ? '[Optical] ' : ''}
                {attachmentWords(attachment, media)}
              </Value>
            ))}
          </Facts>
        </div>
      ))}
    </Block>
  );
}

function NetworkBlock({ machine }: { machine: Machine }) {
  const { adapters } = machine.config;
  return (
    <Block title="Network" icon={IconNetwork} action={<Edit machine={machine} page="network" />}>
      {adapters.length === 0 && <span className={classes.none}>No adapters</span>}
      <Facts>
        {adapters.map((adapter, index) => (
          <Value key={adapter.macAddress} label={`Adapter ${index + 1}`} machine={machine} page="network">
            {ADAPTER_MODE_LABELS[adapter.mode]}
            <OwnNetwork adapter={adapter} /> · {ADAPTER_MODEL_LABELS[adapter.model]}
            {adapter.isCableConnected ? '' : ' · cable pulled'}{' '}
            <code className={classes.path}>{adapter.macAddress}</code>
          </Value>
        ))}
        <AddressFacts machine={machine} />
      </Facts>
    </Block>
  );
}

function EngineBlock({ machine }: { machine: Machine }) {
  const engines = useEngines();
  const engine = engines.find((each) => each.id === machine.engine);
  return (
    <Block title="Engine" icon={machine.engine === null ? IconServer2 : IconEngine}>
      <Facts>
        <Value label="Engine" machine={machine} page="general">
          {engineName(machine, engines)}
          {machine.config.engine === 'auto' ? ' (chosen automatically)' : ''}
        </Value>
        {engine?.acceleration != null && <Fact label="Runs by">{engine.acceleration}</Fact>}
        {machine.pid !== null && <Fact label="Process">{machine.pid}</Fact>}
      </Facts>
      <p className={classes.reason}>{machine.engineReason}</p>
    </Block>
  );
}
