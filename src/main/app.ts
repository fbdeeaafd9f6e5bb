import os from 'node:os';
import { join } from 'node:path';
import { MIB } from '../shared/units.ts';
import { createAdmissionService } from './admission/admission-service.ts';
import { createGatekeeper } from './admission/gatekeeper.ts';
import { hostBudget } from './admission/host-budget.ts';
import { createMemoryCeilings } from './admission/memory-ceilings.ts';
import { memoryOvercommitOf, poolBudgets } from './admission/pool-budgets.ts';
import { createStorageRoom } from './admission/storage-room.ts';
import { typicalBytes } from './admission/typical-use.ts';
import { openUsage } from './compose-usage.ts';
import { createCaptureTable } from './db/capture-table.ts';
import { type Database, openDatabase } from './db/database.ts';
import { createMachineTable } from './db/machine-table.ts';
import { createMediumTable } from './db/medium-table.ts';
import { createNetworkTable } from './db/network-table.ts';
import { createOperationTable } from './db/operation-table.ts';
import { createPoolTable } from './db/pool-table.ts';
import { createSettingTable } from './db/setting-table.ts';
import { createSnapshotTable } from './db/snapshot-table.ts';
import { createCommit } from './db/unit-of-work.ts';
import { EmbeddedEngine } from './engines/embedded/engine.ts';
import type { Engine } from './engines/engine.ts';
import { judgeConfig } from './engines/engine-verdict.ts';
import { FakeEngine } from './engines/fake/engine.ts';
import { QemuEngine } from './engines/qemu/engine.ts';
import { readExit } from './engines/session-exit.ts';
import { createEvents } from './events.ts';
import { createGroupService } from './groups/group-service.ts';
import { createHostService, type HostService } from './host/host-service.ts';
import { type CapacityReader, createCapacityReader } from './hypervisor/host-capacity.ts';
import { type Idleness, openIdleness } from './idle/open-idle.ts';
import { createLog, type Log } from './log.ts';
import type { DriveSlot } from './machines/drive-slot.ts';
import { createGuestService } from './machines/guest-service.ts';
import { imageFolders } from './machines/image-folders.ts';
import { sweepLeftovers } from './machines/machine-folder.ts';
import { MachineRunner } from './machines/machine-runner.ts';
import { createMachineService, type MachineService } from './machines/machine-service.ts';
import { type CheckEngine, createMachineView } from './machines/machine-view.ts';
import { createSnapshotService } from './machines/snapshots/snapshot-service.ts';
import { createMediumService } from './media/known-media.ts';
import { createMediumManager } from './media/medium-manager.ts';
import { sweepAsides } from './media/sweep-asides.ts';
import { CaptureRecord } from './networks/captures/capture-record.ts';
import { LiveNetworks } from './networks/live-networks.ts';
import { networkIssues } from './networks/machine-ports.ts';
import { createNetworkService, ensureBuiltInNetworks } from './networks/network-service.ts';
import { createPortPlaces } from './networks/port-places.ts';
import { createUplinkFinder } from './networks/uplinks/uplink-finder.ts';
import { makePaths, type Paths, prepareFolders } from './paths.ts';
import { readReserve } from './pools/host-reserve.ts';
import { openAllocation } from './pools/open-allocation.ts';
import { createPoolService, type PoolService } from './pools/pool-service.ts';
import { mayRaisePriority } from './priority-permission.ts';
import { endLeftover } from './processes/leftover.ts';
import { createTasks } from './tasks/task-service.ts';
import type { Sampler } from './usage/sampler.ts';

export interface AppOptions {
  /** Names the data folder (`INNKEEPER_HOME`) and everything else that `makePaths` reads. */
  env: NodeJS.ProcessEnv;
  /** Instead of the engines that ship with the program. */
  engines?: readonly Engine[];
  log?: Log;
  /** Instead of what the host measurably has. */
  capacity?: CapacityReader;
  /** False: adapters are connected to nothing, for tests that need no networks. */
  hasNetworks?: boolean;
  /** Called at each step of work that must survive being cut off there; for tests. */
  atStep?: (step: string) => void;
}

/** The core: every service, and no way in. */
export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Opens the data folder, takes back the machines that run, and puts the services together. The only place that knows
 * everyone. Machines outlive the core: `close` lets them run.
 * @throws InnError `CORE_RUNNING`, `DATABASE_TOO_NEW`, `FILE_NOT_ACCESSIBLE`, `DISK_FULL`; nothing stays open then
 */
