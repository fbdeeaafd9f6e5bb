import type { ChangeEvent, Events } from '../events.ts';
import type { Database } from './database.ts';

/**
 * Runs `work` in one transaction and publishes the events it collected once the transaction is committed, in order.
 * When `work` throws, everything is rolled back, nothing is published and the error goes on. A commit inside a commit
 * joins it. `work` must be synchronous: a transaction does not wait.
 */
export type Commit = <T>(work: (publish: (event: ChangeEvent) => void) => T) => T;

export function createCommit(db: Pick<Database, 'transaction'>, events: Pick<Events, 'publish'>): Commit {
  let collected: ChangeEvent[] | undefined;

  return (work) => {
    const isOutermost = collected === undefined;
    const own: ChangeEvent[] = [];
    const outer = collected;
    collected = own;
    let result: ReturnType<typeof work>;
    try {
      result = db.transaction(() => work((event) => own.push(event)));
    } finally {
      collected = outer;
    }
    if (isOutermost) for (const event of own) events.publish(event);
    else outer?.push(...own);
    return result;
  };
}
