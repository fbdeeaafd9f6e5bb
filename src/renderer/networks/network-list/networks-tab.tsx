import { TextInput } from '@mantine/core';
import { IconPencil, IconPlus, IconRoute, IconSearch, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { NetworkId } from '../../../shared/model/network.ts';
import { ToolButton } from '../../components/tool-button.tsx';
import { openDialog } from '../../dialogs.ts';
import media from '../../media/media-page.module.css';
import { useMachines, useNetworks } from '../../store.ts';
import toolbar from '../../toolbar.module.css';
import { view } from '../../view.ts';
import { type NetworkRow, networkRows } from '../attachments.ts';
import { NetworkDetailsPane } from '../network-details/network-details-pane.tsx';
import classes from '../networks.module.css';
import { NetworkDialog } from './network-dialog.tsx';
import { NetworkTable } from './network-table.tsx';
import { RemoveNetworkDialog } from './remove-network-dialog.tsx';

interface NetworksTabProps {
  selectedId: NetworkId | null;
  onSelect(id: NetworkId | null): void;
}

/** The list of networks and everything about the selected one. */
export function NetworksTab({ selectedId, onSelect }: NetworksTabProps) {
  const [search, setSearch] = useState('');
  const [dialog, setDialog] = useState<'create' | 'edit' | 'remove' | null>(null);
  const rows = networkRows(useNetworks().values(), useMachines().values(), search);
  const selected = rows.find(({ network }) => network.id === selectedId);
  const close = () => setDialog(null);
  const whyNotRemove = whyNot(selected);
  return (
    <div className={classes.content}>
      <div className={media.toolbar} role="toolbar" aria-label="Networks">
        <ToolButton label="Create" icon={IconPlus} hint="Make a network" onClick={() => setDialog('create')} />
        <ToolButton
          label="Edit"
          icon={IconPencil}
          hint="Change its name, range and frame size"
          reason={selected === undefined ? 'Nothing is selected.' : null}
          onClick={() => setDialog('edit')}
        />
        <ToolButton
          label="Remove"
          icon={IconTrash}
          hint="Remove the network (Del)"
          reason={whyNotRemove}
          onClick={() => setDialog('remove')}
        />
        <span className={toolbar.gap} />
        <ToolButton
          label="Can A reach B?"
          icon={IconRoute}
          hint="Ask whether a machine reaches another, and which rule decides"
          onClick={() => openDialog({ kind: 'reach', from: view.get().machineId })}
        />
        <TextInput
          className={media.search ?? ''}
          style={{ marginLeft: 'auto' }}
          aria-label="Search networks"
          placeholder="Search"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <NetworkTable
        rows={rows}
        selectedId={selected?.network.id ?? null}
        onSelect={onSelect}
        onEdit={() => selected !== undefined && setDialog('edit')}
        onRemove={() => whyNotRemove === null && setDialog('remove')}
      />
      {selected !== undefined && <NetworkDetailsPane key={selected.network.id} row={selected} />}
      {dialog === 'create' && (
        <NetworkDialog network={null} onSaved={(network) => onSelect(network.id)} onClose={close} />
      )}
      {dialog === 'edit' && selected !== undefined && <NetworkDialog network={selected.network} onClose={close} />}
      {dialog === 'remove' && selected !== undefined && (
        <RemoveNetworkDialog network={selected.network} onClose={close} />
      )}
    </div>
  );
}

/** Why the network cannot be removed; null when it can. */
function whyNot(row: NetworkRow | undefined): string | null {
  if (row === undefined) return 'Nothing is selected.';
  if (row.network.isBuiltIn) return 'It is built in: adapters that name no network of their own are on it.';
  const users = row.machines.map(({ config }) => `'${config.name}'`).join(', ');
  return row.machines.length === 0 ? null : `${users} would lose it: put their adapters on another network first.`;
}
