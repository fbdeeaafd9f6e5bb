import { Button, Checkbox, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { type Machine, MachineName } from '../../shared/model/machine.ts';
import type { CloneKind, Snapshot, SnapshotId } from '../../shared/model/snapshot.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { FormRow } from '../components/form-row.tsx';
import { RunningTasks } from '../components/task-item.tsx';
import { freeName } from '../free-name.ts';
import { attempt, failureIn } from '../notify.tsx';
import { chainSizeBytes, keptDisks } from '../snapshots/kept-disks.ts';
import { useMachines, useMedia, useSnapshotsOf } from '../store.ts';
import { showConsole, showTab } from '../view.ts';

interface CloneDialogProps {
  machine: Machine;
  /** The snapshot to begin with, or null for the current state. */
  snapshotId: SnapshotId | null;
  onClose(): void;
}

const CURRENT = 'current';

/** Another machine from this one: what it is called, from which moment, and how it keeps its disks. */
export function CloneDialog({ machine, snapshotId, onClose }: CloneDialogProps) {
  const { isTemplate, name: sourceName } = machine.config;
  const machines = useMachines();
  const taken = useMemo(() => [...machines.values()].map((each) => each.config.name), [machines]);
  const snapshots = useSnapshotsOf(machine.id);
  const [name, setName] = useState(() => freeName(isTemplate ? sourceName : `${sourceName} Clone`, taken));
  const [from, setFrom] = useState<string>(snapshotId ?? CURRENT);
  const [kind, setKind] = useState<CloneKind>(isTemplate ? 'linked' : 'full');
  const [startsAtOnce, setStartsAtOnce] = useState(isTemplate);
  const [isWorking, setWorking] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const problem = nameProblem(name, taken);
  const snapshot = snapshots.find(({ id }) => id === from);
  const clone = async () => {
    setWorking(true);
    const refused = await failureIn(async () => {
      const source = snapshot === undefined ? {} : { snapshot: snapshot.id };
      const made = await api.machine.clone({ machine: machine.id, name: name.trim(), kind, ...source });
      if (startsAtOnce) startAndShow(made);
      else showTab(made.id, 'details');
    });
    setWorking(false);
    setFailure(refused);
    if (refused === null) onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={isTemplate ? `New machine from '${sourceName}'` : `Clone '${sourceName}'`}
      size={520}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === undefined && !isWorking) void clone();
        }}
      >
        <Stack gap="sm">
          <FormRow label="Name">
            <TextInput
              aria-label="Name"
              data-autofocus
              value={name}
              error={name === '' ? undefined : problem}
              onChange={(event) => setName(event.currentTarget.value)}
              onFocus={(event) => event.currentTarget.select()}
            />
          </FormRow>
          <FormRow label="From">
            <Select
              aria-label="From"
              data={[
                { value: CURRENT, label: 'Current State' },
                ...snapshots.map(({ id, name: label }) => ({ value: id, label })),
              ]}
              value={from}
              onChange={(value) => setFrom(value ?? CURRENT)}
            />
          </FormRow>
          <KindChoice machine={machine} snapshot={snapshot} value={kind} onChange={setKind} />
          <FormRow label="Network">
            <Text pt={6}>New MAC addresses, so that both can run side by side</Text>
          </FormRow>
          {isWorking && <RunningTasks machineId={machine.id} />}
          {failure !== null && <FailureLine failure={failure} />}
          <Group justify="flex-end" gap="sm" mt="xs">
            <Checkbox
              label="Start at once"
              checked={startsAtOnce}
              onChange={(event) => setStartsAtOnce(event.currentTarget.checked)}
            />
            <Button variant="default" onClick={onClose}>
              {isWorking ? 'Hide' : 'Cancel'}
            </Button>
            <Button type="submit" disabled={problem !== undefined} loading={isWorking}>
              {isTemplate ? 'Create' : 'Clone'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function startAndShow({ id }: Machine): void {
  showConsole(id);
  void attempt(() => api.machine.start({ machine: id }));
}

function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const parsed = MachineName.safeParse(name);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  const isTaken = taken.some((each) => each.toLowerCase() === parsed.data.toLowerCase());
  return isTaken ? `Another machine is called '${parsed.data}'.` : undefined;
}

interface KindChoiceProps {
  machine: Machine;
  snapshot: Snapshot | undefined;
  value: CloneKind;
  onChange(kind: CloneKind): void;
}

function KindChoice({ machine, snapshot, value, onChange }: KindChoiceProps) {
  const media = useMedia();
  const disks = keptDisks((snapshot ?? machine).config, media);
  const bytes = disks.reduce((sum, { medium }) => sum + chainSizeBytes(medium, media), 0);
  const size = disks.length === 0 ? 'it has no disks to copy' : `takes up to ${formatBytes(bytes)}`;
  return (
    <FormRow label="Disks">
      <Radio.Group
        aria-label="Kind of clone"
        value={value}
        onChange={(next) => onChange(next === 'linked' ? 'linked' : 'full')}
        mt={6}
      >
        <Stack gap="xs">
          <Radio value="full" label="Full clone" description={`Copies every disk and stands alone: ${size}.`} />
          <Radio
            value="linked"
            label="Linked clone"
            description={`Keeps only what becomes different and is there at once: takes almost nothing, and needs '${machine.config.name}' to stay.`}
          />
        </Stack>
      </Radio.Group>
    </FormRow>
  );
}