export async function createApp(options: AppOptions) {
  const paths = makePaths(options.env);
  prepareFolders(paths);
  const log = options.log ?? createLog(paths);
  const engines = options.engines ?? shippedEngines(paths, options.env);
  const db = openDatabase(paths.database);
  try {
    return await assemble(paths, log, engines, db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The fake engine is for tests and demonstrations: who wants it says so. */
function shippedEngines(paths: Paths, env: NodeJS.ProcessEnv): Engine[] {
  const qemu = new QemuEngine({ env, cacheFolder: paths.cache });
  const embedded = new EmbeddedEngine({ resourcesFolder: paths.resources });
  return env.INNKEEPER_FAKE_ENGINE === '1' ? [qemu, embedded, new FakeEngine()] : [qemu, embedded];
}

async function assemble(
  paths: Paths,
  log: Log,
  engines: readonly Engine[],
  db: Database,
  options: Pick<AppOptions, 'atStep' | 'capacity' | 'hasNetworks'>,
) {
  const now = () => new Date();
  const events = createEvents();
  const commit = createCommit(db, events);
  const table = createMachineTable(db);
  await sweepLeftovers(paths.machines, (id) => table.list().some((machine) => machine.id === id));
  const snapshotTable = createSnapshotTable(db);
  const journal = createOperationTable(db);
  const media = createMediumService({ table: createMediumTable(db), commit, now });
  const tasks = createTasks({ events, now });
  const capacity = options.capacity ?? createCapacityReader({ dataFolder: paths.data });
  const host = createHostService({ dataFolder: paths.data, capacity, engines });
  const size = await capacity.read();
  await host.doctor();
  const checkEngine = makeCheckEngine(engines, host);
  const view = createMachineView({ machineFolder: paths.machineFolder, checkEngine });

  const poolTable = createPoolTable(db);
  const settings = createSettingTable(db);
  /** What admission knows of machines' use, once somebody watches them. */
  let observed: { usage: Pick<Sampler, 'recent'>; idleness: Idleness } | undefined;
  const judge = createGatekeeper({
    host: async () => hostBudget(await capacity.read(), readReserve(settings)),
    poolsOf: (id, hostSize) => poolBudgets(poolTable.list(), id, hostSize),
    memoryOvercommitOf: (id) => memoryOvercommitOf(poolTable.list(), id),
    engines: () => host.knownEngines(),
    typicalBytes: (id) => typicalBytes(observed?.usage.recent() ?? [], id),
    lastUsedAt: ({ id, stateSince }) => observed?.idleness.lastUsedAt(id) ?? stateSince,
    storage: createStorageRoom({ media, machineFolder: paths.machineFolder }),
  });
  const networkTable = createNetworkTable(db);
  ensureBuiltInNetworks(networkTable, commit);
  const captures = new CaptureRecord({ table: createCaptureTable(db), commit, log, now });
  const uplinks = createUplinkFinder(() => host.knownEngines().find(({ id }) => id === 'qemu'));
  const liveNetworks = new LiveNetworks({
    ...{ table: networkTable, captures, log, isOn: options.hasNetworks ?? true },
    machines: () => table.list(),
    runtimeFolderOf: paths.machineRuntimeFolder,
    networkFolderOf: paths.networkRuntimeFolder,
    logFileOf: paths.networkLog,
    wake: async (id) => idleness.wake(id),
    assertPossible: uplinks.assertPossible,
  });
  const runner = new MachineRunner({
    ...{ table, commit, view, media, tasks, engines, checkEngine, paths, log, now, endLeftover },
    ...{ snapshots: snapshotTable, journal, networks: liveNetworks },
    ...(options.atStep ? { atStep: options.atStep } : {}),
    probe: () => host.doctor(),
    judge,
    readExit: ({ runtimeFolder }) => readExit(runtimeFolder),
    bootedAt: () => new Date(Date.now() - os.uptime() * 1000),
  });
  const machines = createMachineService({
    ...{ table, media, snapshots: snapshotTable, commit, view, paths, checkEngine, now },
    host: () => ({
      memoryMiB: size.memoryTotalBytes / MIB,
      processors: size.processors,
      mayRaisePriority: mayRaisePriority(),
    }),
    diskFormatsOf: (id) => host.knownEngines().find((engine) => engine.id === id)?.capabilities.formats ?? [],
    applyLive: (before, after) => runner.applyLive(before, after),
    canPlug: ({ runtime }) =>
      host.knownEngines().find(({ id }) => id === runtime?.engine)?.capabilities.hotplug.isAvailable ?? false,
    claimIssues: (config, id) => [...pools.claimIssues(config, id), ...networkIssues(config, networkTable.list())],
  });
  const pools: PoolService = createPoolService({
    ...{ pools: poolTable, machines: table, settings, commit, view },
    size: () => ({ processors: size.processors, memoryMiB: size.memoryTotalBytes / MIB }),
    configureMachine: (...change) => machines.configure(...change),
    findMachine: (ref) => machines.get(ref),
  });
  const networks = createNetworkService({
    ...{ table: networkTable, commit, live: liveNetworks, captures, uplinks, events, log },
    captureFolder: join(paths.data, 'captures'),
    machines: {
      list: () => machines.list(),
      get: (ref) => machines.get(ref),
      find: (id) => machines.list().find((machine) => machine.id === id),
    },
  });
  const mediumManager = createMediumManager({ media, machines, tasks, commit, paths });
  const snapshots = createSnapshotService({
    ...{ table, snapshots: snapshotTable, runner, commit, view },
    inMachine: ({ id }, file) => join(paths.machineFolder(id), file),
  });
  await sweepAsides([paths.disks, ...table.list().flatMap(({ id }) => imageFolders(paths, id))]);
  liveNetworks.expect();
  await runner.open();
  await liveNetworks.settle();
  const usage = await openUsage({
    ...{ db, table, settings, machines, runner, tasks, capacity, paths, log },
    ...{ pools: poolTable, snapshots: snapshotTable },
  });
  const ceilings = createMemoryCeilings({
    setMemoryTarget: (id, memoryMiB) => runner.setMemoryTarget(id, memoryMiB),
    fullMemoryMiB: (id) => table.get(id)?.config.memoryMiB,
  });
  const admission = createAdmissionService({ machines, runner, ceilings, settings, tasks, events, log });
  admission.open();
  const allocation = openAllocation(
    {
      ...{ machines: table, pools: poolTable, settings, log },
      liveOf: (id) => runner.live(id),
      ceilingOf: (id) => ceilings.of(id),
    },
    { usage, room: () => pools.budget() },
  );
  const idleness = openIdleness({
    ...{ machines, runner, admission, ceilings, usage, events, log, now },
    pools: () => poolTable.list(),
    engines: () => host.knownEngines(),
  });
  observed = { usage, idleness };

  return {
    paths,
    /** What the user should know about the start. */
    notices: db.notice === null ? [] : [db.notice],
    services: {
      machines,
      runner: withMedia(runner, machines),
      admission,
      groups: createGroupService({
        machines,
        runner,
        tasks,
        events,
        placeOf: createPortPlaces(networks, liveNetworks),
      }),
      guest: createGuestService({ machines, runner }),
      snapshots,
      media,
      mediumManager,
      pools,
      networks,
      allocation,
      tasks,
      host,
      usage,
      events,
      engines,
    },
    /** Whoever knocks at a sleeping machine, such as a network, wakes it here. */
    idleness,
    /** Lets go of everything when the actions under way have ended; machines run on. */
    async close(): Promise<void> {
      await usage.close();
      await allocation.close();
      idleness.close();
      await admission.close();
      await runner.close();
      await liveNetworks.close();
      events.close();
      db.close();
    },
  };
}

/** By the latest probes: quick, as every machine of a list is judged. */
function makeCheckEngine(engines: readonly Engine[], host: HostService): CheckEngine {
  return (config) =>
    judgeConfig(
      config,
      host.knownEngines().flatMap((info) => {
        const engine = engines.find(({ id }) => id === info.id);
        return engine ? [{ info, issues: engine.check(config) }] : [];
      }),
    );
}

/** A disc that changes in a running machine changes its settings, too: the service does both. */
function withMedia(runner: MachineRunner, machines: MachineService) {
  return Object.assign(runner, {
    changeMedium: (...[id, slot, mediumId]: [string, DriveSlot, Parameters<MachineService['changeMedium']>[2]]) =>
      machines.changeMedium(id, slot, mediumId),
  });
}
