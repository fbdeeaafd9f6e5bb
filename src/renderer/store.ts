import { useMemo } from 'react';
import type { WorldEvent } from '../shared/event-contract.ts';
import type { Machine, MachineId } from '../shared/model/machine.ts';
import type { Medium, MediumId } from '../shared/model/medium.ts';
import type { NetworkId } from '../shared/model/network.ts';
import type { Pool } from '../shared/model/pool.ts';
import type { PoolId } from '../shared/model/resources.ts';
import type { Snapshot, SnapshotId } from '../shared/model/snapshot.ts';
import type { Task, TaskId } from '../shared/model/task.ts';
import type { Network } from '../shared/model/virtual-network.ts';
import { observable, useObservable } from './observable.ts';

/** Everything that the core has told this window, and nothing that the window made up. */
export interface World {
  /** False until the first snapshot has come. */
  isLoaded: boolean;
  machines: ReadonlyMap<MachineId, Machine>;
  media: ReadonlyMap<MediumId, Medium>;
  snapshots: ReadonlyMap<SnapshotId, Snapshot>;
  pools: ReadonlyMap<PoolId, Pool>;
  networks: ReadonlyMap<NetworkId, Network>;
  tasks: ReadonlyMap<TaskId, Task>;
}

export const EMPTY_WORLD: World = {
  isLoaded: false,
  machines: new Map(),
  media: new Map(),
  snapshots: new Map(),
  pools: new Map(),
  networks: new Map(),
  tasks: new Map(),
};

/** The next world. Pure; parts that did not change keep their identity, so that nothing of theirs renders again. */
export function apply(world: World, event: WorldEvent): World {
  switch (event.kind) {
    case 'snapshot':
      return {
        isLoaded: true,
        machines: byId(event.machines),
        media: byId(event.media),
        snapshots: byId(event.snapshots),
        pools: byId(event.pools),
        networks: byId(event.networks),
        tasks: byId(event.tasks),
      };
    case 'machineChanged':
      return { ...world, machines: withItem(world.machines, event.machine) };
    case 'machineRemoved':
      return { ...world, machines: without(world.machines, event.id) };
    case 'mediumChanged':
      return { ...world, media: withItem(world.media, event.medium) };
    case 'mediumRemoved':
      return { ...world, media: without(world.media, event.id) };
    case 'snapshotChanged':
      return { ...world, snapshots: withItem(world.snapshots, event.snapshot) };
    case 'snapshotRemoved':
      return { ...world, snapshots: without(world.snapshots, event.id) };
    case 'poolChanged':
      return { ...world, pools: withItem(world.pools, event.pool) };
    case 'poolRemoved':
      return { ...world, pools: without(world.pools, event.id) };
    case 'networkChanged':
      return { ...world, networks: withItem(world.networks, event.network) };
    case 'networkRemoved':
      return { ...world, networks: without(world.networks, event.id) };
    case 'captureEnded':
      return world; // said once; networks are asked for their captures
    case 'taskChanged':
      return { ...world, tasks: withItem(world.tasks, event.task) };
  }
}

function byId<I, T extends { id: I }>(items: readonly T[]): ReadonlyMap<I, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function withItem<I, T extends { id: I }>(items: ReadonlyMap<I, T>, item: T): ReadonlyMap<I, T> {
  return new Map(items).set(item.id, item);
}

function without<I, T>(items: ReadonlyMap<I, T>, id: I): ReadonlyMap<I, T> {
  const left = new Map(items);
  left.delete(id);
  return left;
}

export const world = observable<World>(EMPTY_WORLD);

export function useMachine(id: MachineId | null): Machine | undefined {
  return useObservable(world, (now) => (id === null ? undefined : now.machines.get(id)));
}

export function useMachines(): ReadonlyMap<MachineId, Machine> {
  return useObservable(world, (now) => now.machines);
}

export function useMedia(): ReadonlyMap<MediumId, Medium> {
  return useObservable(world, (now) => now.media);
}

/** The snapshots of one machine, oldest first. */
export function useSnapshotsOf(id: MachineId): readonly Snapshot[] {
  const all = useObservable(world, (now) => now.snapshots);
  return useMemo(() => snapshotsOf(all.values(), id), [all, id]);
}

export function snapshotsOf(all: Iterable<Snapshot>, id: MachineId): Snapshot[] {
  const own = [...all].filter((snapshot) => snapshot.machineId === id);
  return own.sort((a, b) => a.takenAt.localeCompare(b.takenAt));
}

/** What a snapshot is called; undefined when there is none, or it is not known yet. */
export function useSnapshotName(id: SnapshotId | null): string | undefined {
  return useObservable(world, (now) => (id === null ? undefined : now.snapshots.get(id)?.name));
}

export function useNetworks(): ReadonlyMap<NetworkId, Network> {
  return useObservable(world, (now) => now.networks);
}

export function useTasks(): ReadonlyMap<TaskId, Task> {
  return useObservable(world, (now) => now.tasks);
}
