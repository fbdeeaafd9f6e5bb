import { describe, expect, it } from 'vitest';
import { macOf, makeFrame } from './frames.ts';
import { SwitchRig } from './switch-rig.ts';

const frame = (number = 0, size = 46) =>
  makeFrame({ from: macOf(1), to: macOf(2), content: Buffer.alloc(size, number) });
const numbersOf = (frames: Buffer[]) => frames.map((each) => each[14]);

describe('the conditions of a link', () => {
  it('delay each frame, each way, and keep their order', () => {
    const rig = new SwitchRig();
    const conditions = { delayMs: 50, lossPercent: 0 };
    const [a, b] = [rig.machine(1, { conditions }), rig.machine(2)];
    a.send(frame(1));
    rig.clock.advance(20);
    a.send(frame(2));
    rig.clock.advance(29);
    expect(b.take()).toEqual([]);
    rig.clock.advance(1);
    expect(numbersOf(b.take())).toEqual([1]);
    rig.network.changePort(a.port.id, { conditions: null });
    a.send(frame(3));
    expect(b.take()).toEqual([]); // what was sent before comes before
    rig.clock.advance(20);
    expect(numbersOf(b.take())).toEqual([2, 3]);
    rig.network.changePort(a.port.id, { conditions });
    b.send(makeFrame({ from: macOf(2), to: macOf(1) }));
    expect(a.take()).toEqual([]);
    rig.clock.advance(50);
    expect(a.take()).toHaveLength(1);
  });

  it('lose the share that was asked for, and the same frames with the same seed', () => {
    const lossOf = (seed: number) => {
      const rig = new SwitchRig({ seed });
      const [a, b] = [rig.machine(1, { conditions: { delayMs: 0, lossPercent: 25 } }), rig.machine(2)];
      for (let i = 0; i < 4000; i += 1) a.send(frame(i & 0xff));
      expect(a.port.counters.dropped.loss).toBe(4000 - b.received.length);
      return numbersOf(b.take());
    };
    const first = lossOf(7);
    expect(first.length / 4000).toBeCloseTo(0.75, 1);
    expect(lossOf(7)).toEqual(first);
    expect(lossOf(8)).not.toEqual(first);
  });

  it('hold no more than a few MiB, however long the delay', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(1, { conditions: { delayMs: 10_000, lossPercent: 0 } }), rig.machine(2)];
    for (let i = 0; i < 5000; i += 1) a.send(frame(0, 1500));
    rig.clock.advance(10_000);
    const bytes = b.take().reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThan(4_000_000);
    expect(bytes).toBeLessThan(4.2 * 1024 ** 2);
    expect(a.port.counters.dropped.limit).toBeGreaterThan(1000);
  });

  it('are over when the cable is pulled', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(1, { conditions: { delayMs: 50, lossPercent: 0 } }), rig.machine(2)];
    a.send(frame());
    rig.network.changePort(a.port.id, { isCableConnected: false });
    rig.clock.advance(100);
    expect(b.take()).toEqual([]);
  });
});

describe('the bandwidth limit of an adapter', () => {
  it.each([
    ['from the guest', { limitOutBitsPerSecond: 8_000_000 }, {}],
    ['towards the guest', {}, { limitInBitsPerSecond: 8_000_000 }],
  ])('holds %s', (_way, sender, receiver) => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(1, sender), rig.machine(2, receiver)];
    const seconds = 4;
    for (let ms = 0; ms < seconds * 1000; ms += 1) {
      for (let i = 0; i < 3; i += 1) a.send(frame(0, 986)); // 3 MB/s offered, 1 MB/s allowed
      rig.clock.advance(1);
    }
    const rate = b.received.reduce((sum, { length }) => sum + length, 0) / seconds;
    expect(rate).toBeGreaterThan(970_000);
    expect(rate).toBeLessThan(1_030_000);
  });

  it('lets the other way go free', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(1, { limitOutBitsPerSecond: 8000 }), rig.machine(2)];
    for (let i = 0; i < 100; i += 1) b.send(makeFrame({ from: macOf(2), to: macOf(1), content: Buffer.alloc(1500) }));
    expect(a.take()).toHaveLength(100);
  });
});
