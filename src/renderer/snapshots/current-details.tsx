import { Text } from '@mantine/core';
import type { Machine } from '../../shared/model/machine.ts';
import { formatBytes } from '../../shared/units.ts';
import { Fact, Facts } from '../components/block.tsx';
import { stateWords } from '../components/state-look.tsx';
import { useMedia, useSnapshotName } from '../store.ts';
import { CommandButton } from '../toolbar.tsx';
import { keptDisks } from './kept-disks.ts';
import classes from './snapshots.module.css';

/** The machine as it is now, beside the snapshot that it stands on. */
export function CurrentDetails({ machine, isChanged }: { machine: Machine; isChanged: boolean }) {
  const base = useSnapshotName(machine.currentSnapshotId);
  const grown = keptDisks(machine.config, useMedia()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <section className={classes.details} aria-label="Current state">
      <h4>Current State</h4>
      <Facts>
        <Fact label="State">{stateWords(machine)}</Fact>
        {base !== undefined && <Fact label="Stands on">{base}</Fact>}
        {base !== undefined && <Fact label="Written since">{formatBytes(grown)} on its disks</Fact>}
      </Facts>
      {base !== undefined && (
        <Text className={classes.quiet}>
          {isChanged
            ? `The machine was used or changed since '${base}'. Take a snapshot to keep what it is now.`
            : `Nothing has changed since '${base}'.`}
        </Text>
      )}
      <CommandButton id="takeSnapshot" machine={machine} look="plain" />
    </section>
  );
}
