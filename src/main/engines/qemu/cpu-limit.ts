import { turnSeconds } from '../../../shared/cap-rhythm.ts';

/** What the limit works on; a test gives its own. */
export interface LimitedProcess {
  /** Processors of the guest: the limit is a share of all of them. */
  processors: number;
  /** Processor time of the process so far, in seconds; undefined when it cannot be told. */
  readSeconds(): number | undefined;
  /** Stops or continues the process; false when it is gone. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean;
  /** Sees to it that the process goes on when this program dies; returns how to end that care. */
  guard(): () => void;
}

/** The most share that can be saved up, in seconds of host time; a turn's share always can. */
const BUCKET_SECONDS = 0.25;
const SHORTEST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 250;

/**
 * Execution cap by stopping the whole process (SIGSTOP) when it has used up its share and continuing it (SIGCONT) when
 * new share has come in: a token bucket on its processor time. It needs no rights, and the guest's clock stays right,
 * as QEMU's own time goes on. The bucket
 * holds a moment's share: enough to make up for looks that come late, too little for a burst that is felt.
 */
export class CpuLimit {
  readonly #process: LimitedProcess;
  readonly #nowMs: () => number;
  #percent = 100;
  #lifts = 0;
  #timer: NodeJS.Timeout | undefined;
  #endGuard: (() => void) | undefined;
  #isStopped = false;
  /** Processor seconds that may be used right now; below zero: too much was used. */
  #tokens = 0;
  #lastMs = 0;
  #lastSeconds = 0;

  constructor(process: LimitedProcess, nowMs: () => number = () => performance.now()) {
    this.#process = process;
    this.#nowMs = nowMs;
  }

  /** @param percent 1 to 100, of one host processor per virtual processor; 100 is no limit */
  set(percent: number): void {
    this.#percent = percent;
    this.#apply();
  }

  /** Lets the process run freely while `work` is done, such as writing its memory to a file. */
  async lifted<T>(work: () => Promise<T>): Promise<T> {
    this.#lifts += 1;
    this.#apply();
    try {
      return await work();
    } finally {
      this.#lifts -= 1;
      this.#apply();
    }
  }

  /** Ends the limit; the process goes on. */
  close(): void {
    this.#percent = 100;
    this.#apply();
    this.#endGuard?.();
    this.#endGuard = undefined;
  }

  #apply(): void {
    const isOn = this.#percent < 100 && this.#lifts === 0;
    if (isOn === (this.#timer !== undefined)) return;
    if (isOn) this.#begin();
    else this.#end();
  }

  #begin(): void {
    // It stays when the limit is lifted: limits come and go with the load, and a guard costs more than many looks.
    this.#endGuard ??= this.#process.guard();
    this.#tokens = Number.POSITIVE_INFINITY; // a full bucket: the first look brings it to its measure
    this.#lastMs = this.#nowMs();
    this.#lastSeconds = this.#process.readSeconds() ?? 0;
    this.#schedule(0);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#signal(false);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#look(), delayMs);
    this.#timer.unref(); // the limit is no reason for this program to stay; its guard lets the process go on
  }

  #look(): void {
    const rate = (this.#percent / 100) * this.#process.processors;
    const slice = turnSeconds(rate, this.#process.processors);
    this.#tokens = Math.min(Math.max(slice, rate * BUCKET_SECONDS), this.#tokens + this.#takeIn(rate));
    if (this.#isStopped ? this.#tokens < slice : this.#tokens <= 0) {
      this.#signal(true);
      this.#schedule(clamp(((slice - this.#tokens) / rate) * 1000));
      return;
    }
    this.#signal(false);
    this.#schedule(clamp((this.#tokens / (this.#process.processors + 1)) * 1000));
  }

  /** What came in since the last look, less what was used. */
  #takeIn(rate: number): number {
    const now = this.#nowMs();
    const elapsed = (now - this.#lastMs) / 1000;
    this.#lastMs = now;
    const seconds = this.#process.readSeconds();
    // Where nobody tells the processor time, a process that runs is taken to use all processors.
    const used = seconds === undefined ? this.#assumedUse(elapsed) : seconds - this.#lastSeconds;
    this.#lastSeconds = seconds ?? 0;
    return elapsed * rate - used;
  }

  #assumedUse(elapsed: number): number {
    return this.#isStopped ? 0 : elapsed * this.#process.processors;
  }

  #signal(isStopped: boolean): void {
    if (isStopped === this.#isStopped) return;
    this.#isStopped = isStopped;
    this.#process.signal(isStopped ? 'SIGSTOP' : 'SIGCONT');
  }
}

function clamp(ms: number): number {
  return Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, ms));
}
