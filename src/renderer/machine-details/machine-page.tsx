import { Tabs } from '@mantine/core';
import { IconCamera, IconDeviceDesktop, IconFileText, IconListDetails } from '@tabler/icons-react';
import type { Machine } from '../../shared/model/machine.ts';
import { osTypeOf } from '../../shared/os-types.ts';
import { MachineBadges } from '../components/machine-badges.tsx';
import { OsIcon } from '../components/os-icon.tsx';
import { StatePill } from '../components/state-look.tsx';
import { ConsolePage } from '../console/console-page.tsx';
import { useObservable } from '../observable.ts';
import { SnapshotsTab } from '../snapshots/snapshots-tab.tsx';
import { type MachineTab, showTab, view } from '../view.ts';
import { DetailsTab } from './details-tab.tsx';
import { LogTab } from './log-tab.tsx';
import classes from './machine-page.module.css';

/** Everything about one machine: its head, and Details, Console, Snapshots and Log below. */
export function MachinePage({ machine }: { machine: Machine }) {
  const tab = useObservable(view, (now) => now.tab);
  return (
    <Tabs
      value={tab}
      onChange={(value) => showTab(machine.id, (value ?? 'details') as MachineTab)}
      className={classes.page}
      keepMounted={false}
      classNames={{ tab: classes.tab ?? '', list: classes.tabs ?? '' }}
    >
      <div className={classes.head}>
        <OsIcon osType={machine.config.osType} size={32} />
        <div className={classes.names}>
          <h2>{machine.config.name}</h2>
          <span>{osTypeOf(machine.config.osType).label}</span>
        </div>
        <StatePill machine={machine} />
        <MachineBadges machine={machine} />
        <Tabs.List aria-label="Machine">
          <Tabs.Tab value="details" leftSection={<IconListDetails size={15} stroke={1.7} />}>
            Details
          </Tabs.Tab>
          <Tabs.Tab value="console" leftSection={<IconDeviceDesktop size={15} stroke={1.7} />}>
            Console
          </Tabs.Tab>
          <Tabs.Tab value="snapshots" leftSection={<IconCamera size={15} stroke={1.7} />}>
            Snapshots
          </Tabs.Tab>
          <Tabs.Tab value="log" leftSection={<IconFileText size={15} stroke={1.7} />}>
            Log
          </Tabs.Tab>
        </Tabs.List>
      </div>
      <Tabs.Panel value="details" className={classes.panel ?? ''}>
        <DetailsTab machine={machine} />
      </Tabs.Panel>
      <Tabs.Panel value="console" className={classes.panel ?? ''}>
        <ConsolePage machine={machine} />
      </Tabs.Panel>
      <Tabs.Panel value="snapshots" className={classes.panel ?? ''}>
        <SnapshotsTab machine={machine} />
      </Tabs.Panel>
      <Tabs.Panel value="log" className={classes.panel ?? ''}>
        <LogTab machine={machine} />
      </Tabs.Panel>
    </Tabs>
  );
}
