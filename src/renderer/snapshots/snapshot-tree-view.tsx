import { IconPhoto } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Snapshot } from '../../shared/model/snapshot.ts';
import { StateIcon } from '../components/state-look.tsx';
import { movedIndex } from '../machine-list/list-rows.ts';
import { ageWords } from './age-words.ts';
import { runSnapshotCommand } from './snapshot-commands.ts';
import type { SnapshotRow } from './snapshot-tree.ts';
import classes from './snapshots.module.css';
import { useThumbnail } from './use-thumbnail.ts';

const INDENT_PX = 20;
/** Deeper lines stand no further to the right: a long history must not push its names out of sight. */
const DEEPEST_INDENT = 12;

interface SnapshotTreeViewProps {
  machine: Machine;
  rows: readonly SnapshotRow[];
  chosen: SnapshotRow | undefined;
  nowMs: number;
  onChoose(row: SnapshotRow): void;
}

/** The tree, Name and Taken. One tab stop; arrows move, Enter restores, Del deletes. */
export function SnapshotTreeView({ machine, rows, chosen, nowMs, onChoose }: SnapshotTreeViewProps) {
  const tree = useRef<HTMLDivElement>(null);
  const treeId = useId();
  const index = rows.findIndex(({ key }) => key === chosen?.key);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another chosen line is the reason to look for it
  useEffect(() => {
    tree.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = movedIndex(event.key, index, rows.length);
    const row = to === undefined ? undefined : rows[to];
    const snapshot = chosen?.kind === 'snapshot' ? chosen.snapshot : null;
    if (row !== undefined) onChoose(row);
    else if (event.key === 'Enter') runSnapshotCommand('restore', machine, snapshot);
    else if (event.key === 'Delete') runSnapshotCommand('delete', machine, snapshot);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.treePane}>
      <div className={classes.columnNames} aria-hidden>
        <span>Name</span>
        <span>Taken</span>
      </div>
      <div
        ref={tree}
        className={classes.tree}
        role="tree"
        aria-label={`Snapshots of ${machine.config.name}`}
        tabIndex={0}
        aria-activedescendant={index < 0 ? undefined : `${treeId}${index}`}
        onKeyDown={onKeyDown}
      >
        {rows.map((row, at) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
          <div
            key={row.key}
            id={`${treeId}${at}`}
            role="treeitem"
            aria-level={row.depth + 1}
            aria-selected={at === index}
            aria-label={row.kind === 'snapshot' ? row.snapshot.name : currentWords(row.isChanged)}
            className={classes.row}
            style={{ paddingLeft: 8 + Math.min(row.depth, DEEPEST_INDENT) * INDENT_PX }}
            data-kind={row.kind}
            onClick={() => onChoose(row)}
          >
            {row.depth > 0 && <span className={classes.branch} aria-hidden />}
            {row.kind === 'snapshot' ? (
              <SnapshotCells snapshot={row.snapshot} nowMs={nowMs} />
            ) : (
              <CurrentCells machine={machine} isChanged={row.isChanged} />
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function SnapshotCells({ snapshot, nowMs }: { snapshot: Snapshot; nowMs: number }) {
  const picture = useThumbnail(snapshot);
  return (
    <>
      <span className={classes.thumbnail}>
        {picture === undefined ? <IconPhoto size={15} stroke={1.5} aria-hidden /> : <img src={picture} alt="" />}
      </span>
      <span className={classes.name} title={snapshot.description || snapshot.name}>
        {snapshot.name}
        {snapshot.hasMemory && <span className={classes.mark}>with memory</span>}
      </span>
      <time className={classes.age} dateTime={snapshot.takenAt} title={new Date(snapshot.takenAt).toLocaleString()}>
        {ageWords(snapshot.takenAt, nowMs)}
      </time>
    </>
  );
}

function CurrentCells({ machine, isChanged }: { machine: Machine; isChanged: boolean }) {
  return (
    <>
      <span className={classes.thumbnail}>
        <StateIcon state={machine.state} size={14} />
      </span>
      <span className={classes.name}>{currentWords(isChanged)}</span>
      <span className={classes.age}>{MACHINE_STATES[machine.state].label}</span>
    </>
  );
}

function currentWords(isChanged: boolean): string {
  return isChanged ? 'Current State (changed)' : 'Current State';
}
