import { IconChevronDown, IconFolder } from '@tabler/icons-react';
import type { CSSProperties, DragEvent, MouseEvent } from 'react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import { OsIcon } from '../components/os-icon.tsx';
import { StateLabel, stateWords } from '../components/state-look.tsx';
import { useSnapshotName } from '../store.ts';
import type { ListRow } from './list-rows.ts';
import classes from './machine-list.module.css';

interface Frame {
  id: string;
  style: CSSProperties;
  hasCursor: boolean;
  /** What happens to machines that are dragged over the row and let go. */
  dropTarget: { onDragOver(event: DragEvent): void; onDragLeave(): void; onDrop(event: DragEvent): void };
}

interface MachineRowProps extends Frame {
  row: Extract<ListRow, { kind: 'machine' }>;
  isSelected: boolean;
  onChoose(event: MouseEvent): void;
  onOpen(): void;
  onMenu(event: MouseEvent): void;
  onDragStart(event: DragEvent): void;
}

const INDENT_PX = 14;

// The tree itself has the focus and the keys (aria-activedescendant); a row only takes the mouse.
export function MachineRow(props: MachineRowProps) {
  const { row, isSelected, hasCursor, id, style, onChoose, onOpen, onMenu, onDragStart, dropTarget } = props;
  const { machine, depth } = row;
  const { name, osType, isTemplate } = machine.config;
  const snapshot = useSnapshotName(machine.currentSnapshotId);
  const since = new Date(machine.stateSince).toLocaleString();
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-label={`${name}, ${MACHINE_STATES[machine.state].label}`}
      className={classes.row}
      style={style}
      data-selected={isSelected || undefined}
      data-cursor={hasCursor || undefined}
      title={`${name}\n${stateWords(machine)} since ${since}`}
      onClick={onChoose}
      onDoubleClick={onOpen}
      draggable
      onDragStart={onDragStart}
      {...dropTarget}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(event);
      }}
    >
      <span className={classes.machine} style={{ paddingLeft: 8 + depth * INDENT_PX }}>
        <OsIcon osType={osType} />
        <span className={classes.words}>
          <span className={classes.name}>
            {name}
            {snapshot !== undefined && <span className={classes.snapshot}> ({snapshot})</span>}
          </span>
          <span className={classes.state}>
            <StateLabel machine={machine} />
            {isTemplate && <span className={classes.badge}>Template</span>}
            {machine.isDisposable && <span className={classes.badge}>Disposable</span>}
          </span>
        </span>
      </span>
    </div>
  );
}

interface GroupRowProps extends Frame {
  row: Extract<ListRow, { kind: 'group' }>;
  isDropTarget: boolean;
  onToggle(): void;
  onMenu(event: MouseEvent): void;
}

export function GroupRow({ row, hasCursor, id, style, isDropTarget, dropTarget, onToggle, onMenu }: GroupRowProps) {
  const running = row.online > 0 ? `, ${row.online} running` : '';
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      id={id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={row.isOpen}
      aria-selected={false}
      aria-label={`Group ${row.name}, ${row.machines} machines${running}`}
      className={classes.row}
      style={style}
      data-cursor={hasCursor || undefined}
      data-drop={isDropTarget || undefined}
      onClick={onToggle}
      {...dropTarget}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(event);
      }}
    >
      <span className={classes.group} style={{ paddingLeft: 6 + row.depth * INDENT_PX }}>
        <IconChevronDown size={14} className={classes.chevron} data-open={row.isOpen || undefined} />
        <IconFolder size={14} />
        <span className={classes.groupName}>{row.name}</span>
        <span className={classes.count}>{row.online > 0 ? `${row.online}/${row.machines}` : row.machines}</span>
      </span>
    </div>
  );
}
