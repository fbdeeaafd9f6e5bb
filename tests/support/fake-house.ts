import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createGatekeeper } from '../../src/main/admission/gatekeeper.ts';
import { openDatabase } from '../../src/main/db/database.ts';
import { createMachineTable } from '../../src/main/db/machine-table.ts';
import { createMediumTable } from '../../src/main/db/medium-table.ts';
import { createOperationTable } from '../../src/main/db/operation-table.ts';
import { createSnapshotTable } from '../../src/main/db/snapshot-table.ts';
import { createCommit } from '../../src/main/db/unit-of-work.ts';
import { judgeConfig } from '../../src/main/engines/engine-verdict.ts';
import { FakeEngine, type FakeWorld } from '../../src/main/engines/fake/engine.ts';
import type { FakeMachine } from '../../src/main/engines/fake/fake-machine.ts';
import { readExit } from '../../src/main/engines/session-exit.ts';
import { createEvents } from '../../src/main/events.ts';
import { createLog } from '../../src/main/log.ts';
import type { MachineRecord } from '../../src/main/machines/machine-record.ts';
import { MachineRunner } from '../../src/main/machines/machine-runner.ts';
import { createMachineView } from '../../src/main/machines/machine-view.ts';
import type { RunnerDeps } from '../../src/main/machines/runner-context.ts';
import { createMediumService } from '../../src/main/media/known-media.ts';
import { makePaths, prepareFolders } from '../../src/main/paths.ts';
import { createTasks } from '../../src/main/tasks/task-service.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import type { MachineConfig, MachineId } from '../../src/shared/model/machine.ts';
import { GIB } from '../../src/shared/units.ts';
import { makeTestConfig, makeTestRecord } from './machine-records.ts';
import { makeTempFolder } from './temp-folder.ts';

export type House = ReturnType<typeof openHouse>;

interface HouseOptions extends Partial<RunnerDeps> {
  /** What the host could give; by default plenty. */
  memoryAvailableBytes?: () => Promise<number>;
}

/** The runner with real parts around it and fake machines below it, in a folder that goes with the test. */
export function openHouse({ memoryAvailableBytes = async () => 64 * GIB, ...overrides }: HouseOptions = {}) {
  const folder = makeTempFolder();
  const paths = makePaths({ INNKEEPER_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: join(folder, 'run') });
  prepareFolders(paths);
  const db = openDatabase(':memory:');
  const events = createEvents();
  const commit = createCommit(db, events);
  const table = createMachineTable(db);
  const now = () => new Date();
  const snapshots = createSnapshotTable(db);
  const journal = createOperationTable(db);
  const media = createMediumService({ table: createMediumTable(db), commit, now });
  const tasks = createTasks({ events, now });
  const world: FakeWorld = new Map();
  const engine = new FakeEngine(world);
  let info: Awaited<ReturnType<FakeEngine['probe']>>;
  const probed = engine.probe().then((found) => {
    info = found;
    return [found];
  });
  const checkEngine: RunnerDeps['checkEngine'] = (config) =>
    judgeConfig(config, [{ info, issues: engine.check(config) }]);
  const deps: RunnerDeps = {
    table,
    commit,
    view: createMachineView({ machineFolder: paths.machineFolder, checkEngine }),
    media,
    snapshots,
    journal,
    tasks,
    engines: [engine],
    probe: () => probed,
    checkEngine,
    judge: createGatekeeper({
      host: async () => ({
        ...{ totalBytes: 64 * GIB, availableBytes: await memoryAvailableBytes(), reserveBytes: 0, processors: 8 },
      }),
      poolsOf: () => [],
      memoryOvercommitOf: () => 1,
      engines: () => [info],
      typicalBytes: () => null,
      lastUsedAt: ({ stateSince }) => stateSince,
      storage: async () => null,
    }),
    readExit: ({ runtimeFolder }) => readExit(runtimeFolder),
    endLeftover: async () => undefined,
    bootedAt: () => new Date(0),
    paths,
    log: createLog(paths, 'silent'),
    now,
    ...overrides,
  };
  const runner = new MachineRunner(deps);
  onTestFinished(async () => {
    await runner.close();
    events.close();
    db.close();
  });

  const get = (id: MachineId): MachineRecord => table.get(id) ?? fail(`no machine ${id}`);
  return {
    ...{ paths, table, snapshots, journal, media, tasks, world, engine, runner, events, deps, get },
    /** Puts a machine into the table, at rest unless `record` says otherwise. */
    add(config: Partial<MachineConfig> = {}, record: Partial<MachineRecord> = {}): MachineId {
      const name = config.name ?? `machine ${table.list().length + 1}`;
      const added = makeTestRecord({ config: makeTestConfig({ engine: 'fake', ...config, name }), ...record });
      table.insert(added);
      mkdirSync(paths.machineFolder(added.id), { recursive: true });
      return added.id;
    },
    /** The fake process behind a machine. */
    process(id: MachineId): FakeMachine {
      const found = [...world.values()].find((machine) => machine.spec.machineId === id);
      return found ?? fail(`no process of ${id}`);
    },
    /** `Running booted`, as short as a test likes it. */
    state(id: MachineId): string {
      const { state, reason } = get(id);
      return `${state} ${reason}`;
    },
    /** Resolves when the machine is in the state, at once when it is already. */
    async reaches(id: MachineId, ...states: MachineState[]): Promise<MachineRecord> {
      return this.becomes(id, (record) => states.includes(record.state));
    },
    async becomes(id: MachineId, isSo: (record: MachineRecord) => boolean): Promise<MachineRecord> {
      for await (const _ of events.watch()) if (isSo(get(id))) return get(id);
      return fail('the events ended');
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}
