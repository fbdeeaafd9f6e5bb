import type { GuestUsage, RuntimeRecord, Session } from '../engines/engine.ts';
import type { LiveSession } from './live-session.ts';
import type { Traffic } from './machine-networks.ts';

/** Counters of one machine's session; the session's name changes with each start. */
export interface MachineSample {
  machineId: LiveSession['machineId'];
  session: string;
  usage: GuestUsage;
  startedAtMs: number;
  runtimeFolder: string;
  pid: number;
  /** When the session ended, in milliseconds since 1970: these are its last counters; null while it lasts. */
  endedAtMs: number | null;
}

/** The host's own count of a process; undefined where it has none. */
type HostCount = ReturnType<NonNullable<Session['readHostCounters']>>;

type TrafficOf = (id: LiveSession['machineId']) => Traffic | undefined;

const NOBODY: TrafficOf = () => undefined;

/** A machine that answers later than this is left out of the round; its answer counts in the next one. */
const PATIENCE_MS = 500;
/** Asking a process costs the core some tenths of a millisecond: so many are asked in a round, the others in their turn. */
const QUESTIONS_PER_ROUND = 20;
/** A process that has used less of a processor than this since it was asked has little news: an idle guest's clock ticks. */
const NEWS_SHARE = 0.02;
/** Even so it is asked again after this time. */
const LONGEST_SILENCE_MS = 10_000;

/**
 * Takes counters of sessions. Processor time and memory come from the host each time, where it tells them, and the rest from
 * the engine: in a crowd seldom from one that did nothing, and in turns when many have worked. One call at a time goes to
 * each engine: one that hangs is not asked over and over.
 */
export class MachineSamples {
  readonly #underWay = new Map<LiveSession, Promise<GuestUsage | undefined>>();
  readonly #ended: MachineSample[] = [];
  readonly #traffic = new WeakMap<LiveSession, Traffic>();
  /** When each was asked last, and how much processor time its process had then. */
  readonly #asked = new WeakMap<LiveSession, { atMs: number; processorSeconds: number }>();
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds of a clock that never goes back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Counters of all sessions that tell them, and once those of the sessions that have ended since the last round. */
  async take(sessions: Iterable<LiveSession>, trafficOf: TrafficOf = NOBODY): Promise<MachineSample[]> {
    const all = [...sessions];
    for (const live of all) this.#noteTraffic(live, trafficOf);
    const counts = new Map(all.map((live) => [live, live.session.readHostCounters?.()]));
    const asked = this.#whoseTurn(counts);
    const samples = await Promise.all(
      [...counts].map(([live, count]) => (asked.has(live) ? this.#question(live, count) : this.#keep(live, count))),
    );
    return [...samples.filter((sample) => sample !== undefined), ...this.#ended.splice(0)];
  }

  /** Keeps the last counters of a session that has ended, for the next round. Never rejects. */
  async noteEnd(live: LiveSession, trafficOf: TrafficOf = NOBODY): Promise<void> {
    this.#noteTraffic(live, trafficOf);
    const endedAtMs = Date.now();
    const usage = (await live.session.finalUsage?.().catch(() => undefined)) ?? live.lastUsage;
    if (usage) this.#ended.push({ ...describe(live), usage: this.#withTraffic(live, usage), endedAtMs });
  }

  /** All where they are few; else those that may have news, and of these the ones that have waited longest. */
  #whoseTurn(counts: ReadonlyMap<LiveSession, HostCount>): Set<LiveSession> {
    const running = [...counts].filter(([{ exit }]) => exit === undefined);
    const isCrowd = running.length > QUESTIONS_PER_ROUND;
    const due = running.filter(([live, count]) => !isCrowd || this.#mayHaveNews(live, count));
    const askedMs = ([live]: readonly [LiveSession, HostCount]) => this.#asked.get(live)?.atMs ?? 0;
    const first = due.toSorted((a, b) => askedMs(a) - askedMs(b)).slice(0, QUESTIONS_PER_ROUND);
    return new Set(first.map(([live]) => live));
  }

  #mayHaveNews(live: LiveSession, count: HostCount): boolean {
    const asked = this.#asked.get(live);
    if (asked === undefined || count === undefined) return true;
    const silenceMs = this.#nowMs() - asked.atMs;
    const workedMs = (count.processorSeconds - asked.processorSeconds) * 1000;
    return workedMs >= NEWS_SHARE * silenceMs || silenceMs >= LONGEST_SILENCE_MS;
  }

  /** What was known, with the host's own count; a machine of which nothing is known is asked after all. */
  async #keep(live: LiveSession, count: HostCount): Promise<MachineSample | undefined> {
    if (live.exit) return undefined;
    if (live.lastUsage === undefined || count === undefined) return this.#question(live, count);
    live.lastUsage = { ...live.lastUsage, ...count };
    return this.#describe(live, live.lastUsage);
  }

  async #question(live: LiveSession, countBefore: HostCount): Promise<MachineSample | undefined> {
    const known = live.lastUsage;
    const usage = (await withPatience(this.#ask(live, countBefore))) ?? known;
    if (usage === undefined || live.exit) return undefined;
    const count = live.session.readHostCounters?.();
    if (count) live.lastUsage = { ...usage, ...count };
    // A process that does not answer, on a host that does not count either, has said nothing new.
    else if (usage === known) return undefined;
    return this.#describe(live, live.lastUsage ?? usage);
  }

  #describe(live: LiveSession, usage: GuestUsage): MachineSample {
    return { ...describe(live), usage: this.#withTraffic(live, usage), endedAtMs: null };
  }

  #noteTraffic(live: LiveSession, trafficOf: TrafficOf): void {
    const traffic = trafficOf(live.machineId);
    if (traffic) this.#traffic.set(live, traffic);
  }

  /** The switches count for every engine alike; an engine's own count is for adapters that are on none. */
  #withTraffic(live: LiveSession, usage: GuestUsage): GuestUsage {
    const traffic = this.#traffic.get(live);
    return traffic ? { ...usage, networkInBytes: traffic.inBytes, networkOutBytes: traffic.outBytes } : usage;
  }

  #ask(live: LiveSession, countBefore: HostCount): Promise<GuestUsage | undefined> {
    const known = this.#underWay.get(live);
    if (known) return known;
    this.#asked.set(live, { atMs: this.#nowMs(), processorSeconds: countBefore?.processorSeconds ?? 0 });
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

/** Names a run for good: no two processes of one machine begin at the same time. */
export function sessionName({ pid, startedAt }: Pick<RuntimeRecord, 'pid' | 'startedAt'>): string {
  return `${pid} ${startedAt}`;
}

function describe({ machineId, session: { runtime } }: LiveSession): Omit<MachineSample, 'usage' | 'endedAtMs'> {
  const { pid, startedAt, runtimeFolder } = runtime;
  return { machineId, session: sessionName(runtime), startedAtMs: Date.parse(startedAt), runtimeFolder, pid };
}

async function withPatience<T>(answer: Promise<T | undefined>): Promise<T | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
