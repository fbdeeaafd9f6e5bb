import { InnError } from '../shared/errors.ts';
import type { WorldEvent } from '../shared/event-contract.ts';

/** A change of the world: every event but the opening snapshot. */
export type ChangeEvent = Exclude<WorldEvent, { kind: 'snapshot' }>;

export interface Events {
  /** Hands the change to every subscriber. Called by `commit` after the transaction; other callers have no database. */
  publish(event: ChangeEvent): void;
  /**
   * Opens a stream with `snapshot()`, then every change since, in order. The snapshot is taken in the same turn as the
   * subscription begins, so that no change is lost or told twice. Ending the iteration unsubscribes.
   * A subscriber that falls `QUEUE_LIMIT` events behind is cut off: its next step throws `TIMEOUT`.
   */
  subscribe(snapshot: () => WorldEvent): AsyncIterableIterator<WorldEvent>;
  /** As `subscribe`, for those who look at the world themselves: the stream opens with nothing in it, at once. */
  watch(): AsyncIterableIterator<WorldEvent>;
  /** Ends every stream, as when the core closes. */
  close(): void;
}

/** A world with nothing in it. */
const NOTHING: WorldEvent = {
  kind: 'snapshot',
  machines: [],
  media: [],
  snapshots: [],
  pools: [],
  networks: [],
  tasks: [],
};

/** Events that wait for one subscriber at most. A burst over a thousand machines fits several times. */
export const QUEUE_LIMIT = 8192;

export function createEvents(queueLimit: number = QUEUE_LIMIT): Events {
  const queues = new Set<EventQueue>();
  const subscribe = (snapshot: () => WorldEvent): EventQueue => {
    const queue = new EventQueue(queueLimit, () => queues.delete(queue));
    queue.push(snapshot());
    queues.add(queue);
    return queue;
  };
  return {
    publish: (event) => {
      for (const queue of queues) queue.push(event);
    },
    subscribe,
    watch: () => subscribe(() => NOTHING),
    close: () => {
      for (const queue of [...queues]) queue.end();
    },
  };
}

interface Waiter {
  resolve(result: IteratorResult<WorldEvent>): void;
  reject(error: InnError): void;
}

/** The queue of one subscriber. Written by hand because a generator's `return` would wait for its pending `next`. */
class EventQueue implements AsyncIterableIterator<WorldEvent> {
  readonly #limit: number;
  readonly #leave: () => void;
  #waiting: WorldEvent[] = [];
  #waiters: Waiter[] = [];
  #hasEnded = false;
  #failure: InnError | undefined;

  constructor(limit: number, leave: () => void) {
    this.#limit = limit;
    this.#leave = leave;
  }

  push(event: WorldEvent): void {
    if (this.#hasEnded) return;
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve({ done: false, value: event });
    else if (this.#waiting.push(event) > this.#limit) this.#cutOff();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#leave();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  async next(): Promise<IteratorResult<WorldEvent>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    const event = this.#waiting.shift();
    if (event) return { done: false, value: event };
    if (this.#hasEnded) return { done: true, value: undefined };
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<WorldEvent>> {
    this.#waiting = [];
    this.#failure = undefined;
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #cutOff(): void {
    this.#waiting = [];
    this.#failure = new InnError('TIMEOUT', `The subscriber fell more than ${this.#limit} events behind.`, {
      hint: 'Subscribe again: a new stream opens with the present state.',
    });
    this.end();
  }
}
