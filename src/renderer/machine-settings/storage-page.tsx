import { Button, Menu } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import {
  CONTROLLER_SLOTS,
  type ControllerType,
  ControllerType as ControllerTypes,
  HOT_PLUG_CONTROLLERS,
} from '../../shared/model/storage.ts';
import { engineName, useEngines } from '../engines.ts';
import { useMedia } from '../store.ts';
import { ControllerCard } from './controller-card.tsx';
import { isLocked, type SettingsPageProps } from './settings-page.ts';
import { withNewController } from './storage-edits.ts';

/** Controllers with their drives, and what is in them. */
export function StoragePage(props: SettingsPageProps) {
  const { config, onChange } = props;
  const media = useMedia();
  return (
    <>
      {config.storage.map((controller, index) => (
        <ControllerCard
          // biome-ignore lint/suspicious/noArrayIndexKey: two controllers can have one name while the person corrects it
          key={index}
          {...props}
          controller={controller}
          index={index}
          media={media}
        />
      ))}
      <AddController {...props} onAdd={(type) => onChange({ storage: withNewController(config.storage, type) })} />
    </>
  );
}

function AddController(props: SettingsPageProps & { onAdd(type: ControllerType): void }) {
  const { machine, config, onAdd } = props;
  const engines = useEngines();
  const capabilities = engines.find((engine) => engine.id === machine.engine)?.capabilities;
  const whyNot = (type: ControllerType): string | null => {
    if (config.storage.some((controller) => controller.type === type)) return 'There is one already';
    if (isLocked(props, 'off') && !HOT_PLUG_CONTROLLERS.has(type)) return 'Only when the machine is powered off';
    if (capabilities === undefined || capabilities.controllers.includes(type)) return null;
    return `${engineName(machine, engines)} has none`;
  };
  return (
    <Menu width={220} disabled={isLocked(props, 'plug')}>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={isLocked(props, 'plug')}
          style={{ alignSelf: 'flex-start' }}
        >
          Add controller
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ControllerTypes.options.map((type) => {
          const reason = whyNot(type);
          return (
            <Menu.Item key={type} disabled={reason !== null} onClick={() => onAdd(type)} title={reason ?? undefined}>
              {CONTROLLER_SLOTS[type].label}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
