import { IconChevronDown, IconFolder } from '@tabler/icons-react';
import type { CSSProperties, MouseEvent } from 'react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import { OsIcon } from '../components/os-icon.tsx';
import { StateLabel, stateWords } from '../components/state-look.tsx';
import type { ListRow } from './list-rows.ts';
import classes from './machine-list.module.css';

interface Frame {
  id: string;
  style: CSSProperties;
  hasCursor: boolean;
}

interface MachineRowProps extends Frame {
  row: Extract<ListRow, { kind: 'machine' }>;
  isSelected: boolean;
  onChoose(): void;
  onOpen(): void;
  onMenu(event: MouseEvent): void;
}

const INDENT_PX = 14;

// The tree itself has the focus and the keys (aria-activedescendant); a row only takes the mouse.
export function MachineRow(props: MachineRowProps) {
  const { row, isSelected, hasCursor, id, style, onChoose, onOpen, onMenu } = props;
  const { machine, depth } = row;
  const { name, osType } = machine.config;
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
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(event);
      }}
    >
      <span className={classes.machine} style={{ paddingLeft: 8 + depth * INDENT_PX }}>
        <OsIcon osType={osType} />
        <span className={classes.words}>
          <span className={classes.name}>{name}</span>
          <StateLabel machine={machine} />
        </span>
      </span>
    </div>
  );
}

interface GroupRowProps extends Frame {
  row: Extract<ListRow, { kind: 'group' }>;
  onToggle(): void;
}

export function GroupRow({ row, hasCursor, id, style, onToggle }: GroupRowProps) {
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
      onClick={onToggle}
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
