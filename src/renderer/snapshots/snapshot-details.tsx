import { Button, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { type Snapshot, SnapshotDescription, SnapshotName } from '../../shared/model/snapshot.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Fact, Facts } from '../components/block.tsx';
import { useEngines } from '../engines.ts';
import { attempt } from '../notify.tsx';
import { useMedia } from '../store.ts';
import { ageWords } from './age-words.ts';
import { configDifferences } from './config-differences.ts';
import { keptDisks } from './kept-disks.ts';
import classes from './snapshots.module.css';
import { useThumbnail } from './use-thumbnail.ts';

interface SnapshotDetailsProps {
  machine: Machine;
  snapshot: Snapshot;
  nowMs: number;
}

/** One snapshot: its screen, its name and description to edit, what it holds and what is other than now. */
export function SnapshotDetails({ machine, snapshot, nowMs }: SnapshotDetailsProps) {
  const picture = useThumbnail(snapshot);
  const differences = configDifferences(snapshot.config, machine.config);
  return (
    <section className={classes.details} aria-label={`Snapshot ${snapshot.name}`}>
      {picture !== undefined && (
        <img className={classes.picture} src={picture} alt={`Screen of ${machine.config.name} in ${snapshot.name}`} />
      )}
      <Attributes snapshot={snapshot} />
      <Contents snapshot={snapshot} nowMs={nowMs} />
      <h4>Settings</h4>
      {differences.length === 0 ? (
        <p className={classes.quiet}>The same as those of now.</p>
      ) : (
        <table className={classes.differences}>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Here</th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {differences.map(({ label, before, now }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>{before}</td>
                <td>{now}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Attributes({ snapshot }: { snapshot: Snapshot }) {
  const [name, setName] = useState(snapshot.name);
  const [description, setDescription] = useState(snapshot.description);
  const problem = SnapshotName.safeParse(name).error?.issues[0]?.message;
  const isDirty = name !== snapshot.name || description !== snapshot.description;
  const canSave = isDirty && problem === undefined && SnapshotDescription.safeParse(description).success;
  const revert = () => {
    setName(snapshot.name);
    setDescription(snapshot.description);
  };
  const save = () => {
    const { machineId, id } = snapshot;
    if (canSave) void attempt(() => api.snapshot.describe({ machine: machineId, snapshot: id, name, description }));
  };
  return (
    <form
      className={classes.attributes}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <TextInput
        label="Name"
        value={name}
        error={problem}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && revert()}
      />
      <Textarea
        label="Description"
        placeholder="What this moment is for"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && revert()}
        autosize
        minRows={2}
        maxRows={8}
      />
      {isDirty && (
        <div className={classes.attributeButtons}>
          <Button variant="default" onClick={revert}>
            Revert
          </Button>
          <Button type="submit" disabled={!canSave}>
            Save
          </Button>
        </div>
      )}
    </form>
  );
}

function Contents({ snapshot, nowMs }: { snapshot: Snapshot; nowMs: number }) {
  const disks = keptDisks(snapshot.config, useMedia());
  const engines = useEngines();
  const engine = engines.find(({ id }) => id === snapshot.engine)?.name ?? snapshot.engine;
  const at = new Date(snapshot.takenAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
  return (
    <Facts>
      <Fact label="Taken">
        {at} ({ageWords(snapshot.takenAt, nowMs)})
      </Fact>
      <Fact label="Memory">
        {snapshot.hasMemory ? `Kept: goes on from here in ${engine ?? 'its engine'}` : 'Not kept: the guest boots'}
      </Fact>
      {snapshot.pausedMs !== null && (
        <Fact label="Guest stood still">
          <span className="inn-numbers">{pauseWords(snapshot.pausedMs)}</span>
        </Fact>
      )}
      <Fact label="Disks">
        {disks.length === 0
          ? 'None'
          : disks.map(({ medium, name, sizeBytes }) => (
              <div key={medium}>
                {name} <span className={classes.quiet}>{formatBytes(sizeBytes)} kept</span>
              </div>
            ))}
      </Fact>
    </Facts>
  );
}

/** `38 ms`, `1.4 s`. */
export function pauseWords(pausedMs: number): string {
  return pausedMs < 1000 ? `${Math.round(pausedMs)} ms` : `${(pausedMs / 1000).toFixed(1)} s`;
}
