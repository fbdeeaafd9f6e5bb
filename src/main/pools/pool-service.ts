import { randomUUID } from 'node:crypto';
import type { Issue, Machine, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import {
  type HostBudget,
  type HostReserve,
  type Pool,
  type PoolSettings,
  USUAL_POOL,
} from '../../shared/model/pool.ts';
import { PoolId } from '../../shared/model/resources.ts';
import type { MachineTable } from '../db/machine-table.ts';
import { type PoolTable, poolNotFound } from '../db/pool-table.ts';
import type { SettingTable } from '../db/setting-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { ChangeEvent } from '../events.ts';
import { assertClaims, type ClaimNode, claimIssues, type HostRoom } from '../hypervisor/pool-rules.ts';
import type { MachineService } from '../machines/machine-service.ts';
import type { MachineView } from '../machines/machine-view.ts';
import { HOST_RESERVE, readReserve, roomAfterReserve } from './host-reserve.ts';
import { isOn, machineClaimNode, poolClaimNode } from './machine-claims.ts';

/** Changes of a pool; what is absent or undefined stays. */
export type PoolChange = { [K in keyof PoolSettings]?: PoolSettings[K] | undefined };

/** `ref` is a pool's name or id everywhere; each call throws `POOL_NOT_FOUND` when there is none. */
export interface PoolService {
  /** All pools, siblings by position. */
  list(): Pool[];
  get(ref: string): Pool;
  /** @throws InnError `NAME_IN_USE`, `INVALID_CONFIG` when the claims cannot be kept */
  create(input: PoolChange & { name: string; parent: string | null }): Pool;
  /** @throws InnError as `create` */
  configure(ref: string, change: PoolChange): Pool;
  /** Puts it into another pool (null: the host), at the place among its siblings, or behind them. @throws as `create` */
  move(ref: string, parent: string | null, position?: number): Pool;
  /** Its pools and machines go to the one around it. @throws InnError `INVALID_CONFIG` when that has no room for them */
  remove(ref: string): { id: PoolId };
  /** @throws InnError `MACHINE_NOT_FOUND`, and what `MachineService.configure` throws */
  assign(machine: string, pool: string | null): Promise<Machine>;
  budget(): HostBudget;
  setReserve(change: { [K in keyof HostReserve]?: HostReserve[K] | undefined }): HostBudget;
  /** What would be wrong with a machine's claims, beside those of the machines that are on. */
  claimIssues(config: MachineConfig, id: MachineId | null): Issue[];
}

export interface PoolServiceDeps {
  pools: PoolTable;
  machines: MachineTable;
  settings: SettingTable;
  commit: Commit;
  view: MachineView;
  /** All that the host has. */
  size: () => HostRoom;
  configureMachine: (...change: Parameters<MachineService['configure']>) => Promise<Machine>;
  findMachine: (ref: string) => Machine;
}

type Publish = (event: ChangeEvent) => void;

export function createPoolService(deps: PoolServiceDeps): PoolService {
  return new Pools(deps);
}

class Pools implements PoolService {
  readonly #deps: PoolServiceDeps;

  constructor(deps: PoolServiceDeps) {
    this.#deps = deps;
  }

  list(): Pool[] {
    return this.#deps.pools.list();
  }

  get(ref: string): Pool {
    const { pools } = this.#deps;
    const found = pools.get(ref as PoolId) ?? pools.byName(ref); // an id that is none finds nothing
    if (found) return found;
    throw poolNotFound(ref);
  }

  create({ parent, name, ...change }: PoolChange & { name: string; parent: string | null }): Pool {
    return this.#change((publish) => {
      const parentId = parent === null ? null : this.get(parent).id;
      const position = this.#children(parentId).length;
      const id = PoolId.parse(randomUUID());
      const pool: Pool = { id, parentId, position, name, ...USUAL_POOL, ...withoutUndefined(change) };
      this.#deps.pools.insert(pool);
      publish({ kind: 'poolChanged', pool });
      return pool;
    });
  }

  configure(ref: string, change: PoolChange): Pool {
    return this.#change((publish) => this.#update(this.get(ref).id, withoutUndefined(change), publish));
  }

  move(ref: string, parent: string | null, position?: number): Pool {
    return this.#change((publish) => {
      const { id, parentId: from } = this.get(ref);
      const parentId = parent === null ? null : this.get(parent).id;
      const siblings = this.#children(parentId).filter((pool) => pool.id !== id);
      siblings.splice(
        position ?? siblings.length,
        0,
        this.#update(id, { parentId }, () => undefined),
      );
      this.#renumber(siblings, publish, id);
      if (from !== parentId) this.#renumber(this.#children(from), publish);
      return this.get(id);
    });
  }

  remove(ref: string): { id: PoolId } {
    return this.#change((publish) => {
      const { id, parentId } = this.get(ref);
      for (const child of this.#children(id)) this.#update(child.id, { parentId }, publish);
      this.#releaseMachines(id, parentId, publish);
      this.#deps.pools.delete(id);
      publish({ kind: 'poolRemoved', id });
      this.#renumber(this.#children(parentId), publish);
      return { id };
    });
  }

  async assign(machine: string, pool: string | null): Promise<Machine> {
    const { id, revision, config } = this.#deps.findMachine(machine);
    const poolId = pool === null ? null : this.get(pool).id;
    return this.#deps.configureMachine(id, revision, { ...config, resources: { ...config.resources, poolId } });
  }

  budget(): HostBudget {
    const nodes = this.#nodes().filter(({ parentId }) => parentId === null);
    const on = this.#deps.machines.list().filter(isOn);
    return {
      reserve: readReserve(this.#deps.settings),
      ...this.#room(),
      promisedProcessors: sum(on, ({ config }) => config.processors.count),
      promisedMemoryMiB: sum(on, ({ config }) => config.memoryMiB),
      reservedProcessors: sum(nodes, ({ processor }) => processor.reservation),
      reservedMemoryMiB: sum(nodes, ({ memory }) => memory.reservation),
    };
  }

  setReserve(change: { [K in keyof HostReserve]?: HostReserve[K] | undefined }): HostBudget {
    this.#change(() => {
      const { settings } = this.#deps;
      settings.set(HOST_RESERVE, { ...readReserve(settings), ...withoutUndefined(change) });
    });
    return this.budget();
  }

  claimIssues(config: MachineConfig, id: MachineId | null): Issue[] {
    const own = id ?? 'new';
    const { poolId } = config.resources;
    if (poolId !== null && !this.#deps.pools.get(poolId)) {
      return [{ severity: 'error', field: 'resources.poolId', message: `There is no pool with the id '${poolId}'.` }];
    }
    const others = this.#nodes().filter((node) => node.id !== own);
    const old = new Set(claimIssues(others, this.#room()).map(({ field }) => field));
    return claimIssues([...others, machineClaimNode(own, config)], this.#room())
      .filter(({ field }) => !old.has(field))
      .map((issue) => ({ ...issue, field: issue.field.replace(/^[^.]+/, 'resources') }));
  }

  /** One transaction, at the end of which nothing is wrong with the claims that was not wrong before. */
  #change<T>(work: (publish: Publish) => T): T {
    return this.#deps.commit((publish) => {
      const before = claimIssues(this.#nodes(), this.#room());
      const result = work(publish);
      assertClaims(claimIssues(this.#nodes(), this.#room()), before);
      return result;
    });
  }

  #update(id: PoolId, patch: Partial<Omit<Pool, 'id'>>, publish: Publish): Pool {
    const pool = this.#deps.pools.update(id, patch);
    publish({ kind: 'poolChanged', pool });
    return pool;
  }

  /** Gives siblings the positions of their order, and tells those that changed, and `moved` in any case. */
  #renumber(siblings: readonly Pool[], publish: Publish, moved?: PoolId): void {
    siblings.forEach((pool, position) => {
      if (pool.position !== position || pool.id === moved) this.#update(pool.id, { position }, publish);
    });
  }

  /** Also machines at rest: a pool that is gone is never looked for. */
  #releaseMachines(from: PoolId, to: PoolId | null, publish: Publish): void {
    const { machines, view } = this.#deps;
    for (const { id, config, revision, isDamaged } of machines.list()) {
      if (config.resources.poolId !== from || isDamaged) continue;
      const resources = { ...config.resources, poolId: to };
      const after = machines.update(id, { config: { ...config, resources }, revision: revision + 1 });
      publish({ kind: 'machineChanged', machine: view(after) });
    }
  }

  #children(parentId: PoolId | null): Pool[] {
    return this.list().filter((pool) => pool.parentId === parentId);
  }

  #nodes(): ClaimNode[] {
    const on = this.#deps.machines.list().filter(isOn);
    return [...this.list().map(poolClaimNode), ...on.map(({ id, config }) => machineClaimNode(id, config))];
  }

  #room(): HostRoom {
    return roomAfterReserve(this.#deps.size(), readReserve(this.#deps.settings));
  }
}

/** Only what was given: an absent field stays as it was. */
function withoutUndefined<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
