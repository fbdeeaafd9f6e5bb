import { log } from '../../../processes/process-log.ts';
import { QmpError } from '../../qmp/protocol.ts';
import type { Drive, Drives } from './drives.ts';
import type { Emulator } from './emulator-types.ts';
import { explainFailure } from './emulator-words.ts';
import type { GuestClock } from './guest-clock.ts';
import { ideDrive } from './ide-drives.ts';
import type { DiskFailure } from './v86-disk-buffer.ts';
import { isForWantOfRoom } from './want-of-room.ts';

/** QEMU's words for it (QMP reference, "RunState"), as far as they occur here. */
export type RunState =
  | 'prelaunch'
  | 'inmigrate'
  | 'running'
  | 'paused'
  | 'io-error'
  | 'guest-panicked'
  | 'internal-error'
  | 'shutdown';

export type Ending = 'guestShutdown' | 'powerOff';

export interface MachineEvents {
  emit(event: string, data?: Record<string, unknown>): void;
  /** Called once; the disks are still open. */
  onEnd(ending: Ending): void;
}

/** Runs, stops and watches the emulated machine. Nothing here reads or writes files. */
export class Machine {
  readonly emulator: Emulator;
  readonly drives: Drives;
  readonly #clock: GuestClock;
  readonly #events: MachineEvents;
  #state: RunState = 'prelaunch';
  #detail: string | null = null;
  /** True until the guest goes on after it stood still: its clock is to be corrected then. */
  #isClockStale = false;
  #isHostReset = false;

  constructor(emulator: Emulator, drives: Drives, clock: GuestClock, events: MachineEvents) {
    this.emulator = emulator;
    this.drives = drives;
    this.#clock = clock;
    this.#events = events;
    this.#guardTurns();
  }

  get state(): RunState {
    return this.#state;
  }

  /** Why, for the states of trouble. */
  get detail(): string | null {
    return this.#detail;
  }

