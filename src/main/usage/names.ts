import { InnError } from '../../shared/errors.ts';
import type { UsageTable } from '../db/usage-table.ts';
import type { MeteredMachine } from './metering.ts';

export interface KnownPool {
  id: string;
  name: string;
  parentId: string | null;
}

export interface NameSources {
  machines(): MeteredMachine[];
  pools(): KnownPool[];
  table: Pick<UsageTable, 'subjects'>;
}

/** Finds machines and pools, those that are gone among them, by name or id. */
export interface UsageNames {
  nameOf(kind: 'machine' | 'pool', id: string): { name: string; isGone: boolean };
  /** @throws InnError `MACHINE_NOT_FOUND` */
  machine(ref: string): { id: string; name: string };
  /** @throws InnError `POOL_NOT_FOUND` */
  pool(ref: string): { id: string; name: string };
  /** The pool and all below it. */
  poolAndBelow(id: string): string[];
}

/** What usage outside of every pool is called. */
const NO_POOL = 'no pool';

export function createNames({ machines, pools, table }: NameSources): UsageNames {
  const present = (kind: 'machine' | 'pool') => (kind === 'machine' ? machines() : pools());
  const past = (kind: 'machine' | 'pool') => table.subjects().filter((subject) => subject.kind === kind);
  const find = (kind: 'machine' | 'pool', ref: string) => {
    const isMeant = ({ id, name }: { id: string; name: string }) =>
      id === ref || name.toLowerCase() === ref.trim().toLowerCase();
    return present(kind).find(isMeant) ?? past(kind).find(isMeant);
  };
  return {
    nameOf(kind, id) {
      if (kind === 'pool' && id === '') return { name: NO_POOL, isGone: false };
      const found = present(kind).find((each) => each.id === id);
      if (found) return { name: found.name, isGone: false };
      return { name: past(kind).find((each) => each.id === id)?.name ?? id, isGone: true };
    },
    machine(ref) {
      const found = find('machine', ref);
      if (found) return { id: found.id, name: found.name };
      throw new InnError('MACHINE_NOT_FOUND', `There is no machine '${ref}', and none was metered.`, {
        hint: 'See `inn list`, or `inn usage` for machines that were removed.',
      });
    },
    pool(ref) {
      const found = find('pool', ref);
      if (found) return { id: found.id, name: found.name };
      throw new InnError('POOL_NOT_FOUND', `There is no pool '${ref}'.`, { hint: 'See `inn pool list`.' });
    },
    poolAndBelow(id) {
      const all = pools();
      const below = (parent: string): string[] =>
        all.filter(({ parentId }) => parentId === parent).flatMap((pool) => [pool.id, ...below(pool.id)]);
      return [id, ...below(id)];
    },
  };
}
