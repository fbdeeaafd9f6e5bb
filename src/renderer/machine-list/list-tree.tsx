import { useVirtualizer } from '@tanstack/react-virtual';
import { type DragEvent, type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { primaryCommand, runCommand } from '../actions.tsx';
import { useObservable } from '../observable.ts';
import { world } from '../store.ts';
import { selectMachine, selectMachines, view } from '../view.ts';
import { beginDrag, draggedIds, isMachineDrag } from './drag-machines.ts';
import { GroupMenu, type GroupMenuPlace } from './group-menu.tsx';
import { moveToGroup } from './groups.ts';
import { pressRow, toggleGroup } from './list-keys.ts';
import { type ListRow, movedIndex, rowKey } from './list-rows.ts';
import classes from './machine-list.module.css';
import { MachineMenu, type MenuPlace } from './machine-menu.tsx';
import { GroupRow, MachineRow } from './machine-row.tsx';
import { type Choice, type Choosing, choiceAfter, choosingOf } from './selection.ts';

const MACHINE_HEIGHT_PX = 44;
const GROUP_HEIGHT_PX = 28;

/** The rows. One tab stop: arrows move, Shift and Ctrl choose several, Enter starts or shows, dragging regroups. */
export function ListTree({ rows }: { rows: readonly ListRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const listId = useId();
  const selection = useObservable(view, (now) => now.selection);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const [groupMenu, setGroupMenu] = useState<GroupMenuPlace | null>(null);
  const virtualizer = useRowVirtualizer(rows, scroller);
  const { index, choose, chooseAll } = useChoosing(rows, (at) => virtualizer.scrollToIndex(at));
  const drop = useDrop();

  const openMenu = (machine: Machine, x: number, y: number) => {
    if (!selection.includes(machine.id)) selectMachine(machine.id);
    setMenu({ machine, x, y });
  };
  const atCursor = (open: (x: number, y: number) => void) => {
    const box = scroller.current?.querySelector('[data-cursor]')?.getBoundingClientRect();
    // After the key: a menu that is open while it still travels takes it for one that closes menus.
    setTimeout(() => open((box?.left ?? 0) + 40, box?.bottom ?? 0));
  };
  const keys = {
    selection,
    openMenu: (machine: Machine) => atCursor((x, y) => openMenu(machine, x, y)),
    openGroupMenu: (group: string) => atCursor((x, y) => setGroupMenu({ group, x, y })),
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const isAll = event.key === 'a' && (event.ctrlKey || event.metaKey);
    const to = movedIndex(event.key, index, rows.length);
    const row = rows[index];
    if (isAll) chooseAll();
    else if (to !== undefined) choose(to, event.shiftKey ? 'range' : 'only');
    else if (row === undefined || !pressRow(event, row, keys)) return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      className={classes.rows}
      role="tree"
      aria-label="Machine list"
      aria-multiselectable
      tabIndex={0}
      aria-activedescendant={index < 0 ? undefined : `${listId}${index}`}
      onKeyDown={onKeyDown}
      onFocus={() => index < 0 && rows.length > 0 && choose(rows.findIndex((row) => row.kind === 'machine'))}
      {...drop.targetOf('/')}
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
            <GroupRow
              key={item.key}
              row={row}
              {...frame}
              isDropTarget={drop.group === row.path}
              onToggle={() => toggleGroup(row.path)}
              onMenu={({ clientX: x, clientY: y }) => setGroupMenu({ group: row.path, x, y })}
              dropTarget={drop.targetOf(row.path)}
            />
          ) : (
            <MachineRow
              key={item.key}
              row={row}
              {...frame}
              isSelected={selection.includes(row.machine.id)}
              onChoose={(event) => choose(item.index, choosingOf(event))}
              onOpen={() => runCommand(primaryCommand(row.machine), row.machine)}
              onMenu={(event: MouseEvent) => openMenu(row.machine, event.clientX, event.clientY)}
              onDragStart={(event) => beginDrag(event, dragged(row.machine))}
              dropTarget={drop.targetOf(row.machine.config.group)}
            />
          );
        })}
      </div>
      <MachineMenu place={menu} onClose={() => setMenu(null)} />
      <GroupMenu place={groupMenu} onClose={() => setGroupMenu(null)} />
    </div>
  );
}

function useRowVirtualizer(rows: readonly ListRow[], scroller: React.RefObject<HTMLDivElement | null>) {
  return useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => (rows[at]?.kind === 'group' ? GROUP_HEIGHT_PX : MACHINE_HEIGHT_PX),
    getItemKey: (at) => {
      const row = rows[at];
      return row === undefined ? at : rowKey(row);
    },
    overscan: 8,
  });
}

/** The cursor, and what is chosen through it. */
function useChoosing(rows: readonly ListRow[], onCursor: (at: number) => void) {
  const selectedId = useObservable(view, (now) => now.machineId);
  const [cursor, setCursor] = useState<string | null>(selectedId);
  const anchor = useRef<string | null>(null);
  // Another part of the window (a new machine, the palette) may choose: the cursor follows.
  useEffect(() => setCursor(selectedId), [selectedId]);
  const take = (choice: Choice) => {
    anchor.current = choice.anchor;
    selectMachines(choice.selection, choice.machineId);
  };
  const choose = (at: number, how: Choosing = 'only') => {
    const row = rows[at];
    if (row === undefined) return;
    const { selection, machineId } = view.get();
    if (row.kind === 'machine' || how === 'range') {
      take(choiceAfter(how, rows, at, { selection, machineId, anchor: anchor.current }));
    }
    setCursor(rowKey(row));
    onCursor(at);
  };
  const chooseAll = () => {
    const all = rows.flatMap((row) => (row.kind === 'machine' ? [row.machine.id] : []));
    take({ selection: all, machineId: view.get().machineId ?? all[0] ?? null, anchor: anchor.current });
  };
  return { index: rows.findIndex((row) => rowKey(row) === cursor), choose, chooseAll };
}

/** All that are chosen when the machine is one of them, else the machine alone. */
function dragged({ id }: Machine) {
  const { selection } = view.get();
  return selection.includes(id) ? selection : [id];
}

/** Where machines that are dragged would go. */
function useDrop() {
  const [group, setGroup] = useState<string | null>(null);
  const targetOf = (path: string) => ({
    onDragOver: (event: DragEvent) => {
      if (!isMachineDrag(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setGroup(path);
    },
    onDragLeave: () => setGroup(null),
    onDrop: (event: DragEvent) => {
      if (!isMachineDrag(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setGroup(null);
      const ids = new Set(draggedIds(event));
      void moveToGroup(
        [...world.get().machines.values()].filter(({ id }) => ids.has(id)),
        path,
      );
    },
  });
  return { group, targetOf };
}
