import type { GuestUsage } from '../engines/engine.ts';
import type { LiveSession } from './live-session.ts';

/** Counters of one machine's session; the session's name changes with each start. */
export interface MachineSample {
  machineId: LiveSession['machineId'];
  session: string;
  usage: GuestUsage;
}

/** A machine that answers later than this is left out of the round; its answer counts in the next one. */
const PATIENCE_MS = 500;

/** Takes counters of sessions. One call at a time goes to each engine: one that hangs is not asked over and over. */
export class MachineSamples {
  readonly #underWay = new Map<LiveSession, Promise<GuestUsage | undefined>>();

  async take(sessions: Iterable<LiveSession>): Promise<MachineSample[]> {
    const samples = await Promise.all([...sessions].map((live) => this.#sample(live)));
    return samples.filter((sample) => sample !== undefined);
  }

  async #sample(live: LiveSession): Promise<MachineSample | undefined> {
    const usage = await withPatience(this.#ask(live));
    const { pid, startedAt } = live.session.runtime;
    return usage && { machineId: live.machineId, session: `${pid} ${startedAt}`, usage };
  }

  #ask(live: LiveSession): Promise<GuestUsage | undefined> {
    const known = this.#underWay.get(live);
    if (known) return known;
    const asked = live
      .call((session) => session.sample())
      .then((usage) => {
        live.lastUsage = usage;
        return usage;
      })
      .catch(() => undefined) // It hangs or has ended: its state tells, by the session's own events.
      .finally(() => this.#underWay.delete(live));
    this.#underWay.set(live, asked);
    return asked;
  }
}

async function withPatience<T>(answer: Promise<T | undefined>): Promise<T | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
