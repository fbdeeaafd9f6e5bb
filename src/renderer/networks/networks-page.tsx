import { Tabs } from '@mantine/core';
import { IconLayoutGrid, IconList, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import type { NetworkId } from '../../shared/model/network.ts';
import { openDialog } from '../dialogs.ts';
import pages from '../machine-details/machine-page.module.css';
import media from '../media/media-page.module.css';
import { useObservable } from '../observable.ts';
import { type NetworkTab, showNetworks, view } from '../view.ts';
import { IsolationTab } from './isolation-tab.tsx';
import { NetworkMap } from './network-map.tsx';
import classes from './networks.module.css';
import { NetworksTab } from './networks-tab.tsx';
import { ToolButton } from './tool-button.tsx';

const TABS: { id: NetworkTab; label: string; icon: typeof IconList }[] = [
  { id: 'list', label: 'Networks', icon: IconList },
  { id: 'map', label: 'Map', icon: IconRoute },
  { id: 'isolation', label: 'Isolation', icon: IconLayoutGrid },
];

/** The Network Manager: all networks, who is on them, how they lie, and who reaches whom. */
export function NetworksPage() {
  const tab = useObservable(view, (now) => now.networkTab);
  const [selectedId, setSelectedId] = useState<NetworkId | null>(null);
  return (
    <div className={media.page}>
      <Tabs
        value={tab}
        onChange={(value) => showNetworks(TABS.find(({ id }) => id === value)?.id ?? 'list')}
        classNames={{ tab: pages.tab ?? '', list: pages.tabs ?? '' }}
      >
        <div className={media.head}>
          <h2>Networks</h2>
          <Tabs.List aria-label="Networks">
            {TABS.map(({ id, label, icon: Glyph }) => (
              <Tabs.Tab key={id} value={id} leftSection={<Glyph size={15} stroke={1.7} />}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </div>
      </Tabs>
      {tab === 'list' && <NetworksTab selectedId={selectedId} onSelect={setSelectedId} />}
      {tab === 'isolation' && <IsolationTab />}
      {tab === 'map' && (
        <div className={classes.content}>
          <MapBar />
          <div className={classes.mapPage} style={{ paddingTop: 0 }}>
            <NetworkMap
              onNetwork={(id) => {
                setSelectedId(id);
                showNetworks('list');
              }}
            />
          </div>
        </div>
      )}
    </div>
  );
}

function MapBar() {
  return (
    <div className={media.toolbar} role="toolbar" aria-label="Map">
      <ToolButton
        label="Can A reach B?"
        icon={IconRoute}
        hint="Ask whether a machine reaches another, and which rule decides"
        onClick={() => openDialog({ kind: 'reach', from: view.get().machineId })}
      />
      <p className={classes.legend}>
        <span>
          <i /> at rest
        </span>
        <span>
          <i data-look="busy" /> running; thicker with more traffic
        </span>
        <span>
          <i data-look="pulled" /> cable pulled
        </span>
      </p>
    </div>
  );
}
