import { setTimeout as delay } from 'node:timers/promises';
import { InnError } from '../../shared/errors.ts';
import type { AdmissionWarning } from '../../shared/model/admission.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Exit, GuestUsage, Session } from '../engines/engine.ts';
import { ExecutionCap } from './execution-cap.ts';
import type { SavedPhase } from './exit-outcome.ts';

/** The error of whoever was interrupted, by a power off or by the user. */
export function cancelled(): InnError {
  return new InnError('CANCELLED', 'The action was cancelled.');
}

/**
 * A session under the runner's care. Every call to the engine goes through `call`, which ends at once when the process
 * ends or the action is interrupted: no action can hang on a machine that is gone.
 */
export class LiveSession {
  readonly machineId: MachineId;
  readonly session: Session;
  /** How the process ended; undefined while it lives. */
  exit: Exit | undefined;
  saved: SavedPhase = 'none';
  /** What admission warned of when it let this session in; nothing of one that an earlier program started. */
  warnings: readonly AdmissionWarning[] = [];
  /** Who wants its state saved: the record tells it from the moment on that the machine is Saved. */
  savedBy: 'saved' | 'idle' = 'saved';
  /** When a warm start was made of this session, on `performance.now()`'s clock; undefined for a cold one. */
  warmStartedAtMs: number | undefined;
  /** The latest counters, for admission; undefined before the first sample. */
  lastUsage: GuestUsage | undefined;
  /** What holds of its processors. */
  readonly cap = new ExecutionCap();
  readonly #ended = new AbortController();

  constructor(machineId: MachineId, session: Session) {
    this.machineId = machineId;
    this.session = session;
    void session.exit.then((exit) => {
      this.exit = exit;
      this.#ended.abort();
    });
  }

  /**
   * Calls the engine.
   * @throws InnError what the engine throws; `ENGINE_FAILED` when the process ends meanwhile, `CANCELLED` when the
   * signal is aborted. The call itself is not taken back then.
   */
  async call<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const stops = [this.#ended.signal, ...(signal ? [signal] : [])];
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal?.aborted && !this.exit ? cancelled() : this.#gone());
    if (stops.some((each) => each.aborted)) stop();
    for (const each of stops) each.addEventListener('abort', stop);
    try {
      return await Promise.race(stops.some((each) => each.aborted) ? [stopped] : [work(this.session), stopped]);
    } finally {
      for (const each of stops) each.removeEventListener('abort', stop);
    }
  }

  /** Waits for the process to end, at most so long; true when it has. */
  async endsWithin(timeoutMs: number): Promise<boolean> {
    if (this.exit) return true;
    const timer = new AbortController();
    const waited = delay(timeoutMs, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
    await Promise.race([this.session.exit, waited]);
    timer.abort();
    // The exit may have settled in this very turn, before the listener of the constructor ran.
    await Promise.resolve();
    return this.exit !== undefined;
  }

  #gone(): InnError {
    const detail = this.exit?.kind === 'crashed' ? `: ${this.exit.detail}` : '.';
    return new InnError('ENGINE_FAILED', `The machine's process has ended${detail}`);
  }
}
