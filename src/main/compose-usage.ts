import { setTimeout as delay } from 'node:timers/promises';
import type { MachineId } from '../shared/model/machine.ts';
import type { Database } from './db/database.ts';
import type { MachineTable } from './db/machine-table.ts';
import type { PoolTable } from './db/pool-table.ts';
import type { SettingTable } from './db/setting-table.ts';
import type { SnapshotTable } from './db/snapshot-table.ts';
import { createUsageTable } from './db/usage-table.ts';
import { readFinalReport } from './engines/session-exit.ts';
import type { CapacityReader } from './hypervisor/host-capacity.ts';
import type { Log } from './log.ts';
import type { MachineRunner } from './machines/machine-runner.ts';
import { sessionName } from './machines/machine-samples.ts';
import type { MachineService } from './machines/machine-service.ts';
import type { Paths } from './paths.ts';
import type { TaskService } from './tasks/task-service.ts';
import { allocatedBytes } from './usage/folder-size.ts';
import { readHostCounters } from './usage/host-counters.ts';
import { createUsageService, type UsageService } from './usage/usage-service.ts';

export interface UsageParts {
  db: Database;
  table: MachineTable;
  pools: Pick<PoolTable, 'list'>;
  snapshots: SnapshotTable;
  settings: SettingTable;
  machines: Pick<MachineService, 'list'>;
  runner: Pick<MachineRunner, 'sample' | 'saveState'>;
  tasks: Pick<TaskService, 'run'>;
  capacity: CapacityReader;
  paths: Pick<Paths, 'machineFolder'>;
  log: Pick<Log, 'warn'>;
}

/** Puts the usage service together, and brings its books in order: call it when machines were taken back, and none started. */
export async function openUsage(parts: UsageParts): Promise<UsageService> {
  const { db, table, pools, settings, machines, runner, tasks, capacity, paths, log } = parts;
  const usage = createUsageService({
    table: createUsageTable(db),
    settings,
    machines: () =>
      table.list().map(({ id, config, runtime }) => ({
        ...{ id, name: config.name, poolId: config.resources.poolId ?? '' },
        session: runtime && sessionName(runtime),
      })),
    pools: () => pools.list(),
    advice: { machines: () => machines.list(), snapshotsOf: (id) => parts.snapshots.ofMachine(id).length },
    counters: () => readHostCounters(),
    capacity: () => capacity.read(),
    readings: () => runner.sample(),
    measureFolder: (id) => allocatedBytes(paths.machineFolder(id)),
    readFinalReport,
    notify: (message, machineId) => void tell(tasks, message, machineId),
    saveState: (id, why) => saveForBudget(parts, id, why),
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    onError: (error) => log.warn({ error: String(error) }, 'A usage sample failed'),
  });
  await usage.open();
  usage.start();
  return usage;
}

/** A notice is a task that is done as soon as it begins: it shows where tasks do, and stays in their list. */
async function tell(tasks: UsageParts['tasks'], message: string, machineId: MachineId | null): Promise<void> {
  await tasks.run({ title: message, machineId, canCancel: false }, () => delay(0));
}

async function saveForBudget({ tasks, runner, table, log }: UsageParts, id: MachineId, why: string): Promise<void> {
  const name = table.get(id)?.config.name ?? id;
  const title = `Saving the state of '${name}', as ${why}`;
  await tasks
    .run({ title, machineId: id, canCancel: false }, () => runner.saveState(id))
    .catch((error) => log.warn({ machine: id, error: String(error) }, title)); // the task tells the user
}
