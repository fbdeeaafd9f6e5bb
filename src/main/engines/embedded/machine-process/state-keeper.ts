import { log } from '../../../processes/process-log.ts';
import { QmpError } from '../../qmp/protocol.ts';
import type { ProcessSpec } from '../process-spec.ts';
import type { EmulatorImages } from './emulator.ts';
import { collectGarbage } from './garbage.ts';
import type { Machine } from './machine.ts';
import type { NetworkPort } from './network-port.ts';
import { type StateOrigin, writeStateFile } from './state-file.ts';
import { describeOrigin } from './state-origin.ts';
import type { EmulatorPlan } from './v86-options.ts';

export interface StateKeeperParts {
  spec: ProcessSpec;
  plan: EmulatorPlan;
  images: EmulatorImages;
  machine: Machine;
  network: NetworkPort | undefined;
  /** What the spec says to restore, on its way from the disk. */
  saved: Promise<ArrayBuffer> | undefined;
  /** The guest has another picture than the screen last saw. */
  refreshScreen(): void;
}

export interface SwitchOptions {
  keepsState: boolean;
  runsOn: boolean;
}

/** Takes the machine's state into files, and back. One at a time. */
export class StateKeeper {
  readonly #parts: StateKeeperParts;
  #cancel: AbortController | undefined;
  #working: Promise<unknown> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();
  #kept: { origin: StateOrigin; state: ArrayBuffer } | undefined;

  constructor(parts: StateKeeperParts) {
    this.#parts = parts;
  }

  /** Resolves when there is nothing left to restore. Never rejects: the machine's state tells how it went. */
  get restored(): Promise<void> {
    return this.#restored;
  }

  /** Begins to load the state that the spec names, if it names one. */
  restore(): void {
    const { spec, machine, saved } = this.#parts;
    if (!saved) return;
    machine.noteRestore('inmigrate');
    this.#restored = this.#load(saved).catch((error: Error) => {
      log(`the state in '${spec.restoreFrom}' could not be restored`, error);
      if (spec.isWarmStart) machine.noteRestore('prelaunch');
      else machine.fail(error.message);
    });
  }

  /**
   * Writes the state; the machine stands paused afterwards, and goes on as it was when that did not work.
   * @throws QmpError when it cannot be saved now, or was cancelled
   */
  async save(file: string): Promise<void> {
    const { machine } = this.#parts;
    const wasRunning = machine.state === 'running';
    await this.#exclusively(async (signal) => {
      machine.stop();
      try {
        const { origin, state } = await this.#take();
        await writeStateFile(file, origin, state, signal);
      } catch (error) {
        if (wasRunning) machine.undoStop();
        throw error;
      }
    });
  }

  /** Writes the state while the machine goes on: it stands still only while its memory is copied. */
  async keep(file: string): Promise<void> {
    const { machine } = this.#parts;
    await this.#exclusively(async (signal) => {
      const wasRunning = machine.state === 'running';
      if (wasRunning) machine.halt();
      let taken: { origin: StateOrigin; state: ArrayBuffer };
      try {
        taken = await this.#take();
      } finally {
        if (wasRunning) machine.unhalt();
      }
      await writeStateFile(file, taken.origin, taken.state, signal);
    });
  }

  /**
   * Lets the disks of a machine that stands still go on in other images, then lets it run on when it is to. With
   * `keepsState` its state of that moment is held in memory until `writeKept`.
   * @throws InnError or QmpError when it cannot be done now; nothing has changed then
   */
  async switchDisks(changes: Parameters<Machine['drives']['switchDisks']>[0], options: SwitchOptions): Promise<void> {
    const { machine } = this.#parts;
    await this.#exclusively(async () => {
      if (machine.state !== 'paused') throw new QmpError('GenericError', 'The machine does not stand still.');
      await machine.drives.idle();
      await machine.drives.flush();
      const taken = options.keepsState ? await this.#take() : undefined;
      await machine.drives.switchDisks(changes);
      this.#kept = taken;
      if (options.runsOn) machine.cont();
    });
  }

  /** Writes the state that `switchDisks` kept. @throws QmpError when there is none, or the save was cancelled */
  async writeKept(file: string): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (!kept) throw new QmpError('GenericError', 'There is no state to write.');
    await this.#exclusively((signal) => writeStateFile(file, kept.origin, kept.state, signal));
  }

  /** Gives up the save that is under way, if there is one. */
  cancel(): void {
    this.#cancel?.abort();
  }

  /** As `cancel`; resolves when nothing of it is left. Never rejects. */
  async close(): Promise<void> {
    this.cancel();
    await this.#working;
  }

  async #exclusively(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { state } = this.#parts.machine;
    if (this.#cancel) throw new QmpError('GenericError', 'Another save is under way.');
    if (state !== 'running' && state !== 'paused') {
      throw new QmpError('GenericError', `The state cannot be saved now (machine state: ${state}).`);
    }
    const abort = new AbortController();
    this.#cancel = abort;
    try {
      const working = work(abort.signal);
      this.#working = working.catch(() => {}); // its caller hears of it
      await working;
    } catch (error) {
      throw abort.signal.aborted ? new QmpError('GenericError', 'The save was cancelled.') : error;
    } finally {
      this.#cancel = undefined;
      setImmediate(collectGarbage);
    }
  }

  /** The processor must stand still: what is on its way to the disks is waited for, since no state holds it. */
  async #take(): Promise<{ origin: StateOrigin; state: ArrayBuffer }> {
    const { plan, images, machine } = this.#parts;
    await machine.drives.idle();
    await machine.drives.flush();
    const origin = await describeOrigin(plan, images, machine.drives);
    try {
      return { origin, state: machine.emulator.v86.save_state() };
    } catch (error) {
      // v86 counts the bytes of a state in 32 bits with a sign.
      if (!(error instanceof RangeError)) throw error;
      throw new QmpError(
        'GenericError',
        'The state is too large: memory in use and video memory exceed 2 GiB together.',
      );
    }
  }

  async #load(saved: Promise<ArrayBuffer>): Promise<void> {
    const { plan, machine, network } = this.#parts;
    machine.emulator.v86.restore_state(await saved);
    this.#parts.saved = undefined;
    if (plan.adapter) network?.setCable(plan.adapter.isCableConnected);
    this.#parts.refreshScreen();
    machine.noteRestore('paused');
    setImmediate(collectGarbage); // after the guest has been told to go on
  }
}
