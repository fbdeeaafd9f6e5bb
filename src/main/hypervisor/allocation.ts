import { divide, divideWhole, type Part } from './water-level.ts';

/** A pool or a machine in the tree that shares one resource of the host. Amounts in one unit: processors, or MiB. */
export interface AllocationNode {
  id: string;
  /** The pool around it; null, or a pool that is not in the list: the host itself. A machine holds nothing. */
  parentId: string | null;
  kind: 'pool' | 'machine';
  /** Given whenever it is wanted, before anybody's shares count; 0 for none. */
  reservation: number;
  /** Never more than this; null for none. */
  limit: number | null;
  /** Weight among its siblings, above 0. */
  shares: number;
  /** What a machine would use if it got it; a pool's is that of its machines. */
  demand: number;
}

export interface AllocationRequest {
  /** What the host can give. */
  capacity: number;
  /** Free of cycles (`pool-rules.ts`); in any order. */
  nodes: readonly AllocationNode[];
  /** `whole`: grants are whole units; capacity is rounded down, demands and limits are whole already. */
  unit: 'fraction' | 'whole';
}

/**
 * What keeps a grant from being more: nothing (`demand`), the limit of its own, the limit of a pool around it, or that
 * others want it, too; `reservation` when it was that which gave it this much.
 */
export type GrantReason = 'demand' | 'limit' | 'poolLimit' | 'reservation' | 'shares';

export interface Grant {
  amount: number;
  /** What it could use: its demand within its limit; of a pool, that of all in it within its limit. */
  wanted: number;
  reason: GrantReason;
}

/** A node on its way through the tree: first from the leaves to the root, then back. */
interface Place {
  node: AllocationNode | null;
  parent: Place | null;
  children: Place[];
  wanted: number;
  /** The part of `wanted` that is reserved, by itself or by those in it. */
  reserved: number;
  amount: number;
  /** A pool on the way to the host stands at its limit. */
  isUnderLimit: boolean;
}

/** Differences below this are dust of floating point. */
const DUST = 1e-9;

/**
 * Allocates one resource: weighted max-min fairness with reservations and limits over the tree of pools and machines.
 * Each pool divides what it was given among its children by their shares, none below its reservation and none beyond
 * its demand or limit; the host does the same. Work-conserving: nothing stays idle that somebody within its limits
 * wants. Reservations that are more than there is (overcommitted, or the host has shrunk) are cut by shares.
 * Pure; O(n log n) for n nodes. Returns the grants of machines and pools by id.
 */
export function allocate({ capacity, nodes, unit }: AllocationRequest): Map<string, Grant> {
  const order = placesFromRoot(nodes);
  for (let index = order.length - 1; index >= 0; index -= 1) {
    const place = order[index];
    if (place) gatherDemand(place);
  }
  const grants = new Map<string, Grant>();
  const split = unit === 'whole' ? divideWhole : divide;
  const available = Math.max(0, unit === 'whole' ? Math.floor(capacity) : capacity);
  for (const place of order) {
    if (place.parent === null) place.amount = Math.min(available, place.wanted);
    else if (place.node) grants.set(place.node.id, grantOf(place.node, place));
    handDown(place, split);
  }
  return grants;
}

/** The host first, every pool before those in it. Pools in a circle are never reached, and get nothing. */
function placesFromRoot(nodes: readonly AllocationNode[]): Place[] {
  const root = newPlace(null);
  const byId = new Map(nodes.map((node) => [node.id, newPlace(node)]));
  for (const place of byId.values()) {
    const around = place.node?.parentId == null ? undefined : byId.get(place.node.parentId);
    place.parent = around?.node?.kind === 'pool' ? around : root;
    place.parent.children.push(place);
  }
  const order = [root];
  for (const place of order) order.push(...place.children); // grows while it is walked: breadth first
  return order;
}

function newPlace(node: AllocationNode | null): Place {
  return { node, parent: null, children: [], wanted: 0, reserved: 0, amount: 0, isUnderLimit: false };
}

function gatherDemand(place: Place): void {
  const { node, children } = place;
  let wanted = node?.kind === 'machine' ? node.demand : 0;
  let reservedInside = 0;
  for (const child of children) {
    wanted += child.wanted;
    reservedInside += child.reserved;
  }
  place.wanted = Math.max(0, Math.min(wanted, node?.limit ?? Number.POSITIVE_INFINITY));
  place.reserved = Math.min(Math.max(node?.reservation ?? 0, reservedInside), place.wanted);
}

function handDown(place: Place, split: (total: number, parts: Part[]) => number[]): void {
  const { children, node } = place;
  if (children.length === 0) return;
  const isAtLimit = node !== null && node.limit !== null && place.amount >= node.limit - DUST;
  const parts = children.map(({ reserved, wanted, node: child }) => ({
    floor: reserved,
    ceiling: wanted,
    shares: child?.shares ?? 1,
  }));
  const amounts = split(place.amount, parts);
  children.forEach((child, index) => {
    child.amount = amounts[index] ?? 0;
    child.isUnderLimit = place.isUnderLimit || isAtLimit;
  });
}

function grantOf(node: AllocationNode, { amount, wanted, reserved, isUnderLimit }: Place): Grant {
  return { amount, wanted, reason: reasonOf() };

  function reasonOf(): GrantReason {
    const isFull = amount >= wanted - DUST;
    if (isFull) return node.limit !== null && wanted >= node.limit - DUST ? 'limit' : 'demand';
    if (isUnderLimit) return 'poolLimit';
    return reserved > 0 && amount <= reserved + DUST ? 'reservation' : 'shares';
  }
}
