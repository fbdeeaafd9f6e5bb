import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../../shared/errors.ts';
import { guardAgainstDeath } from '../../processes/death-guard.ts';
import { setMemoryTarget } from '../balloon.ts';
import type { RuntimeRecord, Screenshot } from '../engine.ts';
import { AgentLine } from '../guest-agent/agent-line.ts';
import { QemuGuestAgent } from '../guest-agent/qemu-guest-agent.ts';
import type { GuestAgent } from '../guest-agent.ts';
import type { Hotplug } from '../hotplug.ts';
import { openProcessCounters, type ProcessReader } from '../process-counters.ts';
import type { QmpCaller } from '../qmp/link.ts';
import type { QmpEvent } from '../qmp/protocol.ts';
import type { FlightRequest, QmpDialect, SwitchRequest } from '../qmp-dialect.ts';
import { RUNTIME_FILES } from '../runtime-files.ts';
import { isAgentPortOpen } from './agent-port.ts';
import { changeMedium } from './change-medium.ts';
import { CpuLimit, type LimitedProcess } from './cpu-limit.ts';
import { DeviceRemoval } from './hotplug/device-removal.ts';
import { type HotplugFacts, QemuHotplug } from './hotplug/qemu-hotplug.ts';
import { letGoOn } from './in-flight.ts';
import { finishMerge, mergeDisk, settleMerge } from './merge-disk.ts';
import { runState } from './migration.ts';
import { noteProcessors } from './orders.ts';
import { hasBlockingDisks, unparkDisks } from './parked-disks.ts';
import { readPlacesFile } from './places.ts';
import { readProcessUsage } from './process-usage.ts';
import { readGuestMemory, sampleGuest } from './sample.ts';
import { type SaveTarget, writeState, writeStateInFlight } from './save-state.ts';
import { takeScreenshot } from './screenshot.ts';
import { SerialPort } from './serial-port.ts';
import type { StateHeader } from './state-header.ts';
import { switchDisks } from './switch-disks.ts';
import { type Stroke, strokesFor } from './us-keyboard.ts';

/** What the engine knows of a run and QEMU itself does not tell, written down as the orders of the process. */
export interface RunFacts {
  hotplug: HotplugFacts;
  processors: number;
  state: StateHeader;
}

/** A keyboard of the PC holds 16 bytes, a stroke with Shift has 6: at this pace a guest that is awake keeps up. */
const STROKE_PAUSE_MS = 12;

/** QMP as QEMU speaks it, for one run. */
export class QemuDialect implements QmpDialect {
  readonly sockets = {
    monitors: [RUNTIME_FILES.qmp, RUNTIME_FILES.monitor],
    screen: RUNTIME_FILES.screen,
    serial: RUNTIME_FILES.serial,
  };
  readonly #runtime: RuntimeRecord;
  readonly #facts: RunFacts | undefined;
  readonly #counters: ProcessReader | undefined;
  readonly #process: LimitedProcess;
  readonly #limit: CpuLimit;
  readonly #removal = new DeviceRemoval();
  #agentLine: AgentLine | undefined;
  readonly #serial: SerialPort;
  #percent = 100;
  #memoryBytes: number | undefined;
  /** Screenshots go through one file, one after the other. */
  #screenshots: Promise<unknown> = Promise.resolve();

