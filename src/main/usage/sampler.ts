import type { UsageSample } from '../../shared/model/usage.ts';
import type { HostCapacity } from '../hypervisor/host-capacity.ts';
import type { HostCounters } from './host-counters.ts';
import { hostRates, type MachineReading, machineUsages, type Reading } from './rates.ts';

const INTERVAL_MS = 1000;
/** Ten minutes of history. */
const HISTORY_LENGTH = 600;

/** Where the sampler looks; effects come in from outside so that tests bring their own. */
export interface SamplerSources {
  counters(): HostCounters;
  capacity(): Promise<HostCapacity>;
  /** Counters of every machine that is online, and last ones of those that have ended; who does not answer is left out. */
  machines(): Promise<MachineReading[]>;
  /** Bytes of all machines' folders, as last measured. */
  storageByMachinesBytes(): number;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs(): number;
  /** The time of day, for the sample's stamp. */
  now(): Date;
  /** Takes the counters themselves into the books, before the sample is shown. */
  meter?(reading: Reading): Promise<void>;
}

export interface Sampler {
  /** The latest sample; takes the first one when there is none. */
  latest(): Promise<UsageSample>;
  /** The samples of the last ten minutes, oldest first. */
  recent(): UsageSample[];
  /** Calls the listener with each new sample; returns how to stop. */
  subscribe(listener: (sample: UsageSample) => void): () => void;
  /** Takes one sample now; the timer does it once a second. Calls at the same time share one sample. */
  tick(): Promise<UsageSample>;
  start(): void;
  stop(): void;
}

/**
 * The one sampler of the program, for the host and all machines. Its timer does not keep the program alive. A slow
 * tick delays the next one instead of overlapping it. `onError` hears of ticks of the timer that failed.
 */
export function createSampler(sources: SamplerSources, onError: (error: unknown) => void): Sampler {
  const history: UsageSample[] = [];
  const listeners = new Set<(sample: UsageSample) => void>();
  let before: Reading | undefined;
  let ticking: Promise<UsageSample> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const take = async (): Promise<UsageSample> => {
    const [capacity, machines] = await Promise.all([sources.capacity(), sources.machines()]);
    const reading: Reading = { atMs: sources.monotonicMs(), host: sources.counters(), capacity, machines };
    await sources.meter?.(reading);
    const sample = toSample(sources.now(), reading, before, sources.storageByMachinesBytes());
    before = reading;
    history.push(sample);
    if (history.length > HISTORY_LENGTH) history.shift();
    for (const listener of listeners) listener(sample);
    return sample;
  };

  const tick = () => {
    ticking ??= take().finally(() => {
      ticking = undefined;
    });
    return ticking;
  };

  return {
    tick,
    latest: async () => history.at(-1) ?? tick(),
    recent: () => [...history],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      void tick().catch(onError);
      timer ??= setInterval(() => void tick().catch(onError), INTERVAL_MS).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function toSample(
  now: Date,
  reading: Reading,
  before: Reading | undefined,
  storageByMachinesBytes: number,
): UsageSample {
  const { capacity } = reading;
  const rates = hostRates(reading, before);
  return {
    at: now.toISOString(),
    host: {
      ...rates,
      processorUse: Math.min(rates.processorUse, capacity.processors),
      processorsTotal: capacity.processors,
      memoryTotalBytes: capacity.memoryTotalBytes,
      memoryAvailableBytes: capacity.memoryAvailableBytes,
      storageTotalBytes: capacity.storageTotalBytes,
      storageFreeBytes: capacity.storageFreeBytes,
      storageByMachinesBytes,
    },
    machines: machineUsages(reading, before),
  };
}