  /** Stops the guest's processor. Does nothing when it stands still already. */
  stop(): void {
    if (this.#state !== 'running') return;
    this.halt();
    this.#state = 'paused';
    this.#events.emit('STOP');
  }

  /**
   * Lets the guest's processor run. After an I/O error the request that failed is tried again.
   * @throws QmpError when it never can
   */
  cont(): void {
    if (this.#state === 'running') return;
    this.#refuseWhenOver();
    if (this.#state === 'inmigrate') throw new QmpError('GenericError', 'The saved state is not loaded yet.');
    this.#state = 'running';
    this.#detail = null;
    this.unhalt();
    this.#events.emit('RESUME');
    this.drives.retry();
  }

  /** Takes a `stop` back, unless the machine has come to stand otherwise since. */
  undoStop(): void {
    if (this.#state === 'paused') this.cont();
  }

  /** Stops the processor without a word; for work that takes a moment. */
  halt(): void {
    const loop = this.emulator.v86;
    loop.tick_counter += 1; // the turn that is scheduled is dropped
    loop.running = false;
    loop.stopping = false;
    loop.bus.send('emulator-stopped');
    this.#isClockStale = true;
  }

  /** Undoes `halt`, unless the machine has come to stand still since. */
  unhalt(): void {
    if (this.#state !== 'running') return;
    if (this.#isClockStale) this.#clock.correct();
    this.#isClockStale = false;
    this.emulator.v86.run();
  }

  /** Presses the reset button. A machine that stands still stays so. @throws QmpError when it never can */
  reset(): void {
    this.#refuseWhenOver();
    for (const place of [0, 1, 2, 3]) {
      const drive = ideDrive(this.emulator, place >> 1, place & 1);
      if (drive?.drive_connected) drive.device_reset();
    }
    this.#isHostReset = true;
    this.emulator.v86.cpu.reboot_internal();
  }

  /** Called after each reset, whoever asked for it. */
  noteReset(): void {
    const guest = !this.#isHostReset;
    this.#isHostReset = false;
    this.#events.emit('RESET', { guest, reason: guest ? 'guest-reset' : 'host-qmp-system-reset' });
  }

  /** The guest's kernel has given up. It stands still from now on, unless it is told to go on. */
  noteGuestPanic(): void {
    if (this.#state !== 'running') return;
    log('the guest reports a panic');
    this.halt();
    this.#state = 'guest-panicked';
    this.#detail = 'The guest operating system reported a fatal error.';
    this.#events.emit('GUEST_PANICKED', { action: 'pause' });
    this.#events.emit('STOP');
  }

  /** The guest has switched itself off. */
  noteSoftOff(): void {
    if (this.#state !== 'running') return;
    this.end('guestShutdown');
  }

  /** Ends the session. What the guest has written still has to be brought to the disks. */
  end(ending: Ending): void {
    if (this.#state === 'shutdown') return;
    this.halt();
    this.#state = 'shutdown';
    const guest = ending === 'guestShutdown';
    this.#events.emit('SHUTDOWN', { guest, reason: guest ? 'guest-shutdown' : 'host-qmp-quit' });
    this.#events.onEnd(ending);
  }

  /** A restore has begun, or ended in a machine that stands paused, or as new when there is nothing to restore. */
  noteRestore(state: 'inmigrate' | 'paused' | 'prelaunch'): void {
    this.#state = state;
    this.#isClockStale = state === 'paused';
  }

  /** A disk failed: the guest stops before it can notice, and the request waits. */
  noteFailure(drive: Drive, { operation, error }: DiskFailure): void {
    log(`drive ${drive.plan.id}: ${operation} failed`, error);
    if (this.#state === 'shutdown') return;
    const wasRunning = this.#state === 'running';
    if (wasRunning) this.halt();
    this.#state = 'io-error';
    this.#detail = describeFailure(drive, operation, error);
    const nospace = isForWantOfRoom(error);
    this.#events.emit('BLOCK_IO_ERROR', {
      device: drive.plan.id,
      operation: operation === 'read' ? 'read' : 'write',
      action: 'stop',
      nospace,
      reason: error.message,
    });
    if (wasRunning) this.#events.emit('STOP');
  }

  /** The emulator has broken: the guest is lost, the process goes on and answers. */
  crash(error: unknown): void {
    if (this.#state === 'shutdown' || this.#state === 'internal-error') return;
    log('the emulator failed', error);
    this.halt();
    this.fail(`The emulator failed: ${explainFailure(error)}.`);
  }

  /** The machine can never run. */
  fail(detail: string): void {
    this.#state = 'internal-error';
    this.#detail = detail;
    this.#events.emit('__org.innkeeper_INTERNAL_ERROR', { detail });
    this.#events.emit('STOP');
  }

  /** Runs what calls into the emulator. Nothing is called any more once it has broken. */
  guard(callback: () => void): void {
    if (this.#state === 'internal-error' || this.#state === 'shutdown') return;
    try {
      callback();
    } catch (error) {
      this.crash(error);
    }
  }

  #guardTurns(): void {
    const loop = this.emulator.v86;
    const turn = loop.do_tick;
    loop.do_tick = () => {
      try {
        turn.call(loop);
      } catch (error) {
        this.crash(error);
      }
    };
  }

  #refuseWhenOver(): void {
    if (this.#state === 'internal-error') {
      throw new QmpError(
        'GenericError',
        `${this.#detail ?? 'The emulator failed.'} The machine can only be switched off.`,
      );
    }
    if (this.#state === 'shutdown') throw new QmpError('GenericError', 'The machine is being switched off.');
  }
}

function describeFailure({ plan, medium }: Drive, operation: DiskFailure['operation'], error: Error): string {
  const file = medium?.path ?? plan.id;
  if (isForWantOfRoom(error)) return `There is no room left for '${file}'. Make room, then resume the machine.`;
  if (error.message.includes(file)) return error.message;
  return `'${file}' could not be ${operation === 'read' ? 'read' : 'written'}: ${error.message}`;
}
