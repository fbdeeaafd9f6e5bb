import { type Icon, IconCameraPlus, IconCopy, IconHistory, IconInfoCircle, IconTrash } from '@tabler/icons-react';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Snapshot } from '../../shared/model/snapshot.ts';
import { COMMANDS, refusal } from '../actions.tsx';
import { openDialog } from '../dialogs.ts';
import { observable } from '../observable.ts';
import { snapshotsOf, world } from '../store.ts';
import { preferences, setPreference, view } from '../view.ts';
import type { SnapshotRowKey } from './snapshot-tree.ts';

/** The chosen line of each machine's tree; a machine that is not in it has its current state chosen. */
export const chosenRows = observable<ReadonlyMap<MachineId, SnapshotRowKey>>(new Map());

export function chooseRow(machine: MachineId, key: SnapshotRowKey): void {
  chosenRows.update((now) => new Map(now).set(machine, key));
}

/** Something that can be done in the tree, with a snapshot or, where it is null, with the current state. */
export interface SnapshotCommand {
  label: string;
  icon: Icon;
  /** Second key of Ctrl+Shift+…, after the field's custom (field guide §2.10). */
  key: string;
  whyNot(machine: Machine, snapshot: Snapshot | null): string | null;
  run(machine: Machine, snapshot: Snapshot | null): void;
}

const NEEDS_SNAPSHOT = 'Choose a snapshot first.';
const NO_SNAPSHOTS = 'The machine has no snapshots yet.';

export const SNAPSHOT_COMMANDS = {
  take: {
    label: 'Take',
    icon: IconCameraPlus,
    key: 'T',
    whyNot: (machine) => COMMANDS.takeSnapshot.whyNot(machine),
    run: (machine) => void COMMANDS.takeSnapshot.run(machine),
  },
  restore: {
    label: 'Restore',
    icon: IconHistory,
    key: 'R',
    whyNot: (machine, snapshot) => (snapshot === null ? NEEDS_SNAPSHOT : refusal('restoreSnapshot')(machine)),
    run: ({ id }, snapshot) =>
      snapshot !== null && openDialog({ kind: 'restoreSnapshot', machineId: id, snapshotId: snapshot.id }),
  },
  delete: {
    label: 'Delete',
    icon: IconTrash,
    key: 'D',
    whyNot: (machine, snapshot) => (snapshot === null ? NEEDS_SNAPSHOT : refusal('deleteSnapshot')(machine)),
    run: ({ id }, snapshot) =>
      snapshot !== null && openDialog({ kind: 'deleteSnapshot', machineId: id, snapshotId: snapshot.id }),
  },
  clone: {
    label: 'Clone',
    icon: IconCopy,
    key: 'C',
    whyNot: (machine) => refusal('clone')(machine),
    run: ({ id }, snapshot) => openDialog({ kind: 'clone', machineId: id, snapshotId: snapshot?.id ?? null }),
  },
  properties: {
    label: 'Properties',
    icon: IconInfoCircle,
    key: 'P',
    whyNot: ({ id }) => (snapshotsOf(world.get().snapshots.values(), id).length === 0 ? NO_SNAPSHOTS : null),
    run: () => setPreference('showsSnapshotDetails', !preferences.get().showsSnapshotDetails),
  },
} as const satisfies Record<string, SnapshotCommand>;

export type SnapshotCommandId = keyof typeof SNAPSHOT_COMMANDS;

/** The command of Ctrl+Shift+`key` for the machine that is shown; all but Take only where the tree is on screen. */
export function runSnapshotKey(key: string): boolean {
  const id = (Object.keys(SNAPSHOT_COMMANDS) as SnapshotCommandId[]).find(
    (each) => SNAPSHOT_COMMANDS[each].key === key.toUpperCase(),
  );
  const { machineId, tab } = view.get();
  const machine = machineId === null ? undefined : world.get().machines.get(machineId);
  if (id === undefined || machine === undefined || (tab !== 'snapshots' && id !== 'take')) return false;
  runSnapshotCommand(id, machine, chosenSnapshot(machine.id));
  return true;
}

export function runSnapshotCommand(id: SnapshotCommandId, machine: Machine, snapshot: Snapshot | null): void {
  const command: SnapshotCommand = SNAPSHOT_COMMANDS[id];
  if (command.whyNot(machine, snapshot) === null) command.run(machine, snapshot);
}

function chosenSnapshot(machine: MachineId): Snapshot | null {
  const key = chosenRows.get().get(machine);
  return snapshotsOf(world.get().snapshots.values(), machine).find(({ id }) => id === key) ?? null;
}
