import { NO_USAGE } from '../../shared/model/usage-quantities.ts';
import { integrate } from './charge.ts';
import type { Meter } from './meter.ts';
import type { Reading } from './rates.ts';
import { HOST_SUBJECT } from './usage-record.ts';

const grown = (now: number, before: number): number => Math.max(0, Math.round(now - before));

/** Books what the host as a whole uses, by all its programs, as long as somebody watches. */
export class HostMeter {
  readonly #meter: Pick<Meter, 'book'>;
  #before: Reading | undefined;
  #carries = { used: 0, promised: 0, storage: 0 };

  constructor(meter: Pick<Meter, 'book'>) {
    this.#meter = meter;
  }

  take(reading: Reading, nowMs: number): void {
    const before = this.#before;
    this.#before = reading;
    if (before === undefined || reading.atMs <= before.atMs) return;
    const ms = Math.round(reading.atMs - before.atMs);
    const { capacity, host } = reading;
    const memoryBytes = capacity.memoryTotalBytes - capacity.memoryAvailableBytes;
    const promisedBytes = reading.machines.reduce((sum, { usage }) => sum + usage.guestMemoryBytes, 0);
    const used = integrate(memoryBytes, ms, this.#carries.used);
    const promised = integrate(promisedBytes, ms, this.#carries.promised);
    const storage = integrate(capacity.storageTotalBytes - capacity.storageFreeBytes, ms, this.#carries.storage);
    this.#carries = { used: used.carry, promised: promised.carry, storage: storage.carry };
    const processorMicros = grown(host.busySeconds * 1e6, before.host.busySeconds * 1e6);
    const usage = {
      ...NO_USAGE,
      runningMs: ms,
      processorMicros,
      memoryUsedMiBSeconds: used.whole,
      memoryPromisedMiBSeconds: promised.whole,
      storageMiBSeconds: storage.whole,
      networkInBytes: grown(host.networkInBytes, before.host.networkInBytes),
      networkOutBytes: grown(host.networkOutBytes, before.host.networkOutBytes),
    };
    const peaks = { processorMilli: processorMicros / ms, memoryBytes, guestBytes: 0 };
    this.#meter.book(HOST_SUBJECT, usage, nowMs - ms, nowMs, peaks);
  }
}
