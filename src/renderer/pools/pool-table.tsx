import { IconChevronDown, IconChevronRight, IconServer, IconStack2 } from '@tabler/icons-react';
import type { DragEvent, KeyboardEvent } from 'react';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Grants, ResourceGrant } from '../../shared/model/pool.ts';
import type { PoolId } from '../../shared/model/resources.ts';
import { sharesOf } from '../../shared/model/resources.ts';
import type { PoolPreview } from '../../shared/pool-contract.ts';
import { formatMiB } from '../../shared/units.ts';
import { StackedBar } from '../components/stacked-bar.tsx';
import { StateIcon } from '../components/state-look.tsx';
import { beginDrag, draggedIds, isMachineDrag } from '../machine-list/drag-machines.ts';
import { formatProcessors } from '../meter/meter-numbers.ts';
import type { PoolRow } from './pool-rows.ts';
import classes from './pools.module.css';

interface PoolTableProps {
  rows: readonly PoolRow[];
  selectedKey: string;
  collapsed: ReadonlySet<string>;
  grants: Grants | undefined;
  preview: PoolPreview | undefined;
  onSelect(key: string): void;
  onToggle(key: string): void;
  onDrop(machineIds: MachineId[], poolId: PoolId | null): void;
}

/** Host, pools and machines as a tree: what each uses, is given now, and would get if all wanted all. */
export function PoolTable(props: PoolTableProps) {
  const { rows, selectedKey, collapsed, onSelect, onToggle } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ key }) => key === selectedKey);
    const row = rows[at];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : rows[at + step];
    const isOpen = row?.kind === 'pool' && row.hasChildren && !collapsed.has(row.key);
    const turns = row?.kind === 'pool' && event.key === (isOpen ? 'ArrowLeft' : 'ArrowRight');
    if (next) onSelect(next.key);
    else if (turns) onToggle(row.key);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.table}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the pattern for a table with levels (WAI-ARIA, treegrid) */}
      <table role="treegrid" aria-label="Pools and machines" onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Shares</th>
            <th>Processors now</th>
            <th>Under full load</th>
            <th>Memory under full load</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  row,
  selectedKey,
  collapsed,
  grants,
  preview,
  onSelect,
  onToggle,
  onDrop,
}: PoolTableProps & { row: PoolRow }) {
  const isSelected = row.key === selectedKey;
  const full = fullLoadOf(row, preview);
  const canOpen = row.kind === 'pool' && row.hasChildren;
  const isOpen = canOpen && !collapsed.has(row.key);
  const Turn = isOpen ? IconChevronDown : IconChevronRight;
  const target = row.kind === 'machine' ? undefined : dropTarget((ids) => onDrop(ids, row.poolId));
  const name = nameOf(row);
  return (
    <tr
      aria-label={name}
      aria-level={row.level}
      aria-selected={isSelected}
      {...(canOpen ? { 'aria-expanded': isOpen } : {})}
      tabIndex={isSelected ? 0 : -1}
      ref={(line) => {
        if (isSelected && line?.parentElement?.contains(document.activeElement)) line.focus();
      }}
      onClick={() => onSelect(row.key)}
      draggable={row.kind === 'machine'}
      onDragStart={(event) => row.kind === 'machine' && beginDrag(event, [row.machine.id])}
      {...target}
    >
      <td>
        <div className={classes.name} style={{ paddingLeft: 18 * (row.level - 1) }}>
          <Turn
            size={13}
            aria-hidden
            style={{ visibility: canOpen ? 'visible' : 'hidden' }}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(row.key);
            }}
          />
          {row.kind === 'machine' ? <StateIcon state={row.machine.state} size={13} /> : null}
          {row.kind === 'pool' ? <IconStack2 size={15} stroke={1.7} aria-hidden /> : null}
          {row.kind === 'host' ? <IconServer size={15} stroke={1.7} aria-hidden /> : null}
          <span>{name}</span>
        </div>
      </td>
      <td>{sharesWords(row)}</td>
      <td>{nowWords(row, grants)}</td>
      <td>{full ? <FullLoad grant={full} total={fullTotal(preview)} name={name} /> : '–'}</td>
      <td>{full ? formatMiB(full.memoryMiB) : '–'}</td>
    </tr>
  );
}

function FullLoad({ grant, total, name }: { grant: ResourceGrant; total: number; name: string }) {
  const parts = [{ key: 'given', value: grant.processors, color: 'var(--inn-meter-machines)' }];
  return (
    <div className={classes.given}>
      <span className={classes.bar}>
        <StackedBar
          parts={parts}
          total={Math.max(total, grant.processors)}
          label={`Processors of ${name} under full load`}
          height={6}
        />
      </span>
      {grant.processors.toFixed(2)}
    </div>
  );
}

function nameOf(row: PoolRow): string {
  if (row.kind === 'host') return 'This computer';
  return row.kind === 'pool' ? row.pool.name : row.machine.config.name;
}

function sharesWords(row: PoolRow): string {
  if (row.kind === 'host') return '';
  const { shares } = row.kind === 'pool' ? row.pool.processor : row.machine.config.resources.processor;
  return String(sharesOf(shares));
}

function nowWords(row: PoolRow, grants: Grants | undefined): string {
  if (grants === undefined) return '…';
  if (row.kind === 'host') {
    const used = grants.machines.reduce((sum, each) => sum + each.usedProcessors, 0);
    return `${used.toFixed(2)} of ${formatProcessors(grants.processors)}`;
  }
  if (row.kind === 'pool') {
    const given = grants.pools.find(({ poolId }) => poolId === row.poolId);
    return given ? `${given.wantedProcessors.toFixed(2)} wanted` : '–';
  }
  const grant = grants.machines.find(({ machineId }) => machineId === row.machine.id);
  if (grant === undefined) return '–';
  return grant.capPercent < 100
    ? `${grant.usedProcessors.toFixed(2)}, capped at ${Math.round(grant.capPercent)} %`
    : grant.usedProcessors.toFixed(2);
}

function fullLoadOf(row: PoolRow, preview: PoolPreview | undefined): ResourceGrant | undefined {
  if (row.kind === 'pool') return preview?.fullLoad.pools.find(({ poolId }) => poolId === row.poolId);
  if (row.kind === 'machine') return preview?.fullLoad.machines.find(({ machineId }) => machineId === row.machine.id);
  return undefined;
}

/** The processors of all machines under full load: the length of a full bar. */
function fullTotal(preview: PoolPreview | undefined): number {
  return preview?.fullLoad.machines.reduce((sum, { processors }) => sum + processors, 0) ?? 0;
}

function dropTarget(onDrop: (ids: MachineId[]) => void) {
  return {
    onDragOver: (event: DragEvent) => {
      if (isMachineDrag(event)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      onDrop(draggedIds(event) as MachineId[]);
    },
  };
}
