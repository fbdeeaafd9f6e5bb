import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CpuLimit } from '../../../src/main/engines/qemu/cpu-limit.ts';

/** A process that takes what it is given, in simulated time, with the coarse clock of a real host. */
class Burner {
  readonly processors: number;
  isStopped = false;
  isGuarded = false;
  readonly signals: string[] = [];
  /** How long it ran before each stop, and how long it was held each time, in milliseconds. */
  readonly runsMs: number[] = [];
  readonly holdsMs: number[] = [];
  #signalledMs = 0;
  #demand: number;
  #used = 0;
  #since = 0;

  constructor(processors: number, demand = processors) {
    this.processors = processors;
    this.#demand = demand;
  }

  get usedSeconds(): number {
    const now = performance.now();
    if (!this.isStopped) this.#used += ((now - this.#since) / 1000) * this.#demand;
    this.#since = now;
    return this.#used;
  }

  set demand(processors: number) {
    this.#used = this.usedSeconds;
    this.#demand = processors;
  }

  readSeconds(): number {
    return Math.floor(this.usedSeconds * 100) / 100;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean {
    this.#used = this.usedSeconds;
    this.isStopped = signal === 'SIGSTOP';
    this.signals.push(signal);
    const now = performance.now();
    (this.isStopped ? this.runsMs : this.holdsMs).push(now - this.#signalledMs);
    this.#signalledMs = now;
    return true;
  }

  guard(): () => void {
    this.isGuarded = true;
    return () => {
      this.isGuarded = false;
    };
  }

  /** Share of all its processors that it used over the next seconds, in percent. */
  async shareOver(seconds: number): Promise<number> {
    const before = this.usedSeconds;
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return ((this.usedSeconds - before) / seconds / this.processors) * 100;
  }
}

describe('the execution cap of QEMU', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    [1, 1],
    [5, 1],
    [20, 1],
    [50, 1],
    [90, 1],
    [25, 4],
    [75, 4],
  ])('of %i percent holds for a busy guest with %i processors', async (percent, processors) => {
    const burner = new Burner(processors);
    const limit = new CpuLimit(burner);
    limit.set(percent);
    await burner.shareOver(2);
    expect(Math.abs((await burner.shareOver(10)) - percent)).toBeLessThan(2);
    limit.close();
  });

  it.each([25, 50, 75])('of %i percent lets it run about as long at a time as any other', async (percent) => {
    const burner = new Burner(1);
    const limit = new CpuLimit(burner);
    limit.set(percent);
    await burner.shareOver(10);
    limit.close();
    const runs = burner.runsMs.slice(2, -1);
    const average = runs.reduce((sum, ms) => sum + ms, 0) / runs.length;
    expect(average).toBeGreaterThan(80);
    expect(average).toBeLessThan(130);
  });

  it.each([10, 25, 90])('of %i percent never holds it for so long that it is felt', async (percent) => {
    const burner = new Burner(1);
    const limit = new CpuLimit(burner);
    limit.set(percent);
    await burner.shareOver(10);
    limit.close();
    expect(burner.holdsMs.length).toBeGreaterThan(20);
    expect(Math.max(...burner.holdsMs.slice(1))).toBeLessThan(300);
  });

  it('holds where the host does not tell the processor time', async () => {
    const burner = new Burner(1);
    const limit = new CpuLimit({
      processors: 1,
      readSeconds: () => undefined,
      signal: (signal) => burner.signal(signal),
      guard: () => burner.guard(),
    });
    limit.set(30);
    expect(Math.abs((await burner.shareOver(10)) - 30)).toBeLessThan(3);
    limit.close();
  });

  it('never stops a guest that stays below it, and lets nobody save up for a burst', async () => {
    const burner = new Burner(1, 0.3);
    const limit = new CpuLimit(burner);
    limit.set(50);
    expect(await burner.shareOver(10)).toBeCloseTo(30, 0);
    expect(burner.signals).toEqual([]);
    burner.demand = 1;
    expect(await burner.shareOver(1)).toBeLessThan(50 + 20);
    limit.close();
  });

  it('can be changed under way, and ends with the process going', async () => {
    const burner = new Burner(1);
    const limit = new CpuLimit(burner);
    limit.set(20);
    await burner.shareOver(1);
    expect(burner.isGuarded).toBe(true);
    limit.set(60);
    await burner.shareOver(1);
    expect(Math.abs((await burner.shareOver(10)) - 60)).toBeLessThan(2);
    limit.set(100);
    expect(burner).toMatchObject({ isStopped: false, isGuarded: true });
    expect(await burner.shareOver(1)).toBeCloseTo(100, 0);
    limit.close();
    expect(burner.isGuarded).toBe(false);
  });

  it('is lifted while work is done, and holds again afterwards', async () => {
    const burner = new Burner(1);
    const limit = new CpuLimit(burner);
    limit.set(10);
    await burner.shareOver(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const working = limit.lifted(() => promise);
    expect(await burner.shareOver(2)).toBeCloseTo(100, 0);
    resolve();
    await working;
    await burner.shareOver(1);
    expect(await burner.shareOver(10)).toBeLessThan(12);
    limit.close();
    expect(burner.isStopped).toBe(false);
  });
});
