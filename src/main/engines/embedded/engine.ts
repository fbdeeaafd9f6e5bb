import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import { type LaunchedProgram, launchProgram } from '../../processes/launch-program.ts';
import { endLeftover } from '../../processes/leftover.ts';
import { isSameProcess } from '../../processes/process-identity.ts';
import { awaitLoaded } from '../await-loaded.ts';
import type { Engine, RuntimeRecord, Session } from '../engine.ts';
import { assertFilesUsable } from '../named-files.ts';
import { QmpSession } from '../qmp-session.ts';
import { PROCESS_LOG } from '../runtime-files.ts';
import { prepareRuntimeFolder, removeRuntimeFolder } from '../runtime-folder.ts';
import type { StartSpec } from '../start-spec.ts';
import { checkEmbedded } from './check.ts';
import { EMBEDDED_DIALECT } from './dialect.ts';
import { firmwareOf, probeEmbedded } from './probe.ts';
import { MACHINE_PROCESS } from './process-script.ts';
import type { ProcessSpec } from './process-spec.ts';

const READY_TIMEOUT_MS = 20_000;
const LOAD_TIMEOUT_MS = 60_000;
const ATTACH_TIMEOUT_MS = 5_000;

/** The engine that ships with the program: one detached Node process per machine, with the emulator v86 in it. */
export class EmbeddedEngine implements Engine {
  readonly id = 'embedded';
  readonly #resourcesFolder: string;

  /** @param options.resourcesFolder folder with `firmware/` in it */
  constructor(options: { resourcesFolder: string }) {
    this.#resourcesFolder = options.resourcesFolder;
  }

  probe(): Promise<EngineInfo> {
    return probeEmbedded(this.#resourcesFolder);
  }

  check(config: MachineConfig): Issue[] {
    return checkEmbedded(config);
  }

  async start(spec: StartSpec, { signal }: { signal: AbortSignal }): Promise<Session> {
    assertNotCancelled(signal);
    await assertFilesUsable(spec);
    const logFile = path.join(spec.folders.logs, PROCESS_LOG);
    let child: LaunchedProgram | undefined;
    try {
      await endLeftover(spec.folders.runtime);
      await prepareRuntimeFolder(spec.folders.runtime, this.#describe(spec), logFile);
      assertNotCancelled(signal);
      child = await launchProgram(MACHINE_PROCESS, spec.folders.runtime, logFile);
      await child.ready({ timeoutMs: READY_TIMEOUT_MS, signal });
      const runtime = recordOf(spec, child);
      return await beginSession(spec, runtime, child, signal);
    } catch (error) {
      await child?.end(); // nothing of a failed start may go on running
      await removeRuntimeFolder(spec.folders.runtime);
      throw signal.aborted ? cancelled(error) : error;
    }
  }

  /** A process that lives but does not answer is taken back too: its session says that it hangs, and can end it. */
  async attach(runtime: RuntimeRecord): Promise<Session | undefined> {
    if (!(await isSameProcess(runtime))) return undefined;
    const session = new QmpSession({ runtime, dialect: EMBEDDED_DIALECT });
    try {
      await session.connect({ timeoutMs: ATTACH_TIMEOUT_MS });
      return session;
    } catch (error) {
      if (await isSameProcess(runtime)) return session;
      await session[Symbol.asyncDispose]();
      if (error instanceof InnError) return undefined;
      throw error;
    }
  }

  #describe(spec: StartSpec): ProcessSpec {
    const { config } = spec;
    return {
      format: 1,
      machineId: spec.machineId,
      name: config.name,
      memoryMiB: config.memoryMiB,
      videoMemoryMiB: config.display.videoMemoryMiB,
      ...firmwareOf(this.#resourcesFolder),
      bootOrder: config.bootOrder,
      kernel: spec.kernel,
      drives: spec.drives,
      adapters: spec.adapters,
      capPercent: config.processors.capPercent,
      restoreFrom: spec.restoreFrom,
      isWarmStart: spec.isWarmStart,
    };
  }
}

function recordOf(spec: StartSpec, { pid, pidStartTime }: LaunchedProgram): RuntimeRecord {
  return {
    engine: 'embedded',
    machineId: spec.machineId,
    pid,
    pidStartTime,
    runtimeFolder: spec.folders.runtime,
    startedAt: new Date().toISOString(),
  };
}

async function beginSession(
  spec: StartSpec,
  runtime: RuntimeRecord,
  { ended }: LaunchedProgram,
  signal: AbortSignal,
): Promise<Session> {
  const session = new QmpSession({ runtime, dialect: EMBEDDED_DIALECT, ended });
  try {
    await session.connect({ timeoutMs: READY_TIMEOUT_MS, signal });
    if (spec.restoreFrom !== null) await awaitLoaded(session.caller, { timeoutMs: LOAD_TIMEOUT_MS, signal });
    assertNotCancelled(signal);
    if (!spec.startsPaused) await session.resume();
    assertNotCancelled(signal);
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function assertNotCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

function cancelled(cause?: unknown): InnError {
  return new InnError('CANCELLED', 'The start was cancelled.', { cause });
}
