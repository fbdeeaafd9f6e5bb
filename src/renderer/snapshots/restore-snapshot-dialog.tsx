import { Checkbox, Text } from '@mantine/core';
import { useState } from 'react';
import { hasSavedState } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Medium, MediumId } from '../../shared/model/medium.ts';
import type { Snapshot } from '../../shared/model/snapshot.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Question } from '../components/question.tsx';
import { attempt, notifySuccess } from '../notify.tsx';
import { useMedia, useSnapshotsOf } from '../store.ts';
import { configDifferences } from './config-differences.ts';
import { keptDisks } from './kept-disks.ts';
import { chooseRow } from './snapshot-commands.ts';
import { isChangedSince } from './snapshot-tree.ts';
import classes from './snapshots.module.css';

interface RestoreSnapshotDialogProps {
  machine: Machine;
  snapshot: Snapshot;
  onClose(): void;
}

/** Says what is given up before the machine goes back, and offers to keep it. */
export function RestoreSnapshotDialog({ machine, snapshot, onClose }: RestoreSnapshotDialogProps) {
  const base = useSnapshotsOf(machine.id).find(({ id }) => id === machine.currentSnapshotId);
  const isChanged = base === undefined || isChangedSince(machine, base);
  const [takesCurrentFirst, setTakesCurrentFirst] = useState(isChanged);
  const losses = lossesOf(machine, snapshot, base, useMedia());
  const restore = async () => {
    const input = { machine: machine.id, snapshot: snapshot.id, takesCurrentFirst };
    if (!(await attempt(() => api.snapshot.restore(input)))) return;
    chooseRow(machine.id, 'current');
    notifySuccess(`'${machine.config.name}' is as it was in '${snapshot.name}'.`);
  };
  return (
    <Question
      title={`Restore '${snapshot.name}'?`}
      action="Restore"
      isDangerous={isChanged && !takesCurrentFirst}
      onClose={onClose}
      onAction={() => void restore()}
    >
      <Text>
        '{machine.config.name}' goes back to this moment: its disks and its settings
        {snapshot.hasMemory ? ', and with the next start its memory as well' : ''}.
      </Text>
      <Checkbox
        label="Take a snapshot of the current state first"
        checked={takesCurrentFirst}
        onChange={(event) => setTakesCurrentFirst(event.currentTarget.checked)}
      />
      {!isChanged && <Text c="dimmed">Nothing has changed since '{base?.name}', so that nothing is lost.</Text>}
      {isChanged && (
        <div>
          <Text c={takesCurrentFirst ? 'dimmed' : 'red'}>
            {takesCurrentFirst ? 'The new snapshot keeps:' : 'This is lost for good:'}
          </Text>
          <ul className={classes.losses}>
            {losses.map((loss) => (
              <li key={loss}>{loss}</li>
            ))}
          </ul>
        </div>
      )}
    </Question>
  );
}

function lossesOf(
  machine: Machine,
  snapshot: Snapshot,
  base: Snapshot | undefined,
  media: ReadonlyMap<MediumId, Medium>,
): string[] {
  const bytes = keptDisks(machine.config, media).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const since = base === undefined ? '' : ` since '${base.name}'`;
  const settings = configDifferences(snapshot.config, machine.config).map(({ label }) => label);
  return [
    `What was written to the disks${since}${bytes === 0 ? '' : ` (${formatBytes(bytes)})`}`,
    ...(hasSavedState(machine.state) ? ['The saved state: what runs in it'] : []),
    ...(settings.length > 0 ? [`The present settings of ${settings.join(', ')}`] : []),
  ];
}
