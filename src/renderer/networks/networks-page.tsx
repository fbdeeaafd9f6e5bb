import { IconLayoutGrid, IconList, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import type { NetworkId } from '../../shared/model/network.ts';
import { TabbedPage } from '../components/tabbed-page.tsx';
import { ToolButton } from '../components/tool-button.tsx';
import { openDialog } from '../dialogs.ts';
import media from '../media/media-page.module.css';
import { useObservable } from '../observable.ts';
import { type NetworkTab, showNetworks, view } from '../view.ts';
import { NetworkMap } from './map/network-map.tsx';
import { NetworksTab } from './network-list/networks-tab.tsx';
import classes from './networks.module.css';
import { IsolationTab } from './reach/isolation-tab.tsx';

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
    <TabbedPage title="Networks" tabs={TABS} tab={tab} onTab={showNetworks}>
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
    </TabbedPage>
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
