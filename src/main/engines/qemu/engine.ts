import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import { awaitEnd, type DetachedProcess } from '../../processes/detached-process.ts';
import { endLeftover } from '../../processes/leftover.ts';
import { isSameProcess, killProcess } from '../../processes/process-identity.ts';
import type { Engine, RuntimeRecord, Session } from '../engine.ts';
import { assertFilesUsable } from '../named-files.ts';
import { QmpSession } from '../qmp-session.ts';
import { PROCESS_LOG, RUNTIME_FILES } from '../runtime-files.ts';
import { prepareRuntimeFolder, removeRuntimeFolder } from '../runtime-folder.ts';
import type { StartSpec } from '../start-spec.ts';
import { beginRun } from './begin-run.ts';
import { Board } from './board.ts';
import { qemuCapabilities } from './capabilities.ts';
import { checkQemu } from './check.ts';
import { commandLine, toArguments } from './command-line/command-line.ts';
import { QemuDialect } from './dialect.ts';
import { type ProbeOptions, type ProbeResult, probeQemu } from './doctor/probe.ts';
import { readEvents } from './event-log.ts';
import type { Installation } from './installation.ts';
import { launchQemu } from './launch.ts';
import { readStateHeader } from './load-state.ts';
import { type QemuOrders, readOrders } from './orders.ts';
import { type Places, putInPlaces, writePlaces } from './places.ts';
import { installationFor, stateHeaderOf } from './state-fit.ts';
import type { StateHeader } from './state-header.ts';

const ATTACH_TIMEOUT_MS = 5_000;

/** QEMU as it is installed on the host: one process per machine, which outlives the program. */
export class QemuEngine implements Engine {
  readonly id = 'qemu';
  readonly #options: ProbeOptions;
  #latest: ProbeResult | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  async probe(): Promise<EngineInfo> {
    this.#latest = await probeQemu(this.#options);
    return this.#latest.info;
  }

  /** By the latest probe; before the first, only what no QEMU can run is refused. */
  check(config: MachineConfig): Issue[] {
    const can = this.#latest?.info.capabilities ?? qemuCapabilities(undefined);
    return checkQemu(config, can, this.#latest?.installation);
  }

  async start(spec: StartSpec, { signal }: { signal: AbortSignal }): Promise<Session> {
    assertNotCancelled(signal);
    await assertFilesUsable(spec);
    const saved = spec.restoreFrom === null ? undefined : await readStateHeader(spec.restoreFrom);
    const installation = await this.#installationFor(saved);
    const orders = makeOrders(spec, installation, saved?.places);
    assertNotCancelled(signal);
    const { folders } = spec;
    const board = new Board(spec, installation);
    let qemu: DetachedProcess | undefined;
    try {
      await endLeftover(folders.runtime);
      await prepareRuntimeFolder(folders.runtime, orders, path.join(folders.logs, PROCESS_LOG));
      if (saved?.places) await writePlaces(path.join(folders.runtime, RUNTIME_FILES.places), saved.places);
      assertNotCancelled(signal);
      await board.prepare();
      qemu = await launchQemu(orders.binary, orders.arguments, folders);
      const session = await beginRun(spec, qemu, orders, signal);
      board.handOver();
      return session;
    } catch (error) {
      if (qemu !== undefined) await endAtOnce(qemu);
      await board.end();
      await removeRuntimeFolder(folders.runtime);
      throw signal.aborted ? cancelled(error) : error;
    }
  }

  /** A process that lives but does not answer is taken back too: its session says that it hangs, and can end it. */
  async attach(runtime: RuntimeRecord): Promise<Session | undefined> {
    if (!(await isSameProcess(runtime))) return undefined;
    await killProcess(runtime, 'SIGCONT'); // the program before may have died while its execution cap held the guest
    const orders = await readOrders(runtime.runtimeFolder);
    const dialect = new QemuDialect(runtime, orders);
    const missedEvents = await readEvents(runtime.runtimeFolder);
    const session = new QmpSession({ runtime, dialect, missedEvents });
    try {
      await dialect.takeUpLimit();
      await session.connect({ timeoutMs: ATTACH_TIMEOUT_MS });
      await dialect.takeUpDisks(session.caller);
      session.tendGuest(); // a snapshot may have been cut off
      return session;
    } catch (error) {
      if (await isSameProcess(runtime)) return session;
      await session[Symbol.asyncDispose]();
      if (error instanceof InnError) return undefined;
      throw error;
    }
  }

  async #installationFor(saved: StateHeader | undefined): Promise<Installation> {
    this.#latest ??= await probeQemu(this.#options);
    const { installation, info } = this.#latest;
    if (installation === undefined) {
      const lack = info.findings.find(({ isGood }) => !isGood);
      throw new InnError('ENGINE_MISSING', lack?.cause ?? 'QEMU is not available.', { hint: lack?.cure ?? undefined });
    }
    return saved === undefined ? installation : installationFor(installation, saved);
  }
}

function makeOrders(spec: StartSpec, installation: Installation, places: Places = {}): QemuOrders {
  return {
    format: 1,
    binary: installation.binary,
    arguments: putInPlaces(toArguments(commandLine({ spec, installation })), places),
    processors: spec.config.processors.count,
    hotplug: { osType: spec.config.osType, bootsFromNetwork: spec.config.bootOrder.includes('network') },
    state: stateHeaderOf(installation, spec.config),
  };
}

/** Nothing of a failed start may go on running. Resolves when the process is gone. */
async function endAtOnce(qemu: DetachedProcess): Promise<void> {
  await killProcess(qemu, 'SIGKILL');
  await awaitEnd(qemu);
}

function assertNotCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

function cancelled(cause?: unknown): InnError {
  return new InnError('CANCELLED', 'The start was cancelled.', { cause });
}
