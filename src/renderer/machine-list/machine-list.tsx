import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useObservable } from '../observable.ts';
import { useMachines } from '../store.ts';
import { preferences, view } from '../view.ts';
import { listRows } from './list-rows.ts';
import { ListTree } from './list-tree.tsx';
import classes from './machine-list.module.css';

/** All machines: search, groups, state. One tab stop; arrows move, Enter starts or shows. */
export function MachineList() {
  const machines = useMachines();
  const search = useObservable(view, (now) => now.search);
  const collapsed = useObservable(preferences, (now) => now.collapsedGroups);
  const rows = useMemo(() => listRows(machines.values(), new Set(collapsed), search), [machines, collapsed, search]);
  return (
    <nav className={classes.pane} aria-label="Machines">
      <SearchField search={search} found={rows.filter((row) => row.kind === 'machine').length} />
      <ListTree rows={rows} />
    </nav>
  );
}

function SearchField({ search, found }: { search: string; found: number }) {
  const setSearch = (text: string) => view.update((now) => ({ ...now, search: text }));
  return (
    <div className={classes.search}>
      <TextInput
        id="machine-search"
        aria-label="Search machines"
        placeholder="Search"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && setSearch('')}
        leftSection={<IconSearch size={14} />}
        rightSection={
          search === '' ? null : <CloseButton size="xs" aria-label="Clear search" onClick={() => setSearch('')} />
        }
      />
      <span className={classes.found} role="status">
        {search === '' ? '' : `${found} found`}
      </span>
    </div>
  );
}
