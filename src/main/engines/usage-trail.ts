import type { GuestUsage, RuntimeRecord } from './engine.ts';
import { openProcessCounters, type ProcessCounters, type ProcessReader } from './process-counters.ts';
import { readFinalReport } from './session-exit.ts';

/**
 * What is known of a session's counters, up to the last: the engine's latest answer, and the host's own count of the process,
 * which is cheap enough to read each second and once more when the process says that it ends.
 */
export class UsageTrail {
  readonly #runtime: RuntimeRecord;
  #reader: ProcessReader | undefined;
  #hasOpened = false;
  #latest: GuestUsage | undefined;
  #last: ProcessCounters | undefined;

  constructor(runtime: RuntimeRecord) {
    this.#runtime = runtime;
  }

  note(usage: GuestUsage): GuestUsage {
    this.#latest = usage;
    return usage;
  }

  /** The host's count now; undefined where the host has none, or the process is gone. */
  readHost(): ProcessCounters | undefined {
    if (!this.#hasOpened) {
      this.#hasOpened = true;
      const { pid, pidStartTime } = this.#runtime;
      this.#reader = openProcessCounters(pid, pidStartTime.split('/').at(-1));
    }
    const read = this.#reader?.read();
    this.#last = read ?? this.#last;
    return read;
  }

  /** The last counters that are known; after the end the process's own final report, when it left one. */
  async final(): Promise<GuestUsage | undefined> {
    const report = await readFinalReport(this.#runtime.runtimeFolder, this.#runtime.pid);
    const usage = report?.usage ?? this.#latest;
    if (usage === undefined || this.#last === undefined) return usage;
    return { ...usage, processorSeconds: Math.max(usage.processorSeconds, this.#last.processorSeconds) };
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }
}
