import { InnError, toErrorReport } from '../../shared/errors.ts';
import { can } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { ScheduleEntry } from '../../shared/model/resources.ts';
import { dueEntries } from '../hypervisor/schedule.ts';
import type { Log } from '../log.ts';

/** How often the calendars are looked at, in milliseconds; their times are whole minutes. */
const TICK_MS = 5000;
/** A computer that slept through a time still keeps it when it wakes this soon, in milliseconds. */
const GRACE_MS = 10 * 60_000;
/** A clock that is put back by more than this was wrong before: from then on the new time counts. */
const CLOCK_CHANGE_MS = 90 * 60_000;

export interface ScheduleDeps {
  machines(): Machine[];
  runner: {
    start(id: MachineId, options: { isDisposable: boolean }): Promise<unknown>;
    resume(id: MachineId): Promise<unknown>;
    saveState(id: MachineId): Promise<unknown>;
    powerButton(id: MachineId): Promise<unknown>;
  };
  /** Starts it when there is room. */
  waitForRoom(id: MachineId): Promise<unknown>;
  log: Pick<Log, 'info' | 'warn'>;
  now(): Date;
}

/**
 * Does what machines' calendars say, in the host's local time. Each time is kept once: times that passed while no core ran
 * are over, and a clock that is put back a little does not bring them again.
 */
export class ScheduleController {
  readonly #deps: ScheduleDeps;
  /** Everything up to here is done. */
  #doneUntil: Date;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
    this.#doneUntil = deps.now();
  }

  open(): void {
    this.#timer = setInterval(() => void this.tick(), TICK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Does what has become due. Never throws; resolves when it is done. */
  async tick(): Promise<void> {
    const to = this.#deps.now();
    const isPutBack = this.#doneUntil.getTime() - to.getTime() > CLOCK_CHANGE_MS;
    const from = isPutBack ? to : new Date(Math.max(this.#doneUntil.getTime(), to.getTime() - GRACE_MS));
    if (from.getTime() > to.getTime()) return;
    this.#doneUntil = to;
    await Promise.all(
      this.#deps.machines().flatMap((machine) => {
        const { schedule } = machine.config.resources;
        if (schedule.length === 0 || machine.isDamaged) return [];
        // After a long sleep of the computer only the last word counts.
        const last = dueEntries(schedule, from, to).at(-1);
        return last ? [this.#do(machine, last)] : [];
      }),
    );
  }

  async #do(machine: Machine, { action, time }: ScheduleEntry): Promise<void> {
    const { log } = this.#deps;
    log.info({ machine: machine.id, action, time }, `The calendar of '${machine.config.name}'`);
    try {
      if (action === 'start') await this.#start(machine);
      else await this.#end(machine, action);
    } catch (error) {
      log.warn({ machine: machine.id, action, error: toErrorReport(error) }, 'The calendar could not be kept');
    }
  }

  async #start({ id, state }: Machine): Promise<void> {
    const { runner } = this.#deps;
    if (can('resume', state)) await runner.resume(id);
    if (!can('start', state)) return;
    await runner.start(id, { isDisposable: false }).catch((error: unknown) => {
      const isShort = error instanceof InnError && (error.code === 'HOST_MEMORY_SHORT' || error.code === 'POOL_FULL');
      if (!isShort) throw error;
      return this.#deps.waitForRoom(id);
    });
  }

  async #end({ id, state }: Machine, action: 'save' | 'powerButton'): Promise<void> {
    const { runner } = this.#deps;
    if (action === 'save' && can('saveState', state)) await runner.saveState(id);
    if (action === 'powerButton' && can('powerButton', state)) await runner.powerButton(id);
  }
}
