import { ActionIcon, Button, Checkbox, Modal, Select, Text, TextInput } from '@mantine/core';
import { IconArrowUp, IconFile, IconFolderFilled } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { toInnError } from '../../shared/client-errors.ts';
import type { FileFilter } from '../../shared/desktop-bridge.ts';
import type { FolderEntry, FolderListing } from '../../shared/model/host.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { useCovers } from './covering.ts';
import classes from './file-dialog.module.css';
import { folderOf, shownEntries } from './file-list.ts';

interface FileDialogProps {
  title: string;
  /** Path of a file or folder to begin at; empty for the user's own folder. */
  startAt: string;
  filters: FileFilter[];
  onChoose(path: string): void;
  onClose(): void;
}

/** Chooses a file on the computer that runs the machines, which may not be the one with this window. */
export function FileDialog({ title, startAt, filters, onChoose, onClose }: FileDialogProps) {
  useCovers();
  const { listing, problem, go } = useFolder(startAt);
  const [chosen, setChosen] = useState<FolderEntry | null>(null);
  const [filterName, setFilterName] = useState(filters[0]?.name ?? '');
  const [hasHidden, setHasHidden] = useState(false);
  const filter = filters.find((each) => each.name === filterName) ?? null;
  const entries = shownEntries(listing?.entries ?? [], filter, hasHidden);
  const open = (entry: FolderEntry | null) => {
    if (entry === null) return;
    setChosen(null);
    if (entry.isFolder) void go(entry.path);
    else onChoose(entry.path);
  };
  return (
    <Modal opened onClose={onClose} title={title} size={620} zIndex={300}>
      <div className={classes.place}>
        <ActionIcon
          variant="default"
          aria-label="Parent folder"
          disabled={listing?.parent == null}
          onClick={() => listing?.parent != null && void go(listing.parent)}
        >
          <IconArrowUp size={15} />
        </ActionIcon>
        <PathField key={listing?.path} path={listing?.path ?? ''} onGo={(path) => void go(path)} />
      </div>
      <EntryList entries={entries} chosen={chosen} onMark={setChosen} onOpen={open} />
      {problem !== null && (
        <Text c="red" role="alert">
          {problem}
        </Text>
      )}
      <div className={classes.foot}>
        <Select
          aria-label="Kind of file"
          data={[...filters.map((each) => each.name), 'All files']}
          value={filter?.name ?? 'All files'}
          onChange={(name) => setFilterName(name ?? '')}
          comboboxProps={{ zIndex: 310 }}
        />
        <Checkbox
          label="Hidden files"
          checked={hasHidden}
          onChange={(event) => setHasHidden(event.currentTarget.checked)}
        />
        <span style={{ flex: 1 }} />
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={chosen === null} onClick={() => open(chosen)}>
          Open
        </Button>
      </div>
    </Modal>
  );
}

function useFolder(startAt: string) {
  const [listing, setListing] = useState<FolderListing>();
  const [problem, setProblem] = useState<string | null>(null);
  const go = async (path: string | undefined) => {
    try {
      setListing(await api.host.listFolder(path === undefined ? {} : { path }));
      setProblem(null);
    } catch (thrown) {
      setProblem(toInnError(thrown).message);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the opening decides where to begin
  useEffect(() => {
    void go(folderOf(startAt));
  }, []);
  return { listing, problem, go };
}

function PathField({ path, onGo }: { path: string; onGo(path: string): void }) {
  const [text, setText] = useState(path);
  return (
    <TextInput
      aria-label="Folder"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && onGo(text)}
      style={{ flex: 1 }}
      spellCheck={false}
    />
  );
}

interface EntryListProps {
  entries: readonly FolderEntry[];
  chosen: FolderEntry | null;
  onMark(entry: FolderEntry): void;
  onOpen(entry: FolderEntry): void;
}

function EntryList({ entries, chosen, onMark, onOpen }: EntryListProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = entries.findIndex((entry) => entry.path === chosen?.path);
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 };
    const to = moves[event.key];
    const next = to === undefined ? undefined : entries[Math.min(entries.length - 1, Math.max(0, to))];
    if (next !== undefined) onMark(next);
    else if (event.key === 'Enter' && chosen !== null) onOpen(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.list} role="listbox" aria-label="Files" tabIndex={0} onKeyDown={onKeyDown}>
      {entries.map((entry) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
        <div
          key={entry.path}
          role="option"
          aria-selected={entry.path === chosen?.path}
          aria-label={entry.name}
          className={classes.entry}
          onClick={() => onMark(entry)}
          onDoubleClick={() => onOpen(entry)}
        >
          {entry.isFolder ? <IconFolderFilled size={16} className={classes.folder} /> : <IconFile size={16} />}
          <span className={classes.name}>{entry.name}</span>
          <span className={classes.size}>{entry.sizeBytes === null ? '' : formatBytes(entry.sizeBytes)}</span>
        </div>
      ))}
      {entries.length === 0 && <Text className={classes.empty}>Nothing of this kind is here.</Text>}
    </div>
  );
}
