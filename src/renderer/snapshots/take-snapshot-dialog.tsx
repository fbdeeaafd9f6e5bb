import { Button, Checkbox, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { hasSavedState, isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { SnapshotDescription, SnapshotName } from '../../shared/model/snapshot.ts';
import { formatMiB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { RunningTasks } from '../components/task-item.tsx';
import { failureIn, notifySuccess } from '../notify.tsx';
import { useSnapshotsOf } from '../store.ts';
import { chooseRow } from './snapshot-commands.ts';
import { pauseWords } from './snapshot-details.tsx';
import { nextSnapshotName } from './snapshot-tree.ts';

/** Name, description, and whether memory is kept too. It stays open until the snapshot is there, or says why it is not. */
export function TakeSnapshotDialog({ machine, onClose }: { machine: Machine; onClose(): void }) {
  const snapshots = useSnapshotsOf(machine.id);
  const [name, setName] = useState(() => nextSnapshotName(snapshots));
  const [description, setDescription] = useState('');
  const [withMemory, setWithMemory] = useState(true);
  const [isWorking, setWorking] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const problem = SnapshotName.safeParse(name).error?.issues[0]?.message;
  const canTake = problem === undefined && SnapshotDescription.safeParse(description).success;
  const take = async () => {
    setWorking(true);
    const refused = await failureIn(async () => {
      const taken = await api.snapshot.take({ machine: machine.id, name, description, withMemory });
      chooseRow(machine.id, 'current');
      const pause = taken.pausedMs === null ? '' : ` The guest stood still for ${pauseWords(taken.pausedMs)}.`;
      notifySuccess(`Snapshot '${taken.name}' of '${machine.config.name}' taken.${pause}`);
    });
    setWorking(false);
    setFailure(refused);
    if (refused === null) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Take a snapshot of '${machine.config.name}'`} size={460}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (canTake && !isWorking) void take();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            data-autofocus
            value={name}
            error={problem}
            onChange={(event) => setName(event.currentTarget.value)}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Textarea
            label="Description"
            placeholder="What this moment is for"
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            autosize
            minRows={2}
            maxRows={6}
          />
          <MemoryChoice machine={machine} value={withMemory} onChange={setWithMemory} />
          {isWorking && <RunningTasks machineId={machine.id} />}
          {failure !== null && <FailureLine failure={failure} />}
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button variant="default" onClick={onClose}>
              {isWorking ? 'Hide' : 'Cancel'}
            </Button>
            <Button type="submit" disabled={!canTake} loading={isWorking}>
              Take
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface MemoryChoiceProps {
  machine: Machine;
  value: boolean;
  onChange(value: boolean): void;
}

function MemoryChoice({ machine, value, onChange }: MemoryChoiceProps) {
  if (!isOnline(machine.state)) {
    return (
      <Text c="dimmed" fz="xs">
        {hasSavedState(machine.state)
          ? 'The saved state is kept with it.'
          : 'The machine is off: its disks and settings are kept. It takes a moment and almost no space.'}
      </Text>
    );
  }
  const size = formatMiB(machine.config.memoryMiB);
  return (
    <Checkbox
      label="Keep the memory too"
      description={
        value
          ? `The guest goes on from this moment when it is restored. Takes up to ${size} more.`
          : 'Only the disks, as after a power failure: the guest boots when it is restored.'
      }
      checked={value}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}
