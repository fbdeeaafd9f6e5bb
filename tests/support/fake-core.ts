import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connectInProcess } from '../../src/main/api/client.ts';
import type { InnClient } from '../../src/main/api/client-link.ts';
import { createApi } from '../../src/main/api/serve-core.ts';
import { type App, type AppOptions, createApp } from '../../src/main/app.ts';
import { FakeEngine, type FakeWorld } from '../../src/main/engines/fake/engine.ts';
import type { FakeMachine } from '../../src/main/engines/fake/fake-machine.ts';
import type { HostCapacity } from '../../src/main/hypervisor/host-capacity.ts';
import { createLog } from '../../src/main/log.ts';
import { makePaths } from '../../src/main/paths.ts';
import type { MachineState } from '../../src/shared/machine-state.ts';
import type { Machine, MachineConfig } from '../../src/shared/model/machine.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { makeTempFolder } from './temp-folder.ts';

interface FakeCoreOptions extends Omit<AppOptions, 'env' | 'engines'> {
  /** That of an earlier core, which has been closed. */
  folder?: string;
  /** The machines that survived the earlier core. */
  world?: FakeWorld;
}

export interface FakeCore {
  app: App;
  client: InnClient;
  engine: FakeEngine;
  world: FakeWorld;
  folder: string;
  /** Change it at will: the next look at the host finds it so. */
  host: { totalMiB: number; freeMiB: number };
  close(): Promise<void>;
  add(name: string, change?: Partial<MachineConfig>): Promise<Machine>;
  /** The fake process behind a machine. */
  process(name: string): FakeMachine;
  reaches(machine: string, ...states: MachineState[]): Promise<Machine>;
  state(machine: string): Promise<MachineState>;
}

/**
 * A whole core with fake machines, on a host that a test measures out: what its machines hold is taken from what it has
 * available, as on a real one.
 */
export async function openFakeCore({
  folder = makeTempFolder(),
  world = new Map(),
  ...options
}: FakeCoreOptions = {}): Promise<FakeCore> {
  const env = { INNKEEPER_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: join(folder, 'run') };
  const log = createLog(makePaths(env), 'silent');
  const host = { totalMiB: 8192, freeMiB: 4096 };
  // What each fake process holds; a sample would count as work of it.
  const heldBytes = () => [...world.values()].filter(({ isGone }) => !isGone).length * 64 * MIB;
  const capacity = {
    read: async (): Promise<HostCapacity> => ({
      processors: 4,
      memoryTotalBytes: host.totalMiB * MIB,
      memoryAvailableBytes: Math.max(0, host.freeMiB * MIB - heldBytes()),
      storageTotalBytes: 100 * GIB,
      storageFreeBytes: 50 * GIB,
    }),
  };
  const engine = new FakeEngine(world);
  const app = await createApp({ env, log, capacity, hasNetworks: false, ...options, engines: [engine] });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await app.close();
    isClosed = true;
  };
  onTestFinished(close);
  const { client }: { client: InnClient } = connectInProcess(createApi(app, '0.0.0', log));

  return {
    ...{ app, client, engine, world, folder, host, close },
    async add(name, change = {}) {
      const made = await client.machine.create({ name, engine: 'fake', diskSizeBytes: null });
      const config = { ...made.config, ...change };
      return client.machine.configure({ machine: made.id, revision: made.revision, config });
    },
    process(name) {
      const found = [...world.values()].find((machine) => machine.spec.config.name === name && !machine.isGone);
      if (found) return found;
      throw new Error(`'${name}' has no process`);
    },
    reaches: (machine, ...states) => client.events.waitFor({ machine, states, timeoutMs: 20_000 }),
    state: async (machine) => (await client.machine.get({ machine })).state,
  };
}
