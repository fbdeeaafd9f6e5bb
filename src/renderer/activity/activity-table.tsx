import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { formatBytes } from '../../shared/units.ts';
import { Sparkline } from '../components/sparkline.tsx';
import { StateIcon } from '../components/state-look.tsx';
import { formatProcessors } from '../meter/meter-numbers.ts';
import { selectMachine } from '../view.ts';
import classes from './activity.module.css';
import { type ActivityColumn, type ActivityOrder, type ActivityRow, inOrder } from './activity-rows.ts';
import { formatSpan } from './format-span.ts';

const COLUMNS: { id: ActivityColumn; label: string }[] = [
  { id: 'name', label: 'Machine' },
  { id: 'processor', label: 'Processor' },
  { id: 'memory', label: 'Memory held' },
  { id: 'promised', label: 'Promised' },
  { id: 'disk', label: 'Disk' },
  { id: 'network', label: 'Network' },
  { id: 'time', label: 'Processor time' },
];
const ROW_HEIGHT_PX = 34;

/** All machines and what they use now, sortable; a thousand rows are only drawn where they are seen. */
export function ActivityTable({ rows }: { rows: readonly ActivityRow[] }) {
  const [order, setOrder] = useState<ActivityOrder>({ column: 'processor', isDescending: true });
  const box = useRef<HTMLDivElement>(null);
  const sorted = inOrder(rows, order);
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: 8,
  });
  const sortBy = (column: ActivityColumn) =>
    setOrder((now) => ({ column, isDescending: now.column === column ? !now.isDescending : column !== 'name' }));
  const items = virtualizer.getVirtualItems();
  return (
    <div ref={box} className={classes.table}>
      <table aria-label="Machines and what they use" aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {COLUMNS.map(({ id, label }) => (
              <HeadCell key={id} label={label} order={order.column === id ? order : null} onClick={() => sortBy(id)} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer heightPx={items[0]?.start ?? 0} />
          {items.map(({ index }) => {
            const row = sorted[index];
            return row && <Row key={row.id} row={row} index={index} />;
          })}
          <Spacer heightPx={virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the rows that are out of sight. */
function Spacer({ heightPx }: { heightPx: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={COLUMNS.length} style={{ height: heightPx, padding: 0, border: 0 }} />
    </tr>
  );
}

function HeadCell({ label, order, onClick }: { label: string; order: ActivityOrder | null; onClick(): void }) {
  const Glyph = order?.isDescending ? IconArrowDown : IconArrowUp;
  const sorting = order === null ? 'none' : order.isDescending ? 'descending' : 'ascending';
  return (
    <th aria-sort={sorting}>
      <UnstyledButton onClick={onClick}>
        {label}
        {order !== null && <Glyph size={12} aria-hidden />}
      </UnstyledButton>
    </th>
  );
}

function Row({ row, index }: { row: ActivityRow; index: number }) {
  const { id, name, state, isOnline } = row;
  const shown = (text: string) => <td>{isOnline ? text : '–'}</td>;
  return (
    <tr aria-rowindex={index + 2} data-off={!isOnline || undefined} style={{ height: ROW_HEIGHT_PX }}>
      <td>
        <div className={classes.cell}>
          <StateIcon state={state} size={13} />
          <UnstyledButton className={classes.link ?? ''} onClick={() => selectMachine(id)}>
            {name}
          </UnstyledButton>
        </div>
      </td>
      <td>
        <div className={classes.cell}>
          <span className={classes.spark}>
            <Sparkline values={row.processorHistory} top={row.processors} />
          </span>
          {isOnline ? formatProcessors(row.processorUse) : '–'}
        </div>
      </td>
      {shown(formatBytes(row.memoryUsedBytes))}
      {shown(formatBytes(row.memoryPromisedBytes))}
      {shown(`${formatBytes(row.diskBytesPerSecond)}/s`)}
      {shown(`${formatBytes(row.networkBytesPerSecond)}/s`)}
      {shown(formatSpan(row.processorSeconds))}
    </tr>
  );
}
