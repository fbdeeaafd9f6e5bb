import { Progress } from '@mantine/core';
import { IconAlertTriangle, IconDatabase, IconDeviceFloppy, IconDisc } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { FORMAT_LABELS, type Medium, type MediumId, type MediumKind } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import classes from './media-page.module.css';
import type { MediumRow } from './medium-rows.ts';
import { useRunningTask } from './use-work.ts';

interface MediaTableProps {
  kind: MediumKind;
  rows: readonly MediumRow[];
  selectedId: MediumId | null;
  onSelect(id: MediumId): void;
  onRemove(): void;
}

const ICONS: Record<MediumKind, typeof IconDisc> = { disk: IconDatabase, optical: IconDisc, floppy: IconDeviceFloppy };
const LABELS: Record<MediumKind, string> = { disk: 'Hard disks', optical: 'Optical discs', floppy: 'Floppies' };

/** The media of one kind; disks as a tree of what builds on what. */
export function MediaTable({ kind, rows, selectedId, onSelect, onRemove }: MediaTableProps) {
  const isDisk = kind === 'disk';
  const onKeyDown = (event: KeyboardEvent) => {
    const next = rowAfter(rows, selectedId, event.key);
    if (next) onSelect(next);
    if (event.key === 'Delete') onRemove();
    if (next || event.key === 'Delete') event.preventDefault();
  };
  return (
    <div className={classes.table}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the pattern for a table with levels (WAI-ARIA, treegrid) */}
      <table role="treegrid" aria-label={LABELS[kind]} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th>Name</th>
            <th className={classes.size}>{isDisk ? 'Virtual size' : 'Size'}</th>
            {isDisk && <th className={classes.size}>Actual size</th>}
            {isDisk && <th className={classes.format}>Format</th>}
            <th className={classes.users}>Attached to</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <Row
              key={row.medium.id}
              row={row}
              isSelected={row.medium.id === selectedId}
              isReachable={selectedId === null ? index === 0 : row.medium.id === selectedId}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: MediumRow;
  isSelected: boolean;
  /** The Tab key comes here. */
  isReachable: boolean;
  onSelect(id: MediumId): void;
}

function Row({ row: { medium, level }, isSelected, isReachable, onSelect }: RowProps) {
  const line = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    const rows = line.current?.parentElement;
    if (isSelected && rows?.contains(document.activeElement)) line.current?.focus();
  }, [isSelected]);
  const { id, kind, name, inaccessibleBecause } = medium;
  const isLost = inaccessibleBecause !== null;
  const Glyph = isLost ? IconAlertTriangle : ICONS[kind];
  const isDisk = kind === 'disk';
  const select = () => onSelect(id);
  return (
    <tr
      ref={line}
      className={classes.row}
      aria-label={isLost ? `${name}, inaccessible` : name}
      aria-level={level}
      aria-selected={isSelected}
      data-lost={isLost || undefined}
      tabIndex={isReachable ? 0 : -1}
      onClick={select}
      onFocus={select}
      title={inaccessibleBecause ?? undefined}
    >
      <td>
        <div className={classes.name} style={{ paddingLeft: 18 * (level - 1) }}>
          <Glyph size={16} stroke={1.7} aria-hidden />
          <span>{name}</span>
          <RowProgress medium={medium} />
        </div>
      </td>
      <td className={classes.size}>{formatBytes(medium.virtualSizeBytes)}</td>
      {isDisk && (
        <td className={classes.size}>{medium.actualSizeBytes === null ? '–' : formatBytes(medium.actualSizeBytes)}</td>
      )}
      {isDisk && <td className={classes.format}>{FORMAT_LABELS[medium.format]}</td>}
      <td className={classes.users}>{usersOf(medium)}</td>
    </tr>
  );
}

function RowProgress({ medium }: { medium: Medium }) {
  const task = useRunningTask(medium.id);
  if (task === undefined) return null;
  return (
    <Progress
      className={classes.progress ?? ''}
      size="xs"
      value={task.progress === null ? 100 : task.progress * 100}
      animated={task.progress === null}
      aria-label={task.title}
    />
  );
}

function usersOf({ attachedTo, inSnapshots }: Medium): string {
  const snapshots =
    inSnapshots.length === 0 ? [] : [`${inSnapshots.length} snapshot${inSnapshots.length > 1 ? 's' : ''}`];
  return [...attachedTo, ...snapshots].join(', ') || 'Not attached';
}

/** The medium that an arrow key leads to. */
function rowAfter(rows: readonly MediumRow[], selectedId: MediumId | null, key: string): MediumId | undefined {
  const at = rows.findIndex(({ medium }) => medium.id === selectedId);
  const steps: Record<string, number | undefined> = {
    ArrowDown: Math.min(rows.length - 1, at + 1),
    ArrowUp: Math.max(0, at - 1),
    Home: 0,
    End: rows.length - 1,
  };
  const next = steps[key];
  return next === undefined ? undefined : rows[next]?.medium.id;
}
