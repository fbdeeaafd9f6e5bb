import { IconNetwork } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { NetworkId } from '../../../shared/model/network.ts';
import { ADAPTER_MODE_LABELS } from '../../machine-details/config-words.ts';
import media from '../../media/media-page.module.css';
import type { NetworkRow } from '../attachments.ts';
import classes from '../networks.module.css';

interface NetworkTableProps {
  rows: readonly NetworkRow[];
  selectedId: NetworkId | null;
  onSelect(id: NetworkId): void;
  onEdit(): void;
  onRemove(): void;
}

/** All networks: what kind each is, its range, and who is on it. */
export function NetworkTable({ rows, selectedId, onSelect, onEdit, onRemove }: NetworkTableProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ network }) => network.id === selectedId);
    const steps: Record<string, number | undefined> = {
      ArrowDown: Math.min(rows.length - 1, at + 1),
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: rows.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) {
      const row = rows[next];
      if (row) onSelect(row.network.id);
    } else if (event.key === 'Delete') onRemove();
    else if (event.key === 'Enter') onEdit();
    else return;
    event.preventDefault();
  };
  return (
    <div className={media.table}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the pattern for a table whose rows are chosen (WAI-ARIA, grid) */}
      <table role="grid" aria-label="Networks" onKeyDown={onKeyDown} className={classes.networks}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Kind</th>
            <th>Range</th>
            <th>Machines</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <Row
              key={row.network.id}
              row={row}
              isSelected={row.network.id === selectedId}
              isReachable={selectedId === null ? index === 0 : row.network.id === selectedId}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: NetworkRow;
  isSelected: boolean;
  /** The Tab key comes here. */
  isReachable: boolean;
  onSelect(id: NetworkId): void;
}

function Row({ row: { network, machines, online }, isSelected, isReachable, onSelect }: RowProps) {
  const line = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    const rows = line.current?.parentElement;
    if (isSelected && rows?.contains(document.activeElement)) line.current?.focus();
  }, [isSelected]);
  const { id, name, kind, subnet } = network;
  const select = () => onSelect(id);
  return (
    <tr
      ref={line}
      className={media.row}
      aria-label={name}
      aria-selected={isSelected}
      tabIndex={isReachable ? 0 : -1}
      onClick={select}
      onFocus={select}
    >
      <td>
        <div className={media.name}>
          <IconNetwork size={16} stroke={1.7} aria-hidden />
          <span>{name}</span>
        </div>
      </td>
      <td>{ADAPTER_MODE_LABELS[kind]}</td>
      <td>{subnet ?? 'no addresses'}</td>
      <td className={classes.quietCell} title={machines.map(({ config }) => config.name).join(', ')}>
        {machines.map(({ config }) => config.name).join(', ') || 'none'}
      </td>
      <td>
        <span className={classes.state} data-running={online > 0 || undefined}>
          {online > 0 ? `Running, ${online} on it` : 'At rest'}
        </span>
      </td>
    </tr>
  );
}
