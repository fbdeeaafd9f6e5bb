import { describe, expect, it } from 'vitest';
import { HeldDatagrams, type HeldDatagramsOptions } from '../../../src/main/networks/gateway/held-datagrams.ts';
import { VirtualClock } from './virtual-clock.ts';

const FROM = { address: '127.0.0.1', port: 40_000 };

function hold(options: Partial<HeldDatagramsOptions<'guest'>> = {}) {
  const clock = new VirtualClock();
  const delivered: number[] = [];
  let asked = 0;
  let guest: 'guest' | 'refused' | undefined;
  const held = new HeldDatagrams<'guest'>({
    clock,
    wake: () => {
      asked += 1;
      return true;
    },
    find: async () => guest,
    deliver: (_, { payload }) => void delivered.push(payload[0] ?? -1),
    ...options,
  });
  return {
    ...{ clock, held, delivered },
    asked: () => asked,
    take: (mark: number, bytes = 1) => held.hold({ payload: new Uint8Array(bytes).fill(mark), from: FROM }),
    become: (next: typeof guest) => {
      guest = next;
    },
    /** So much time passes; the guest is looked for meanwhile. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 250) {
        clock.runUntil(clock.nowMs() + Math.min(250, left));
        await new Promise(setImmediate);
      }
    },
  };
}

describe('datagrams to a guest that sleeps', () => {
  it('are delivered in the order they came in once it is up, and it is woken once', async () => {
    const rig = hold();
    for (const mark of [1, 2, 3]) rig.take(mark);
    await rig.pass(3000);
    expect([rig.delivered, rig.asked(), rig.held.isHolding]).toEqual([[], 1, true]);
    rig.become('guest');
    await rig.pass(1000);
    expect([rig.delivered, rig.held.isHolding]).toEqual([[1, 2, 3], false]);
  });

  it('are forgotten when nobody wakes it, and each after its minute', async () => {
    const alone = hold({ wake: () => false });
    alone.take(1);
    expect(alone.held.isHolding).toBe(false);
    const rig = hold();
    rig.take(1);
    await rig.pass(40_000);
    rig.take(2);
    await rig.pass(30_000);
    rig.become('guest');
    await rig.pass(1000);
    expect([rig.delivered, rig.asked()]).toEqual([[2], 2]); // what woke it may have failed: it was asked for again
  });

  it('take little room: the oldest give way', async () => {
    const many = hold();
    for (let mark = 0; mark < 100; mark += 1) many.take(mark);
    many.become('guest');
    await many.pass(1000);
    expect(many.delivered).toEqual(Array.from({ length: 64 }, (_, index) => index + 36));
    const large = hold();
    for (let mark = 0; mark < 10; mark += 1) large.take(mark, 60_000);
    large.become('guest');
    await large.pass(1000);
    expect(large.delivered).toEqual([6, 7, 8, 9]);
  });

  it('are forgotten when its profile lets nobody in, or the port is closed', async () => {
    const rig = hold();
    rig.take(1);
    rig.become('refused');
    await rig.pass(1000);
    expect([rig.held.isHolding, rig.delivered]).toEqual([false, []]);
    const closed = hold();
    closed.take(1);
    closed.held.close();
    closed.become('guest');
    await closed.pass(1000);
    expect(closed.delivered).toEqual([]);
  });
});
