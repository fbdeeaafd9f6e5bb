import type { MachineId } from '../../shared/model/machine.ts';
import type { SessionStatus } from '../engines/engine.ts';
import type { LiveSession } from './live-session.ts';
import type { MachineSamples } from './machine-samples.ts';
import type { RunnerContext } from './runner-context.ts';
import { disksOf } from './snapshots/overlays.ts';
import { resumeMergesOf } from './snapshots/recovery.ts';

/** How often every machine is asked how it is, so that a silent hang shows, in milliseconds. */
const PROBE_INTERVAL_MS = 5000;

/** Follows the machines that are on: what they say of themselves, whether they still answer, and their end. */
export class SessionWatch {
  readonly #context: RunnerContext;
  readonly #samples: MachineSamples;
  readonly #closing: AbortSignal;
  #probe: NodeJS.Timeout | undefined;

  /** @param closing aborted: what happens to the machines from then on is left to the next program */
  constructor(context: RunnerContext, samples: MachineSamples, closing: AbortSignal) {
    this.#context = context;
    this.#samples = samples;
    this.#closing = closing;
  }

  /** Asks all machines how they are, again and again, until it is closed. */
  startProbing(): void {
    this.#probe = setInterval(() => this.#probeAll(), PROBE_INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#probe);
  }

  follow(live: LiveSession): void {
    const id = live.machineId;
    live.session.onStatus((status) => this.#inBackground(id, (signal) => this.#onStatus(live, status, signal)));
    void live.session.exit.then(async () => this.#samples.noteEnd(live, await this.#context.networks.traffic()));
    void live.session.exit.then(() => this.#inBackground(id, () => this.#afterExit(live)));
  }

  /** What had to wait until the machine is off can be done now. */
  async #afterExit(live: LiveSession): Promise<void> {
    await this.#context.settle(live);
    const { deps } = this.#context;
    const record = deps.table.get(live.machineId);
    if (record) deps.commit((publish) => deps.media.publishChanged(disksOf(record.config), publish)); // they have grown
    await resumeMergesOf(this.#context, live.machineId);
  }

  /** Work that nobody waits for: what goes wrong is logged. */
  #inBackground(id: MachineId, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#closing.aborted) return;
    void this.#context.queue.run(id, (signal) => this.#context.tidy(id, () => work(signal)));
  }

  /** A status that waited for its turn may be stale: the engine is asked again, unless it has just not answered. */
  async #onStatus(live: LiveSession, status: SessionStatus, signal: AbortSignal): Promise<void> {
    if (this.#context.sessions.get(live.machineId) !== live || live.exit) return;
    if (status.state === 'Stuck' && status.reason === 'engineHangs') this.#context.note(live, status);
    else await this.#context.refresh(live, signal);
  }

  #probeAll(): void {
    for (const live of this.#context.sessions.values()) {
      const id = live.machineId;
      if (this.#context.queue.isIdle(id)) this.#inBackground(id, (signal) => this.#context.refresh(live, signal));
    }
  }
}
