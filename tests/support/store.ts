import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../src/main/db/database.ts';
import { createMachineTable } from '../../src/main/db/machine-table.ts';
import { createMediumTable } from '../../src/main/db/medium-table.ts';
import { createSnapshotTable } from '../../src/main/db/snapshot-table.ts';
import { createCommit } from '../../src/main/db/unit-of-work.ts';
import type { ChangeEvent } from '../../src/main/events.ts';
import { createMachineService, type MachineServiceDeps } from '../../src/main/machines/machine-service.ts';
import { createMachineView } from '../../src/main/machines/machine-view.ts';
import { createMediumService } from '../../src/main/media/known-media.ts';
import { createMediumManager } from '../../src/main/media/medium-manager.ts';
import { createTasks } from '../../src/main/tasks/task-service.ts';
import { makeTempFolder } from './temp-folder.ts';

export type Store = ReturnType<typeof openStore>;

/** Store and services on a database in a fresh folder, with the real parts put together as the program does. */
export function openStore(overrides: Partial<MachineServiceDeps> = {}, folder = makeTempFolder()) {
  const machinesFolder = join(folder, 'machines');
  mkdirSync(machinesFolder, { recursive: true });
  const db = openDatabase(join(folder, 'innkeeper.db'));
  onTestFinished(() => db.close());
  const published: ChangeEvent[] = [];
  const commit = createCommit(db, { publish: (event) => published.push(event) });
  const table = createMachineTable(db);
  const mediumTable = createMediumTable(db);
  const snapshots = createSnapshotTable(db);
  const now = () => new Date('2026-03-01T12:00:00Z');
  const media = createMediumService({ table: mediumTable, commit, now });
  const paths = {
    machines: machinesFolder,
    machineFolder: (id: string) => join(machinesFolder, id),
    machineRuntimeFolder: (id: string) => join(folder, 'run', id),
  };
  const checkEngine =
    overrides.checkEngine ?? (() => ({ issues: [], engine: 'fake' as const, engineReason: 'A test.' }));
  const view = createMachineView({ machineFolder: paths.machineFolder, checkEngine });
  const host = () => ({ memoryMiB: 8192, processors: 4 });
  const applyLive = async () => undefined;
  const deps: MachineServiceDeps = {
    table,
    media,
    snapshots,
    commit,
    view,
    paths,
    host,
    checkEngine,
    applyLive,
    diskFormatsOf: () => ['raw', 'qcow2'],
    now,
    ...overrides,
  };
  const machines = createMachineService(deps);
  const tasks = createTasks({ events: { publish: (event) => published.push(event) }, now });
  const disks = join(folder, 'own-disks');
  const mediumManager = createMediumManager({
    ...{ media, machines, tasks, commit },
    paths: { machines: machinesFolder, disks },
  });
  return {
    folder,
    machinesFolder,
    db,
    table,
    mediumTable,
    media,
    machines,
    commit,
    published,
    deps,
    tasks,
    mediumManager,
  };
}
