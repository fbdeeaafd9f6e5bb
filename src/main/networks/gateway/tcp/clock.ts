export interface Timer {
  cancel(): void;
}

/** Time as the gateway sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds from any beginning; never goes back. */
  nowMs(): number;
  after(delayMs: number, run: () => void): Timer;
  /** Runs once all frames that have arrived already are handled. */
  soon(run: () => void): void;
}

/** The computer's clock. Its timers keep no process alive. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => void setImmediate(run),
};
