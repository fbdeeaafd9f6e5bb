import { chmod, mkdir, rmdir } from 'node:fs/promises';
import { InnError } from '../../../shared/errors.ts';
import { type Ability, EngineCapabilities, type EngineInfo } from '../../../shared/model/engine.ts';
import { LIMITS } from '../../../shared/model/hardware.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import { MediumFormat } from '../../../shared/model/medium.ts';
import { AdapterModel } from '../../../shared/model/network.ts';
import { ControllerType } from '../../../shared/model/storage.ts';
import type { Engine, RuntimeRecord, Session } from '../engine.ts';
import { assertFilesUsable } from '../named-files.ts';
import { removeExitRecord } from '../session-exit.ts';
import type { StartSpec } from '../start-spec.ts';
import { FakeMachine } from './fake-machine.ts';
import { emptyScript, type FakeScript, scriptOf } from './fake-script.ts';
import { FakeSession } from './fake-session.ts';

/** The fake machines of this process, by pid: what the system's processes are to a real engine. */
export type FakeWorld = Map<number, FakeMachine>;

/** Shared by all fake engines that are not given one of their own, so that a second core finds the first one's. */
export const fakeWorld: FakeWorld = new Map();

/** Above any pid of a real process (Linux: at most 4 194 304, proc(5) `pid_max`). */
let lastPid = 5_000_000;

/** An engine without machines behind it: fast, and made to fail at any moment. Chosen only by its name. */
export class FakeEngine implements Engine {
  readonly id = 'fake';
  /** Steps in at each call of the engine and its sessions; may be changed at any time. */
  readonly script: FakeScript = emptyScript();
  readonly #world: FakeWorld;

  constructor(world: FakeWorld = fakeWorld) {
    this.#world = world;
  }

  async probe(): Promise<EngineInfo> {
    const cause = 'The fake engine pretends to run machines; it is there for tests and demonstrations.';
    return {
      id: 'fake',
      name: 'Fake engine',
      version: null,
      isAvailable: true,
      acceleration: null,
      capabilities: FAKE_CAPABILITIES,
      findings: [{ subject: 'Fake engine', isGood: true, cause, cure: null }],
    };
  }

  check(_config: MachineConfig): Issue[] {
    return [];
  }

  async start(spec: StartSpec, { signal }: { signal: AbortSignal }): Promise<Session> {
    assertNotCancelled(signal);
    await assertFilesUsable(spec);
    const folder = spec.folders.runtime;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await removeExitRecord(folder);
    const machine = new FakeMachine(spec, recordOf(spec));
    this.#world.set(machine.runtime.pid, machine);
    void machine.exit.then(() => this.#world.delete(machine.runtime.pid));
    try {
      await this.#scriptOf(machine).before.start?.(machine);
      assertNotCancelled(signal);
      machine.assertAlive();
      if (spec.restoreFrom !== null) machine.restore(spec.restoreFrom);
      if (!spec.startsPaused) machine.run();
      return this.#sessionOf(machine);
    } catch (error) {
      machine.end({ kind: 'crashed', reason: 'engineCrashed', detail: 'The start failed.' });
      await removeExitRecord(folder);
      await rmdir(folder).catch(() => undefined); // something else is in it: not ours
      throw signal.aborted ? cancelled(error) : error;
    }
  }

  async attach(runtime: RuntimeRecord): Promise<Session | undefined> {
    const machine = this.#world.get(runtime.pid);
    if (machine === undefined || machine.runtime.pidStartTime !== runtime.pidStartTime) return undefined;
    await this.#scriptOf(machine).before.attach?.(machine);
    return machine.isGone ? undefined : this.#sessionOf(machine);
  }

  #sessionOf(machine: FakeMachine): Session {
    return new FakeSession(machine, () => this.#scriptOf(machine));
  }

  /** The script of the engine goes before that of the machine's own description. */
  #scriptOf(machine: FakeMachine): FakeScript {
    const own = scriptOf(machine.spec.config.description);
    return {
      before: { ...own.before, ...this.script.before },
      ignoresPowerButton: own.ignoresPowerButton || this.script.ignoresPowerButton,
    };
  }
}

const yes: Ability = { isAvailable: true, reason: null };

const FAKE_CAPABILITIES: EngineCapabilities = EngineCapabilities.parse({
  maxProcessors: LIMITS.processors.max,
  maxMemoryMiB: LIMITS.memoryMiB.max,
  minMemoryMiB: LIMITS.memoryMiB.min,
  maxAdapters: LIMITS.adapters,
  architectures: ['i686', 'x86_64'],
  controllers: ControllerType.options,
  maxDisks: 64,
  adapterModels: AdapterModel.options,
  formats: MediumFormat.options,
  chipsets: ['i440fx', 'q35'],
  audioCards: ['none', 'hda', 'ac97', 'sb16'],
  audio: yes,
  uefi: yes,
  secureBoot: yes,
  tpm: yes,
  watchdog: yes,
  saveState: yes,
  warmStart: yes,
  executionCap: yes,
  powerButton: yes,
  changeMedium: yes,
  liveSnapshot: yes,
  balloon: yes,
  hotplug: yes,
});

function recordOf(spec: StartSpec): RuntimeRecord {
  lastPid += 1;
  const startedAt = new Date().toISOString();
  return {
    engine: 'fake',
    machineId: spec.machineId,
    pid: lastPid,
    pidStartTime: `fake ${lastPid}`,
    runtimeFolder: spec.folders.runtime,
    startedAt,
  };
}

function assertNotCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

function cancelled(cause?: unknown): InnError {
  return new InnError('CANCELLED', 'The start was cancelled.', { cause });
}
