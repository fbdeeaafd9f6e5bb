import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/main/events.ts';
import { MachineId } from '../../src/shared/model/machine.ts';
import { INSERT_PLAIN_MEDIUM } from '../support/plain-medium.ts';
import { openStore } from '../support/store.ts';

const removed = (digit: number): ChangeEvent => ({
  kind: 'machineRemoved',
  id: MachineId.parse(`00000000-0000-4000-8000-00000000000${digit}`),
});

describe('commit', () => {
  it('publishes what was collected, in order, once the transaction is over', () => {
    const { commit, published, db } = openStore();
    commit((publish) => {
      publish(removed(1));
      publish(removed(2));
      expect(published).toEqual([]);
      expect(db.sql.inTransaction).toBe(true);
    });
    expect(db.sql.inTransaction).toBe(false);
    expect(published).toEqual([removed(1), removed(2)]);
  });

  it('publishes nothing and keeps nothing when the work throws', () => {
    const { commit, published, db } = openStore();
    const work = () =>
      commit((publish) => {
        publish(removed(1));
        db.sql.exec(INSERT_PLAIN_MEDIUM);
        throw new Error('stop');
      });
    expect(work).toThrow('stop');
    expect(published).toEqual([]);
    expect(db.sql.prepare('SELECT * FROM medium').all()).toEqual([]);
  });

  it('joins the commit around it: its events wait for the outer one, and go with it when it fails', () => {
    const { commit, published } = openStore();
    commit((publish) => {
      commit((inner) => inner(removed(1)));
      expect(published).toEqual([]);
      publish(removed(2));
    });
    expect(published).toEqual([removed(1), removed(2)]);
    const failing = () =>
      commit(() => {
        commit((inner) => inner(removed(3)));
        throw new Error('stop');
      });
    expect(failing).toThrow('stop');
    expect(published).toHaveLength(2);
  });

  it('drops the events of an inner commit that failed and was caught', () => {
    const { commit, published } = openStore();
    commit((publish) => {
      const inner = () =>
        commit((publishInner) => {
          publishInner(removed(1));
          throw new Error('stop');
        });
      expect(inner).toThrow('stop');
      publish(removed(2));
    });
    expect(published).toEqual([removed(2)]);
  });
});
