import { InnError } from '../../shared/errors.ts';
import type { Issue } from '../../shared/model/machine.ts';
import { MAX_POOL_DEPTH } from '../../shared/model/pool.ts';
import { formatMiB } from '../../shared/units.ts';

/** One resource of a claim, in processors or MiB. */
export interface Claim {
  reservation: number;
  limit: number | null;
}

/** A pool, or a machine that is on, as far as the rules look at it. */
export interface ClaimNode {
  id: string;
  name: string;
  kind: 'pool' | 'machine';
  parentId: string | null;
  processor: Claim;
  memory: Claim;
}

/** What the host can give to machines: its capacity less the reserve. */
export interface HostRoom {
  processors: number;
  memoryMiB: number;
}

type Resource = 'processor' | 'memory';

const WORDS: Record<Resource, (amount: number) => string> = {
  processor: (amount) => `${Number(amount.toFixed(2))} ${amount === 1 ? 'processor' : 'processors'}`,
  memory: (amount) => `${formatMiB(amount)} of memory`,
};

/** Amounts that differ by less are the same: 0.1 + 0.2 fit into 0.3. */
const DUST = 1e-9;

/**
 * Everything that is wrong with a tree of claims; empty when nothing is:
 * - no pool is in itself, and none is deeper than `MAX_POOL_DEPTH`;
 * - no limit is below the reservation beside it;
 * - what a pool's children reserve fits in what the pool reserves, and what stands on the host fits in the host's room.
 *
 * Machines that are off reserve nothing: give only those that are on, and the one that is about to change.
 * Fields of the issues are `<id>.processor.reservation` and the like.
 */
export function claimIssues(nodes: readonly ClaimNode[], host: HostRoom): Issue[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const pools = nodes.filter(({ kind }) => kind === 'pool');
  return [
    ...pools.flatMap((pool) => placeIssues(pool, byId)),
    ...nodes.flatMap((node) => [limitIssue(node, 'processor'), limitIssue(node, 'memory')].flat()),
    ...roomIssues(nodes, byId, host),
  ];
}

/**
 * The pools around a node, innermost first. Ends at the host, at a pool that is not known, and before coming round.
 */
export function poolsAround<T extends { id: string; parentId: string | null }>(
  byId: ReadonlyMap<string, T>,
  parentId: string | null,
): T[] {
  const path: T[] = [];
  for (let id = parentId; id !== null; ) {
    const pool = byId.get(id);
    if (!pool || path.includes(pool)) break;
    path.push(pool);
    id = pool.parentId;
  }
  return path;
}

/** @throws InnError `INVALID_CONFIG` with the issues as details, when there is one that was not there before */
export function assertClaims(issues: readonly Issue[], before: readonly Issue[] = []): void {
  const old = new Set(before.map(({ field, message }) => `${field} ${message}`));
  const fresh = issues.filter(({ field, message }) => !old.has(`${field} ${message}`));
  const [first] = fresh;
  if (!first) return;
  throw new InnError('INVALID_CONFIG', first.message, {
    hint: fresh.length === 1 ? 'Change it and try again.' : `Change it and ${fresh.length - 1} more, and try again.`,
    details: { issues: fresh },
  });
}

const error = (field: string, message: string): Issue => ({ severity: 'error', field, message });

function placeIssues(pool: ClaimNode, byId: ReadonlyMap<string, ClaimNode>): Issue[] {
  const around = poolsAround(byId, pool.parentId);
  if (around.includes(pool)) return [error(`${pool.id}.parentId`, `The pool '${pool.name}' cannot be within itself.`)];
  if (around.length < MAX_POOL_DEPTH) return [];
  return [
    error(
      `${pool.id}.parentId`,
      `'${pool.name}' would be ${around.length + 1} pools deep; ${MAX_POOL_DEPTH} is the most.`,
    ),
  ];
}

function limitIssue(node: ClaimNode, resource: Resource): Issue[] {
  const { reservation, limit } = node[resource];
  if (limit === null || limit >= reservation - DUST) return [];
  const words = WORDS[resource];
  return [
    error(
      `${node.id}.${resource}.limit`,
      `The limit of '${node.name}' (${words(limit)}) is below its reservation (${words(reservation)}).`,
    ),
  ];
}

function roomIssues(nodes: readonly ClaimNode[], byId: ReadonlyMap<string, ClaimNode>, host: HostRoom): Issue[] {
  const reserved = new Map<ClaimNode | null, Record<Resource, number>>();
  for (const node of nodes) {
    const parent = (node.parentId !== null && byId.get(node.parentId)) || null;
    const sums = reserved.get(parent) ?? { processor: 0, memory: 0 };
    sums.processor += node.processor.reservation;
    sums.memory += node.memory.reservation;
    reserved.set(parent, sums);
  }
  const room = { processor: host.processors, memory: host.memoryMiB };
  return [...reserved].flatMap(([pool, sums]) =>
    (['processor', 'memory'] as const).flatMap((resource) =>
      roomIssue(pool, resource, sums[resource], pool ? pool[resource].reservation : room[resource]),
    ),
  );
}

function roomIssue(pool: ClaimNode | null, resource: Resource, reserved: number, room: number): Issue[] {
  if (reserved <= room + DUST) return [];
  const words = WORDS[resource];
  const claim = `reserves ${words(reserved)} together, but`;
  const message = pool
    ? `What is in '${pool.name}' ${claim} the pool itself reserves only ${words(room)}.`
    : `What stands on the host ${claim} the host can give only ${words(room)}.`;
  return [error(`${pool?.id ?? 'host'}.${resource}.reservation`, message)];
}
