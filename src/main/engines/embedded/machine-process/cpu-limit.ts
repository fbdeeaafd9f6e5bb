import { turnSeconds } from '../../../../shared/cap-rhythm.ts';
import type { EmulatorLoop } from './emulator-types.ts';

/** Credit for time not used, in milliseconds of wall clock: it makes up for turns that other programs of the host cut short. */
const BURST_MS = 100;
/** The processor time is asked for this often at most, in milliseconds: the guest yields far more often than that. */
const LOOK_MS = 2;
/** Debt is forgiven beyond this, in milliseconds of waiting: work of the host's, such as a save, must not stop the guest. */
const MAX_WAIT_MS = 2000;

export interface CpuLimit {
  /** @param percent 1 to 100, of one processor of the host; 100 is no limit */
  set(percent: number): void;
}

/** Processor time of this process with all its threads, in milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Keeps the process within its share of one processor: a bucket fills with the clock and empties with the processor time
 * that the whole process takes (guest, compiling its code, drawing its screen), and the guest's next turn waits until the
 * bucket is no longer empty. The guest's clocks go on, so it sees a slow processor and the right time.
 */
export function limitCpu(loop: EmulatorLoop, initialPercent: number): CpuLimit {
  let share = initialPercent / 100;
  let credit = 0;
  let lastWall = performance.now();
  let lastProcessor = processorMs();
  const schedule = loop.yield;

  /** Brings the bucket up to now. */
  function settle(): void {
    const wall = performance.now();
    const processor = processorMs();
    credit += (wall - lastWall) * share - (processor - lastProcessor);
    lastWall = wall;
    lastProcessor = processor;
  }

  function waitMs(): number {
    if (performance.now() - lastWall < LOOK_MS) return 0;
    settle();
    const turn = turnSeconds(share, 1) * 1000;
    credit = Math.min(Math.max(BURST_MS * share, turn), Math.max(-MAX_WAIT_MS * share, credit));
    return credit < 0 ? (turn - credit) / share : 0;
  }

  loop.yield = function (this: EmulatorLoop, delayMs, tick) {
    // Timers of Node fire up to a millisecond early or late; the bucket evens that out.
    schedule.call(this, share < 1 ? Math.max(delayMs, waitMs()) : delayMs, tick);
  };
  return {
    set(percent) {
      settle();
      // What has come in under another cap stays: the allocation may change it each second.
      if (share === 1) credit = 0;
      share = percent / 100;
    },
  };
}
