import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { primaryCommand, runCommand } from '../actions.tsx';
import { useObservable } from '../observable.ts';
import { useMachines } from '../store.ts';
import { preferences, selectMachine, setPreference, toggled, view } from '../view.ts';
import { type ListRow, listRows, movedIndex, rowKey } from './list-rows.ts';
import classes from './machine-list.module.css';
import { MachineMenu, type MenuPlace } from './machine-menu.tsx';
import { GroupRow, MachineRow } from './machine-row.tsx';

const MACHINE_HEIGHT_PX = 44;
const GROUP_HEIGHT_PX = 28;

/** All machines: search, groups, state. One tab stop; arrows move, Enter starts or shows. */
export function MachineList() {
  const machines = useMachines();
  const search = useObservable(view, (now) => now.search);
  const collapsed = useObservable(preferences, (now) => now.collapsedGroups);
  const rows = useMemo(() => listRows(machines.values(), new Set(collapsed), search), [machines, collapsed, search]);
  return (
    <nav className={classes.pane} aria-label="Machines">
      <SearchField search={search} found={rows.filter((row) => row.kind === 'machine').length} />
      <Rows rows={rows} />
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

function Rows({ rows }: { rows: readonly ListRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const listId = useId();
  const selectedId = useObservable(view, (now) => now.machineId);
  const [cursor, setCursor] = useState<string | null>(selectedId);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const index = rows.findIndex((row) => rowKey(row) === cursor);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (rows[at]?.kind === 'group' ? GROUP_HEIGHT_PX : MACHINE_HEIGHT_PX),
    getItemKey: (at) => {
      const row = rows[at];
      return row === undefined ? at : rowKey(row);
    },
    overscan: 8,
  });

  // Another part of the window (a new machine, the palette) may choose: the cursor follows.
  useEffect(() => setCursor(selectedId), [selectedId]);

  const choose = (at: number) => {
    const row = rows[at];
    if (row === undefined) return;
    setCursor(rowKey(row));
    if (row.kind === 'machine') selectMachine(row.machine.id);
    virtualizer.scrollToIndex(at);
  };
  const openMenu = (machine: Machine, x: number, y: number) => {
    selectMachine(machine.id);
    setMenu({ machine, x, y });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const to = movedIndex(event.key, index, rows.length);
    const row = rows[index];
    if (to !== undefined) choose(to);
    else if (row !== undefined && !pressRow(event, row, openMenu, scroller.current)) return;
    else if (row === undefined) return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      className={classes.rows}
      role="tree"
      aria-label="Machine list"
      tabIndex={0}
      aria-activedescendant={index < 0 ? undefined : `${listId}${index}`}
      onKeyDown={onKeyDown}
      onFocus={() => index < 0 && rows.length > 0 && choose(rows.findIndex((row) => row.kind === 'machine'))}
    >
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const frame = {
            id: `${listId}${item.index}`,
            style: { transform: `translateY(${item.start}px)`, height: item.size },
            hasCursor: item.index === index,
          };
          return row.kind === 'group' ? (
            <GroupRow key={item.key} row={row} {...frame} onToggle={() => toggleGroup(row.path)} />
          ) : (
            <MachineRow
              key={item.key}
              row={row}
              {...frame}
              isSelected={row.machine.id === selectedId}
              onChoose={() => choose(item.index)}
              onOpen={() => runCommand(primaryCommand(row.machine), row.machine)}
              onMenu={(event: MouseEvent) => openMenu(row.machine, event.clientX, event.clientY)}
            />
          );
        })}
      </div>
      <MachineMenu place={menu} onClose={() => setMenu(null)} />
    </div>
  );
}

function toggleGroup(path: string): void {
  setPreference('collapsedGroups', toggled(preferences.get().collapsedGroups, path));
}

/** What a key does to the row under the cursor; false when it is not for the row. */
function pressRow(
  event: KeyboardEvent,
  row: ListRow,
  openMenu: (machine: Machine, x: number, y: number) => void,
  scroller: HTMLElement | null,
): boolean {
  if (row.kind === 'group') {
    const isToggle =
      event.key === 'Enter' ||
      event.key === ' ' ||
      (event.key === 'ArrowRight' && !row.isOpen) ||
      (event.key === 'ArrowLeft' && row.isOpen);
    if (isToggle) toggleGroup(row.path);
    return isToggle;
  }
  if (event.key === 'Enter') runCommand(primaryCommand(row.machine), row.machine);
  else if (event.key === 'Delete') runCommand('remove', row.machine);
  else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
    const box = scroller?.querySelector('[data-cursor]')?.getBoundingClientRect();
    openMenu(row.machine, (box?.left ?? 0) + 40, box?.bottom ?? 0);
  } else return false;
  return true;
}
