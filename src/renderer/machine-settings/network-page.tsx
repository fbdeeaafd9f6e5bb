import { Button, Tooltip } from '@mantine/core';
import { IconArrowsRight, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { LIMITS } from '../../shared/model/hardware.ts';
import { AdapterModel, type NetworkAdapter, USUAL_ADAPTER } from '../../shared/model/network.ts';
import { useEngines } from '../engines.ts';
import { ForwardsDialog } from '../networks/forwards/forwards-dialog.tsx';
import { NetworkAdapterCard } from './network-adapter-card.tsx';
import { randomMac } from './random-mac.ts';
import classes from './settings.module.css';
import { isLocked, type SettingsPageProps } from './settings-page.ts';

/** The network adapters, and the ports of this computer that lead to the machine. */
export function NetworkPage(props: SettingsPageProps) {
  const { machine, config, onChange } = props;
  const { adapters } = config;
  const [showsForwards, setShowsForwards] = useState(false);
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
        <NetworkAdapterCard
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
      <div className={classes.mac}>
        <Tooltip label={`The engine has ${most} at most`} disabled={adapters.length < most}>
          <Button
            variant="default"
            style={{ flex: 'none' }}
            leftSection={<IconPlus size={14} />}
            disabled={isLocked(props, 'plug') || adapters.length >= most}
            onClick={add}
          >
            Add adapter
          </Button>
        </Tooltip>
        <Button variant="default" leftSection={<IconArrowsRight size={14} />} onClick={() => setShowsForwards(true)}>
          Port forwarding…
        </Button>
      </div>
      {showsForwards && <ForwardsDialog machine={machine} onClose={() => setShowsForwards(false)} />}
    </>
  );
}
