import { Button, TextInput } from '@mantine/core';
import { IconDatabase, IconDeviceFloppy, IconDisc, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { Medium, MediumId, MediumKind } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { TabbedPage } from '../components/tabbed-page.tsx';
import { attempt, notifySuccess } from '../notify.tsx';
import { useMedia, world } from '../store.ts';
import { MediaDialogs, type OpenMediaDialog } from './media-dialogs.tsx';
import classes from './media-page.module.css';
import { MediaTable } from './media-table.tsx';
import { MediaToolbar } from './media-toolbar.tsx';
import { type MediumCommand, whyNot } from './medium-commands.ts';
import { MediumProperties } from './medium-properties.tsx';
import { mediumRows } from './medium-rows.ts';

const TABS: { id: MediumKind; label: string; icon: typeof IconDisc }[] = [
  { id: 'disk', label: 'Hard disks', icon: IconDatabase },
  { id: 'optical', label: 'Optical', icon: IconDisc },
  { id: 'floppy', label: 'Floppy', icon: IconDeviceFloppy },
];

const lookAgain = () => void attempt(() => api.medium.list({}));

/** The Media Manager: all disks, discs and floppies, who uses them, and what can be done with them. */
export function MediaPage() {
  const media = useMedia();
  const [kind, setKind] = useState<MediumKind>('disk');
  const [search, setSearch] = useState('');
  const [selectedId, setSelectedId] = useState<MediumId | null>(null);
  const [dialog, setDialog] = useState<OpenMediaDialog | null>(null);
  useEffect(lookAgain, []);
  const rows = mediumRows(media.values(), kind, search);
  const selected = rows.find(({ medium }) => medium.id === selectedId)?.medium;
  const show = (medium: Medium) => {
    setKind(medium.kind);
    setSelectedId(medium.id);
  };
  const add = (path: string) => void attempt(async () => show(await api.medium.register({ path, kind })));
  const command = (name: MediumCommand) => {
    if (selected === undefined || whyNot(name, selected, world.get()) !== null) return;
    if (name === 'compact') void compact(selected);
    else setDialog({ kind: name, id: selected.id });
  };
  return (
    <TabbedPage
      title="Media"
      tabs={TABS}
      tab={kind}
      onTab={setKind}
      aside={
        <TextInput
          className={classes.search ?? ''}
          aria-label="Search media"
          placeholder="Search"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
    >
      <MediaToolbar
        kind={kind}
        medium={selected}
        onAdd={add}
        onCreate={() => setDialog({ kind: 'create' })}
        onCommand={command}
        onRefresh={lookAgain}
      />
      {rows.length === 0 ? (
        <Nothing kind={kind} isSearching={search !== ''} onCreate={() => setDialog({ kind: 'create' })} />
      ) : (
        <MediaTable
          kind={kind}
          rows={rows}
          selectedId={selected?.id ?? null}
          onSelect={setSelectedId}
          onRemove={() => command('remove')}
        />
      )}
      {selected !== undefined && (
        <MediumProperties
          key={selected.id}
          medium={selected}
          onDescribe={() => setDialog({ kind: 'describe', id: selected.id })}
          onRemove={() => command('remove')}
        />
      )}
      <MediaDialogs dialog={dialog} onShow={show} onClose={() => setDialog(null)} />
    </TabbedPage>
  );
}

function compact(medium: Medium): Promise<boolean> {
  return attempt(async () => {
    const { savedBytes } = await api.medium.compact({ id: medium.id });
    notifySuccess(
      savedBytes > 0
        ? `${formatBytes(savedBytes)} of '${medium.name}' were freed.`
        : `There was nothing to free in '${medium.name}'.`,
    );
  });
}

const NOTHING: Record<MediumKind, string> = {
  disk: 'No hard disks yet. Create one, or add an image that you have.',
  optical: 'No discs yet. Add an ISO file.',
  floppy: 'No floppies yet. Add an image.',
};

function Nothing({ kind, isSearching, onCreate }: { kind: MediumKind; isSearching: boolean; onCreate(): void }) {
  return (
    <div className={classes.nothing}>
      <p>{isSearching ? 'Nothing matches.' : NOTHING[kind]}</p>
      {kind === 'disk' && !isSearching && <Button onClick={onCreate}>Create a disk</Button>}
    </div>
  );
}