  /** @param facts undefined when the orders of the process are lost: its state cannot be saved then */
  constructor(runtime: RuntimeRecord, facts: RunFacts | undefined) {
    this.#runtime = runtime;
    this.#facts = facts;
    const { pid, pidStartTime } = runtime;
    this.#counters = openProcessCounters(pid, pidStartTime.split('/').at(-1));
    this.#process = {
      processors: facts?.processors ?? 1,
      readSeconds: () => this.#counters?.read()?.processorSeconds,
      signal: (signal) => sendSignal(pid, signal),
      guard: () => guardAgainstDeath(pid, 'CONT'),
    };
    this.#limit = new CpuLimit(this.#process);
    this.#serial = new SerialPort({
      outputFile: this.#inRuntime(RUNTIME_FILES.serialOutput),
      socketPath: this.#inRuntime(RUNTIME_FILES.serial),
    });
  }

  async saveState(engine: QmpCaller, file: string, { signal }: { signal: AbortSignal }): Promise<void> {
    const target = await this.#saveTarget(file, signal);
    await this.#limit.lifted(() => writeState(engine, target));
  }

  async keepState(engine: QmpCaller, file: string): Promise<void> {
    const wasRunning = (await runState(engine)) === 'running';
    try {
      await this.saveState(engine, file, { signal: new AbortController().signal });
    } finally {
      if (wasRunning) await engine.execute('cont');
    }
  }

  async takeSnapshotInFlight(engine: QmpCaller, request: FlightRequest): Promise<boolean> {
    const { stateFile, drives, onStill, onSwitched, signal } = request;
    const target = await this.#saveTarget(stateFile, signal);
    if (await hasBlockingDisks(engine)) return false;
    const switchover = {
      switchDisks: async () => {
        onStill();
        await switchDisks(engine, drives);
      },
      onSwitched,
    };
    await this.#limit.lifted(() => writeStateInFlight(engine, target, switchover));
    return true;
  }

  letGoOn = letGoOn;

  /** The guest stands still until its state is written: QEMU sends memory of the moment, not of a moment before. */
  async takeSnapshot(engine: QmpCaller, request: SwitchRequest): Promise<void> {
    const { stateFile, drives, runsOn, onSwitched, signal } = request;
    await switchDisks(engine, drives);
    try {
      if (stateFile !== null) await this.saveState(engine, stateFile, { signal });
    } finally {
      if (runsOn) await engine.execute('cont');
      onSwitched();
    }
  }

  async setCpuLimit(_engine: QmpCaller, percent: number): Promise<void> {
    const file = this.#inRuntime(RUNTIME_FILES.cpuLimit);
    await writeFile(`${file}.new`, String(percent), { mode: 0o600 });
    await rename(`${file}.new`, file);
    this.#enforce(percent);
  }

  /** Puts disks back that the program before this one had taken out of their drives to save a state. */
  async takeUpDisks(engine: QmpCaller): Promise<void> {
    await unparkDisks(engine, this.#inRuntime(RUNTIME_FILES.parkedDisks));
  }

  /** Goes on with the cap that the program before this one enforced. */
  async takeUpLimit(): Promise<void> {
    const written = await readFile(this.#inRuntime(RUNTIME_FILES.cpuLimit), 'utf8').catch(() => '100');
    const percent = Number(written);
    if (percent >= 1 && percent <= 100) this.#enforce(percent);
  }

  #enforce(percent: number): void {
    this.#percent = percent;
    this.#limit.set(percent);
  }

  setMemoryTarget = setMemoryTarget;
  changeMedium = changeMedium;
  mergeDisk = mergeDisk;
  settleMerge = settleMerge;
  finishMerge = finishMerge;

  async typeText(engine: QmpCaller, text: string): Promise<void> {
    for (const stroke of strokesFor(text)) {
      await engine.execute('input-send-event', { events: eventsOf(stroke) });
      await sleep(STROKE_PAUSE_MS * (100 / this.#percent)); // a guest that seldom runs seldom reads
    }
  }

  async screenshot(engine: QmpCaller): Promise<Screenshot> {
    const file = this.#inRuntime(RUNTIME_FILES.screenshot);
    const turn = this.#screenshots.then(() => takeScreenshot(engine, file));
    this.#screenshots = turn.catch(() => undefined);
    return turn;
  }

  async sample(engine: QmpCaller) {
    this.#memoryBytes ??= await readGuestMemory(engine);
    const counters = await readProcessUsage(this.#runtime.pid, this.#counters);
    const usage = await sampleGuest(engine, counters, this.#memoryBytes);
    await this.#serial.trim();
    return usage;
  }

  hotplug(engine: QmpCaller): Hotplug {
    return new QemuHotplug({
      ...{ engine, removal: this.#removal, facts: this.#facts?.hotplug, runtimeFolder: this.#runtime.runtimeFolder },
      onProcessors: async (count) => {
        this.#process.processors = count;
        await noteProcessors(this.#runtime.runtimeFolder, count);
      },
    });
  }

  onEvent(event: QmpEvent): void {
    this.#removal.note(event);
  }

  guestAgent(engine: QmpCaller): GuestAgent {
    this.#agentLine ??= new AgentLine(this.#inRuntime(RUNTIME_FILES.guestAgent));
    const line = this.#agentLine;
    return new QemuGuestAgent(line, async () => {
      line.hold();
      return isAgentPortOpen(engine);
    });
  }

  openSerial() {
    return this.#serial.open();
  }

  letGo(): void {
    this.#limit.close();
  }

  close(): void {
    this.#agentLine?.close();
    this.#limit.close();
    this.#counters?.close();
    this.#serial.close();
  }

  async #saveTarget(file: string, signal: AbortSignal): Promise<SaveTarget> {
    const known = this.#facts?.state;
    if (known === undefined) throw ordersLost(this.#runtime.runtimeFolder);
    const places = await readPlacesFile(this.#inRuntime(RUNTIME_FILES.places));
    const header = { ...known, ...(places === undefined ? {} : { places }) };
    const socketPath = this.#inRuntime(RUNTIME_FILES.migration);
    return { file, socketPath, parkedFile: this.#inRuntime(RUNTIME_FILES.parkedDisks), header, signal };
  }

  #inRuntime(name: string): string {
    return path.join(this.#runtime.runtimeFolder, name);
  }
}

function ordersLost(folder: string): InnError {
  return new InnError(
    'ENGINE_FAILED',
    `The state cannot be saved: '${folder}' does not say any more how QEMU was started.`,
    {
      hint: 'Shut the guest down instead.',
    },
  );
}

function eventsOf({ qcode, isShifted }: Stroke): object[] {
  const key = (data: string, down: boolean) => ({ type: 'key', data: { down, key: { type: 'qcode', data } } });
  const stroke = [key(qcode, true), key(qcode, false)];
  return isShifted ? [key('shift', true), ...stroke, key('shift', false)] : stroke;
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has ended
  }
}
