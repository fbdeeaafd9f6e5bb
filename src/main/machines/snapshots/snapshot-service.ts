import { readFile } from 'node:fs/promises';
import type { Machine } from '../../../shared/model/machine.ts';
import type { CloneKind, Snapshot, SnapshotCost } from '../../../shared/model/snapshot.ts';
import type { MachineTable } from '../../db/machine-table.ts';
import type { SnapshotTable } from '../../db/snapshot-table.ts';
import type { Commit } from '../../db/unit-of-work.ts';
import { findMachine } from '../find-machine.ts';
import type { MachineRecord } from '../machine-record.ts';
import type { MachineRunner } from '../machine-runner.ts';
import type { MachineView } from '../machine-view.ts';
import { findSnapshot } from './find-snapshot.ts';
import { type SnapshotRecord, toSnapshot } from './snapshot-record.ts';

export interface SnapshotServiceDeps {
  table: MachineTable;
  snapshots: SnapshotTable;
  runner: Pick<MachineRunner, 'takeSnapshot' | 'restoreSnapshot' | 'deleteSnapshot' | 'costOf' | 'clone'>;
  commit: Commit;
  view: MachineView;
  /** Absolute path of a file in a machine's folder. */
  inMachine: (machine: MachineRecord, file: string) => string;
}

export interface TakeOptions {
  /** By default `Snapshot 1`, or the next number that is free. */
  name?: string | undefined;
  description: string;
  withMemory: boolean;
}

/** Snapshots and clones of machines. `ref` is a machine's name or id, `snapshot` a snapshot's. */
export type SnapshotService = ReturnType<typeof createSnapshotService>;

export function createSnapshotService(deps: SnapshotServiceDeps) {
  const { table, snapshots, runner, commit, view } = deps;
  const machineOf = (ref: string) => findMachine(table, ref);
  const ofMachine = ({ id }: MachineRecord) => snapshots.ofMachine(id);
  const find = (machine: MachineRecord, snapshot: string) => findSnapshot(ofMachine(machine), snapshot);
  return {
    /** The snapshots of all machines. */
    known: (): Snapshot[] => snapshots.list().map(toSnapshot),
    list: (ref: string): Snapshot[] => ofMachine(machineOf(ref)).map(toSnapshot),
    async take(ref: string, { name, description, withMemory }: TakeOptions): Promise<Snapshot> {
      const machine = machineOf(ref);
      const draft = { name: name?.trim() ?? freeName(ofMachine(machine)), description, withMemory };
      return toSnapshot(await runner.takeSnapshot(machine.id, draft));
    },
    async restore(
      ref: string,
      snapshot: string,
      { takesCurrentFirst }: { takesCurrentFirst: boolean },
    ): Promise<Machine> {
      const machine = machineOf(ref);
      const wanted = find(machine, snapshot);
      const before = { name: `Before restoring '${wanted.name}'`.slice(0, 100), description: '', withMemory: false };
      return view(await runner.restoreSnapshot(machine.id, wanted.id, takesCurrentFirst ? before : undefined));
    },
    async remove(ref: string, snapshot: string): Promise<void> {
      const machine = machineOf(ref);
      await runner.deleteSnapshot(machine.id, find(machine, snapshot).id);
    },
    describe(
      ref: string,
      snapshot: string,
      change: { name?: string | undefined; description?: string | undefined },
    ): Snapshot {
      const before = find(machineOf(ref), snapshot);
      const after = {
        ...before,
        name: change.name ?? before.name,
        description: change.description ?? before.description,
      };
      return commit((publish) => {
        snapshots.update(before.id, { name: after.name, description: after.description });
        publish({ kind: 'snapshotChanged', snapshot: toSnapshot(after) });
        return toSnapshot(after);
      });
    },
    async cost(ref: string, snapshot: string): Promise<SnapshotCost> {
      const machine = machineOf(ref);
      return runner.costOf(machine.id, find(machine, snapshot).id);
    },
    /** Null when there is no picture, or it cannot be read any more. */
    async thumbnail(ref: string, snapshot: string): Promise<{ pngBase64: string | null }> {
      const machine = machineOf(ref);
      const { thumbnailFile } = find(machine, snapshot);
      if (thumbnailFile === null) return { pngBase64: null };
      const png = await readFile(deps.inMachine(machine, thumbnailFile)).catch(() => undefined);
      return { pngBase64: png?.toString('base64') ?? null };
    },
    async clone(
      ref: string,
      options: { name: string; kind: CloneKind; snapshot?: string | undefined },
    ): Promise<Machine> {
      const machine = machineOf(ref);
      const { name, kind, snapshot } = options;
      const source = snapshot === undefined ? undefined : find(machine, snapshot);
      return view(await runner.clone(machine.id, { name, kind, snapshot: source }));
    },
  };
}

function freeName(snapshots: readonly SnapshotRecord[]): string {
  const names = new Set(snapshots.map(({ name }) => name));
  for (let number = snapshots.length + 1; ; number += 1) {
    if (!names.has(`Snapshot ${number}`)) return `Snapshot ${number}`;
  }
}
