import { Anchor } from '@mantine/core';
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
import { can, isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { CONTROLLER_SLOTS } from '../../shared/model/storage.ts';
import { osTypeOf } from '../../shared/os-types.ts';
import { formatMiB } from '../../shared/units.ts';
import { Block, Fact, Facts } from '../components/block.tsx';
import { openDialog, type SettingsPage } from '../dialogs.ts';
import { engineName, useEngines } from '../engines.ts';
import { useMedia } from '../store.ts';
import { ADAPTER_MODE_LABELS, ADAPTER_MODEL_LABELS, attachmentWords, bootWords, slotWords } from './config-words.ts';
import classes from './details-tab.module.css';
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
        <EngineBlock machine={machine} />
        <Block title="Display" icon={IconDeviceDesktop} action={<Edit machine={machine} page="display" />}>
          <Facts>
            <Fact label="Video Memory">{machine.config.display.videoMemoryMiB} MB</Fact>
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
  display: 'Display',
  storage: 'Storage',
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

function GeneralBlock({ machine }: { machine: Machine }) {
  const { name, osType, group } = machine.config;
  return (
    <Block title="General" icon={IconInfoCircle} action={<Edit machine={machine} page="general" />}>
      <Facts>
        <Fact label="Name">{name}</Fact>
        <Fact label="Operating System">{osTypeOf(osType).label}</Fact>
        {group !== '/' && <Fact label="Group">{group.slice(1).replaceAll('/', ' › ')}</Fact>}
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
        <Fact label="Base Memory">{formatMiB(memoryMiB)}</Fact>
        <Fact label="Processors">{processors.count}</Fact>
        {processors.capPercent < 100 && <Fact label="Execution Cap">{processors.capPercent} %</Fact>}
        <Fact label={kernelBoot === null ? 'Boot Order' : 'Starts From'}>{bootWords(kernelBoot, bootOrder)}</Fact>
        {(keepsWarmStart || machine.hasWarmStart) && (
          <Fact label="Warm Start">{machine.hasWarmStart ? 'Kept: starts at once' : 'Kept after the next boot'}</Fact>
        )}
      </Facts>
    </Block>
  );
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
              <Fact key={`${attachment.port}:${attachment.device}`} label={slotWords(controller, attachment)}>
                {attachment.kind === 'optical' ? '[Optical] ' : ''}
                {attachmentWords(attachment, media)}
              </Fact>
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
          <Fact key={adapter.macAddress} label={`Adapter ${index + 1}`}>
            {ADAPTER_MODE_LABELS[adapter.mode]} · {ADAPTER_MODEL_LABELS[adapter.model]}
            {adapter.isCableConnected ? '' : ' · cable pulled'}{' '}
            <code className={classes.path}>{adapter.macAddress}</code>
          </Fact>
        ))}
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
        <Fact label="Engine">
          {engineName(machine, engines)}
          {machine.config.engine === 'auto' ? ' (chosen automatically)' : ''}
        </Fact>
        {engine?.acceleration != null && <Fact label="Runs by">{engine.acceleration}</Fact>}
        {machine.pid !== null && <Fact label="Process">{machine.pid}</Fact>}
      </Facts>
      <p className={classes.reason}>{machine.engineReason}</p>
    </Block>
  );
}
