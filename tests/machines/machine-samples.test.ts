import { describe, expect, it } from 'vitest';
import type { GuestUsage, Session } from '../../src/main/engines/engine.ts';
import { LiveSession } from '../../src/main/machines/live-session.ts';
import { MachineSamples } from '../../src/main/machines/machine-samples.ts';
import type { MachineId } from '../../src/shared/model/machine.ts';

/** A process of which only the counters matter. */
class CountedProcess {
  readonly live: LiveSession;
  processorSeconds = 0;
  diskWriteBytes = 0;
  questions = 0;
  isCountedByHost = true;

  constructor(number: number) {
    const session = {
      runtime: { pid: number, startedAt: '2026-01-01T00:00:00Z', runtimeFolder: `/run/${number}` },
      exit: new Promise(() => undefined),
      sample: async () => this.#answer(),
      readHostCounters: () =>
        this.isCountedByHost ? { processorSeconds: this.processorSeconds, residentBytes: 1 } : undefined,
    };
    // The samples need nothing else of a session.
    this.live = new LiveSession(`machine-${number}` as MachineId, session as unknown as Session);
  }

  #answer(): GuestUsage {
    this.questions += 1;
    return {
      ...{ processorSeconds: this.processorSeconds, residentBytes: 1, guestMemoryBytes: 1, diskReadBytes: 0 },
      ...{ diskWriteBytes: this.diskWriteBytes, networkInBytes: 0, networkOutBytes: 0 },
      ...{ balloonBytes: null, guestFreeBytes: null },
    };
  }
}

function makeRounds(count: number) {
  let nowMs = 0;
  const processes = Array.from({ length: count }, (_, index) => new CountedProcess(index));
  const samples = new MachineSamples(() => nowMs);
  /** A round a second. */
  const round = () => {
    nowMs += 1000;
    return samples.take(processes.map(({ live }) => live));
  };
  const rounds = async (many: number) => {
    for (let index = 0; index < many; index += 1) await round();
  };
  return { processes, round, rounds };
}

const first = <T>(items: readonly T[]): T => items[0] ?? expect.fail('there is none');

/** More machines than are asked in a second. */
const CROWD = 21;

describe('samples of machines', () => {
  it('ask each of a few machines each second', async () => {
    const { processes, rounds } = makeRounds(20);
    await rounds(5);
    expect(new Set(processes.map(({ questions }) => questions))).toEqual(new Set([5]));
  });

  it('tell processor time each second of a machine that is hardly asked', async () => {
    const { processes, round, rounds } = makeRounds(CROWD);
    await rounds(1);
    for (let second = 1; second <= 10; second += 1) {
      first(processes).processorSeconds += 0.01;
      expect(first(await round()).usage.processorSeconds).toBeCloseTo(second / 100, 9);
    }
    expect(first(processes).questions).toBe(2);
  });

  it('ask a machine of a crowd that works each second', async () => {
    const { processes, round, rounds } = makeRounds(CROWD);
    await rounds(1);
    for (const written of [100, 200, 300]) {
      Object.assign(first(processes), { processorSeconds: written / 1000, diskWriteBytes: written });
      expect(first(await round()).usage.diskWriteBytes).toBe(written);
    }
  });

  it('tell within seconds what a quiet machine of a crowd wrote', async () => {
    const { processes, round, rounds } = makeRounds(CROWD);
    await rounds(1);
    first(processes).diskWriteBytes = 512;
    await rounds(9);
    expect(first(await round()).usage.diskWriteBytes).toBe(512);
  });

  it('ask each second where the host counts nothing', async () => {
    const { processes, rounds } = makeRounds(1);
    first(processes).isCountedByHost = false;
    await rounds(5);
    expect(first(processes).questions).toBe(5);
  });

  it('come to everyone in a crowd that works, twenty in a second', async () => {
    const { processes, rounds } = makeRounds(100);
    await rounds(1); // a machine that was never asked is asked at once
    for (let second = 1; second <= 10; second += 1) {
      for (const process of processes) process.processorSeconds = second;
      await rounds(1);
    }
    expect(new Set(processes.map(({ questions }) => questions))).toEqual(new Set([3]));
  });
});
