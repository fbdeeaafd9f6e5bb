import { InnError } from '../../shared/errors.ts';
import { can, isTransient, type MachineAction } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { Session } from '../engines/engine.ts';
import { assertCan } from './guard.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineRecord } from './machine-record.ts';
import type { RunnerContext } from './runner-context.ts';

/** Work with a machine's process, given its record as it is when the work's turn has come. */
export type LiveWork<T> = (live: LiveSession, record: MachineRecord, signal: AbortSignal) => Promise<T>;

/**
 * The ways in which work reaches a machine, each guarded by the action table: those that change its state take turns,
 * questions do not wait for them. All reject with `INVALID_STATE` where the table forbids the action.
 */
export class MachineTurns {
  readonly #context: RunnerContext;

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  /** Waits for the machine's turn, guards, works. A machine on its way elsewhere refuses at once instead. */
  async take<T>(id: MachineId, action: MachineAction, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { state } = this.#context.require(id);
    if (isTransient(state) && !can(action, state)) assertCan(action, this.#context.require(id));
    return this.#context.queue.run(id, async (signal) => {
      assertCan(action, this.#context.require(id));
      return work(signal);
    });
  }

  /** As `take`. @returns the machine's record as it is afterwards */
  change(
    id: MachineId,
    action: MachineAction,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<MachineRecord> {
    return this.take(id, action, async (signal) => {
      await work(signal);
      return this.#context.require(id);
    });
  }

  /** As `change`, for a machine that is online. */
  act(id: MachineId, action: MachineAction, work: LiveWork<unknown>): Promise<MachineRecord> {
    return this.change(id, action, (signal) => this.onLive(id, action, signal, work));
  }

  /** Work with a machine's process, within its turn. Whatever comes of it, the record is true when it ends. */
  async onLive<T>(id: MachineId, action: MachineAction, signal: AbortSignal, work: LiveWork<T>): Promise<T> {
    const live = this.#liveOf(id);
    try {
      return await work(live, this.#context.require(id), signal);
    } catch (error) {
      if (!signal.aborted) await this.#context.refreshAfter(live, error);
      // The machine ended under the action: that it is no longer legal says more than what the engine made of it.
      if (live.exit) assertCan(action, this.#context.require(id));
      throw error;
    } finally {
      await this.#context.settle(live);
    }
  }

  /**
   * A question to the machine that does not change its state, and does not wait for those that do, but until a machine
   * that an earlier program left running is taken back.
   * @param key questions with the same one are asked one after the other
   */
  async ask<T>(id: MachineId, action: MachineAction, work: (session: Session) => Promise<T>, key?: string): Promise<T> {
    const { queue, sessions } = this.#context;
    const ask = async (): Promise<T> => {
      assertCan(action, this.#context.require(id));
      if (!sessions.has(id) && !queue.isIdle(id)) await queue.run(id, async () => undefined);
      assertCan(action, this.#context.require(id));
      return this.#liveOf(id).call(work);
    };
    return key === undefined ? ask() : this.#context.queue.run(key, ask);
  }

  #liveOf(id: MachineId): LiveSession {
    const live = this.#context.sessions.get(id);
    if (live) return live;
    const { config } = this.#context.require(id);
    throw new InnError('ENGINE_FAILED', `The process of '${config.name}' is just ending.`, { hint: 'Try again.' });
  }
}
