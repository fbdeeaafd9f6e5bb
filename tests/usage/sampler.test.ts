import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { allocatedBytes } from '../../src/main/usage/folder-size.ts';
import { parseBusySeconds, parseNetworkBytes, readHostCounters } from '../../src/main/usage/host-counters.ts';
import { hostRates, type MachineReading, machineUsages, type Reading } from '../../src/main/usage/rates.ts';
import { createSampler, type SamplerSources } from '../../src/main/usage/sampler.ts';
import { UsageSample } from '../../src/shared/model/usage.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { CAPACITY, DATABASE, guestUsage, machineReading, reading } from './a-reading.ts';

const unexpected = (error: unknown) => {
  throw error;
};

describe('rates', () => {
  it('are growth by time really passed', () => {
    expect(hostRates(reading(2500, 13), reading(500, 10))).toEqual({
      processorUse: 1.5,
      networkInBytesPerSecond: 1500,
      networkOutBytesPerSecond: 0,
    });
  });

  it('are zero without an earlier reading, and when no time has passed', () => {
    expect(hostRates(reading(500, 10), undefined).processorUse).toBe(0);
    expect(hostRates(reading(500, 11), reading(500, 10)).processorUse).toBe(0);
  });

  it('are zero when a counter went back', () => {
    expect(hostRates(reading(1500, 1), reading(500, 10)).processorUse).toBe(0);
  });

  it('of a machine count from session to session anew', () => {
    const at = (atMs: number, session: string, processorSeconds: number) =>
      reading(atMs, 0, [machineReading({ session, usage: guestUsage({ processorSeconds }) })]);
    expect(machineUsages(at(1000, 'a', 5), undefined)[0]).toMatchObject({ processorUse: 0, processorSeconds: 5 });
    expect(machineUsages(at(2000, 'a', 5.5), at(1000, 'a', 5))[0]?.processorUse).toBe(0.5);
    expect(machineUsages(at(2000, 'b', 9), at(1000, 'a', 5))[0]?.processorUse).toBe(0);
  });
});

function fakeSources() {
  const state = { ms: 0, busy: 0, machines: [] as MachineReading[], storage: 0 };
  const sources: SamplerSources = {
    counters: () => ({ busySeconds: state.busy, networkInBytes: 0, networkOutBytes: 0 }),
    capacity: async () => CAPACITY,
    machines: async () => state.machines,
    storageByMachinesBytes: () => state.storage,
    monotonicMs: () => state.ms,
    now: () => new Date(state.ms),
  };
  return { state, sources };
}

describe('the sampler', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('takes a sample a second, in the words of the contract', async () => {
    const { state, sources } = fakeSources();
    const sampler = createSampler(sources, unexpected);
    const seen: UsageSample[] = [];
    sampler.subscribe((sample) => seen.push(sample));
    sampler.start();
    state.machines = [machineReading({ usage: guestUsage({ processorSeconds: 1 }) })];
    for (const ms of [1000, 2000, 3000]) {
      state.ms = ms;
      state.busy += 0.5;
      await vi.advanceTimersByTimeAsync(1000);
    }
    sampler.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(seen.length).toBe(sampler.recent().length);
    expect(seen.at(-1)?.host.processorUse).toBe(0.5);
    expect(UsageSample.parse(seen.at(-1))).toEqual(seen.at(-1));
    expect(await sampler.latest()).toBe(seen.at(-1));
  });

  it('keeps ten minutes and no more', async () => {
    const { state, sources } = fakeSources();
    const sampler = createSampler(sources, unexpected);
    for (let tick = 0; tick < 605; tick += 1) {
      state.ms = tick * 1000;
      await sampler.tick();
    }
    expect(sampler.recent()).toHaveLength(600);
    expect(sampler.recent()[0]?.at).toBe(new Date(5000).toISOString());
  });

  it('takes one sample at a time, however often it is asked', async () => {
    const { sources } = fakeSources();
    const sampler = createSampler(sources, unexpected);
    const [a, b, c] = await Promise.all([sampler.tick(), sampler.tick(), sampler.latest()]);
    expect(a).toBe(b);
    expect(b).toBe(c);
    expect(sampler.recent()).toHaveLength(1);
  });

  it('shows no machine that has ended, and gives its last counters to the meter', async () => {
    const { state, sources } = fakeSources();
    const metered: Reading[] = [];
    const sampler = createSampler({ ...sources, meter: async (each) => void metered.push(each) }, unexpected);
    state.machines = [machineReading({ endedAtMs: 1 }), machineReading({ machineId: DATABASE, session: 'b' })];
    const sample = await sampler.tick();
    expect(sample.machines.map(({ machineId }) => machineId)).toEqual([DATABASE]);
    expect(metered[0]?.machines).toEqual(state.machines);
  });

  it('goes on after a tick that failed', async () => {
    const { sources } = fakeSources();
    const errors: unknown[] = [];
    let isBroken = true;
    const sampler = createSampler(
      {
        ...sources,
        counters: () => {
          if (isBroken) throw new Error('no counters');
          return sources.counters();
        },
      },
      (error) => errors.push(error),
    );
    sampler.start();
    await vi.advanceTimersByTimeAsync(1000);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(1000);
    sampler.stop();
    expect(errors.length).toBeGreaterThan(0);
    expect(sampler.recent()).toHaveLength(1);
  });

  it('does not call a listener that has left', async () => {
    const { sources } = fakeSources();
    const sampler = createSampler(sources, unexpected);
    const listener = vi.fn();
    sampler.subscribe(listener)();
    await sampler.tick();
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('the counters of the host', () => {
  it('count busy time without idling and waiting', () => {
    expect(parseBusySeconds('cpu  100 10 50 9999 8888 5 5 30 70 0\ncpu0 1 1 1 1\n')).toBe(2);
    expect(parseBusySeconds('nothing')).toBeUndefined();
  });

  it('count bytes of all interfaces but the loopback', () => {
    const text = [
      'Inter-|   Receive                            |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes packets',
      '    lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0',
      '  eth0:1000 9 0 0 0 0 0 0 300 4 0 0 0 0 0 0',
      '  wlan0: 20 9 0 0 0 0 0 0 3 4 0 0 0 0 0 0',
    ].join('\n');
    expect(parseNetworkBytes(text)).toEqual({ inBytes: 1020, outBytes: 303 });
  });

  it('fall back to those of Node where there is no proc file system', () => {
    const counters = readHostCounters('/nowhere');
    expect(counters.busySeconds).toBeGreaterThan(0);
    expect(counters.networkInBytes).toBe(0);
  });
});

describe('the size of a folder', () => {
  it('is what its files really take, and follows no links', async () => {
    const folder = makeTempFolder();
    mkdirSync(join(folder, 'machines/a'), { recursive: true });
    writeFileSync(join(folder, 'machines/a/sparse.img'), '');
    truncateSync(join(folder, 'machines/a/sparse.img'), GIB);
    writeFileSync(join(folder, 'outside'), Buffer.alloc(8 * MIB, 1));
    symlinkSync(join(folder, 'outside'), join(folder, 'machines/a/link'));
    expect(await allocatedBytes(join(folder, 'machines'))).toBeLessThan(MIB);
    writeFileSync(join(folder, 'machines/a/full.img'), Buffer.alloc(4 * MIB, 1));
    expect(await allocatedBytes(join(folder, 'machines'))).toBeGreaterThanOrEqual(4 * MIB);
  });

  it('is nothing when there is no folder', async () => {
    expect(await allocatedBytes('/nowhere/at/all')).toBe(0);
  });
});
