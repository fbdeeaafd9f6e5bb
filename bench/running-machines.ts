import { setTimeout as delay } from 'node:timers/promises';
import { openProcessCounters } from '../src/main/engines/process-counters.ts';
import type { EngineId } from '../src/shared/model/engine.ts';
import { makeHome, type RealCore, startRealCore, tearDown } from '../tests/support/real-core.ts';

/** As many are started at a time as do not make each other's starts time out. */
const STARTS_AT_ONCE = 4;
/** Firmware that finds nothing to boot comes to rest within this time, and so does a core that has just started machines. */
const SETTLE_MS = 15_000;
const MEASURED_MS = 30_000;
const ROOM_TIMEOUT_MS = 300_000;
/** A guest for its firmware only. */
const MEMORY_MIB = 8;

/**
 * What the whole core uses while real machines run beside it and nobody asks anything: sampler, meter, allocation, idle
 * policies and whatever else looks at machines. They have nothing to boot, so that a hundred of them fit and are quiet.
 * @param counts numbers of machines, growing
 * @returns for each number the milliseconds of a processor that the core used in a second
 */
export async function coreLoadBeside(engine: EngineId, counts: readonly number[]): Promise<number[]> {
  const core = await startRealCore(await makeHome());
  const loads: number[] = [];
  try {
    // What engines are counted with beyond their guests is more than they take with such small ones.
    const { id } = await core.client.pool.create({ name: 'Bench', overcommit: { memory: 10, processor: null } });
    await core.client.pool.setReserve({ memoryPercent: 0 });
    let running = 0;
    for (const count of counts) {
      while (running < count) {
        const batch = Math.min(STARTS_AT_ONCE, count - running);
        await Promise.all(Array.from({ length: batch }, (_, index) => startOne(core, engine, running + index, id)));
        running += batch;
      }
      await delay(SETTLE_MS);
      loads.push(await loadOf(core));
    }
    return loads;
  } finally {
    await tearDown(core);
  }
}

async function startOne({ client }: RealCore, engine: EngineId, index: number, pool: string): Promise<void> {
  const name = `m${index}`;
  await client.machine.create({ name, engine, osType: 'other-32', memoryMiB: MEMORY_MIB, diskSizeBytes: null });
  await client.pool.assign({ machine: name, pool });
  // A crowd is let in by what its members have been seen to take, which is known after two minutes.
  await client.admission.startWith({ machine: name, choice: 'wait' });
  await client.events.waitFor({ machine: name, states: ['Running'], timeoutMs: ROOM_TIMEOUT_MS });
}

async function loadOf(core: RealCore): Promise<number> {
  const counters = openProcessCounters(core.process.pid ?? 0);
  const read = () => (counters?.read()?.processorSeconds ?? Number.NaN) * 1000;
  const [before, since] = [read(), performance.now()];
  await delay(MEASURED_MS);
  const load = ((read() - before) / (performance.now() - since)) * 1000;
  counters?.close();
  return load;
}
