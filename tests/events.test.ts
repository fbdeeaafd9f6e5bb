import { describe, expect, it } from 'vitest';
import { type ChangeEvent, createEvents } from '../src/main/events.ts';
import type { WorldEvent } from '../src/shared/event-contract.ts';
import { MachineId } from '../src/shared/model/machine.ts';
import { refusalOf } from './support/refusal.ts';

const SNAPSHOT: WorldEvent = {
  kind: 'snapshot',
  machines: [],
  media: [],
  snapshots: [],
  pools: [],
  networks: [],
  tasks: [],
};
const removed = (digit: number): ChangeEvent => ({
  kind: 'machineRemoved',
  id: MachineId.parse(`00000000-0000-4000-8000-00000000000${digit}`),
});

describe('a subscription', () => {
  it('opens with nothing for those who look for themselves', async () => {
    const events = createEvents();
    const stream = events.watch();
    events.publish(removed(1));
    expect((await stream.next()).value).toEqual(SNAPSHOT);
    expect((await stream.next()).value).toEqual(removed(1));
  });

  it('opens with the snapshot, then has every change in order, whether it waits or lags', async () => {
    const events = createEvents();
    events.publish(removed(0));
    const stream = events.subscribe(() => SNAPSHOT);
    events.publish(removed(1));
    events.publish(removed(2));
    expect((await stream.next()).value).toEqual(SNAPSHOT);
    expect((await stream.next()).value).toEqual(removed(1));
    expect((await stream.next()).value).toEqual(removed(2));
    const waiting = stream.next();
    events.publish(removed(3));
    expect((await waiting).value).toEqual(removed(3));
  });

  it('answers several waits in the order they came', async () => {
    const events = createEvents();
    const stream = events.subscribe(() => SNAPSHOT);
    await stream.next();
    const both = Promise.all([stream.next(), stream.next()]);
    events.publish(removed(1));
    events.publish(removed(2));
    expect((await both).map(({ value }) => value)).toEqual([removed(1), removed(2)]);
  });

  it('ends at once when it is left, also with a wait under way', async () => {
    const events = createEvents();
    const stream = events.subscribe(() => SNAPSHOT);
    await stream.next();
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    events.publish(removed(1));
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('that lags too far is cut off with a way out; the others go on', async () => {
    const events = createEvents(3);
    const slow = events.subscribe(() => SNAPSHOT);
    const quick = events.subscribe(() => SNAPSHOT);
    const seen: unknown[] = [(await quick.next()).value];
    for (let digit = 0; digit < 5; digit += 1) {
      events.publish(removed(digit));
      seen.push((await quick.next()).value);
    }
    expect(seen).toHaveLength(6);
    const refusal = await refusalOf(() => slow.next());
    expect(refusal).toMatchObject({ code: 'TIMEOUT' });
    expect(refusal.hint).toContain('Subscribe again');
    expect((await slow.next()).done).toBe(true);
  });

  it('whose snapshot fails is none', async () => {
    const events = createEvents();
    const subscribe = () =>
      events.subscribe(() => {
        throw new Error('no snapshot');
      });
    expect(subscribe).toThrow('no snapshot');
    events.publish(removed(1));
  });

  it('ends when the program does, after what it has not read yet', async () => {
    const events = createEvents();
    const stream = events.subscribe(() => SNAPSHOT);
    events.close();
    const rest: WorldEvent[] = [];
    for await (const event of stream) rest.push(event);
    expect(rest).toEqual([SNAPSHOT]);
  });
});
