import { Button, Text, Tooltip } from '@mantine/core';
import { IconCamera } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { RunningTasks } from '../components/task-item.tsx';
import { useObservable } from '../observable.ts';
import { useSnapshotsOf } from '../store.ts';
import toolbarClasses from '../toolbar.module.css';
import { CommandButton } from '../toolbar.tsx';
import { preferences } from '../view.ts';
import { CurrentDetails } from './current-details.tsx';
import {
  chooseRow,
  chosenRows,
  runSnapshotCommand,
  SNAPSHOT_COMMANDS,
  type SnapshotCommand,
  type SnapshotCommandId,
} from './snapshot-commands.ts';
import { SnapshotDetails } from './snapshot-details.tsx';
import { type SnapshotRow, snapshotRows } from './snapshot-tree.ts';
import { SnapshotTreeView } from './snapshot-tree-view.tsx';
import classes from './snapshots.module.css';
import { useAges } from './use-ages.ts';

/** Moments that a machine can go back to: their tree, what can be done with them, and what one of them holds. */
export function SnapshotsTab({ machine }: { machine: Machine }) {
  const snapshots = useSnapshotsOf(machine.id);
  const nowMs = useAges(snapshots);
  const rows = useMemo(() => snapshotRows(machine, snapshots), [machine, snapshots]);
  const chosenKey = useObservable(chosenRows, (now) => now.get(machine.id));
  const showsDetails = useObservable(preferences, (now) => now.showsSnapshotDetails);
  const chosen = rows.find(({ key }) => key === chosenKey) ?? rows.find(({ kind }) => kind === 'current');
  return (
    <div className={classes.page}>
      <SnapshotToolbar machine={machine} chosen={chosen} />
      <RunningTasks machineId={machine.id} />
      {snapshots.length === 0 ? (
        <NoSnapshots machine={machine} />
      ) : (
        <div className={classes.columns} data-details={showsDetails || undefined}>
          <SnapshotTreeView
            machine={machine}
            rows={rows}
            chosen={chosen}
            nowMs={nowMs}
            onChoose={(row) => chooseRow(machine.id, row.key)}
          />
          {showsDetails && <Details machine={machine} chosen={chosen} nowMs={nowMs} />}
        </div>
      )}
    </div>
  );
}

interface DetailsProps {
  machine: Machine;
  chosen: SnapshotRow | undefined;
  nowMs: number;
}

function Details({ machine, chosen, nowMs }: DetailsProps) {
  if (chosen?.kind === 'snapshot') {
    return <SnapshotDetails key={chosen.snapshot.id} machine={machine} snapshot={chosen.snapshot} nowMs={nowMs} />;
  }
  return <CurrentDetails machine={machine} isChanged={chosen?.isChanged ?? false} />;
}

function SnapshotToolbar({ machine, chosen }: { machine: Machine; chosen: SnapshotRow | undefined }) {
  const snapshot = chosen?.kind === 'snapshot' ? chosen.snapshot : null;
  const showsDetails = useObservable(preferences, (now) => now.showsSnapshotDetails);
  return (
    <div className={classes.tools} role="toolbar" aria-label="Snapshots">
      {(Object.keys(SNAPSHOT_COMMANDS) as SnapshotCommandId[]).map((id) => {
        const command: SnapshotCommand = SNAPSHOT_COMMANDS[id];
        const reason = command.whyNot(machine, snapshot);
        const Glyph = command.icon;
        return (
          <Tooltip key={id} label={reason ?? `${command.label} (Ctrl+Shift+${command.key})`}>
            <Button
              variant="subtle"
              color="gray"
              className={toolbarClasses.button ?? ''}
              leftSection={<Glyph size={16} stroke={1.7} />}
              aria-label={command.label}
              aria-disabled={reason !== null}
              {...(id === 'properties' ? { 'aria-pressed': showsDetails } : {})}
              {...(reason === null ? {} : { 'data-disabled': true })}
              onClick={() => runSnapshotCommand(id, machine, snapshot)}
            >
              {command.label}
            </Button>
          </Tooltip>
        );
      })}
    </div>
  );
}

function NoSnapshots({ machine }: { machine: Machine }) {
  return (
    <div className={classes.empty}>
      <IconCamera size={34} stroke={1.3} className={classes.emptyIcon} aria-hidden />
      <h3>No snapshots yet</h3>
      <Text>
        A snapshot keeps this moment of the machine: its disks, its settings and, while it runs, its memory. Take one
        before something risky and go back to it whenever you like. It costs only what changes afterwards.
      </Text>
      <CommandButton id="takeSnapshot" machine={machine} look="filled" />
    </div>
  );
}
