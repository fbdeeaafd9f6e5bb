import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type AllocationNode, type AllocationRequest, allocate } from '../../src/main/hypervisor/allocation.ts';
import { divide } from '../../src/main/hypervisor/water-level.ts';
import { isMachine, poolsAround, randomTree } from './random-trees.ts';

const DUST = 1e-6;
const fraction = randomTree({ unit: 'fraction' });
const whole = randomTree({ unit: 'whole' });
const either = fc.oneof(fraction, whole);

const amounts = (request: AllocationRequest) => new Map([...allocate(request)].map(([id, { amount }]) => [id, amount]));

function check(tree: fc.Arbitrary<AllocationRequest>, holds: (request: AllocationRequest) => void): void {
  fc.assert(fc.property(tree, holds), { numRuns: 2000 });
}

const limitOf = ({ limit }: AllocationNode) => limit ?? Number.POSITIVE_INFINITY;
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** What all machines in a pool, or on the host, got together. */
function insideOf({ nodes }: AllocationRequest, granted: Map<string, number>, pool: AllocationNode | null): number {
  const isInside = (node: AllocationNode) => pool === null || poolsAround(nodes, node).includes(pool);
  return sum(nodes.filter((node) => isMachine(node) && isInside(node)).map(({ id }) => granted.get(id) ?? 0));
}

describe('allocation over random trees', () => {
  it('never gives more than the host has, a limit on the way allows, or a machine wants', () => {
    check(either, (request) => {
      const granted = amounts(request);
      expect(insideOf(request, granted, null)).toBeLessThanOrEqual(request.capacity + DUST);
      for (const node of request.nodes) {
        const amount = granted.get(node.id) ?? -1;
        expect(amount).toBeGreaterThanOrEqual(0);
        expect(amount).toBeLessThanOrEqual(limitOf(node) + DUST);
        if (isMachine(node)) expect(amount).toBeLessThanOrEqual(node.demand + DUST);
        else expect(insideOf(request, granted, node)).toBeCloseTo(amount, 5);
      }
    });
  });

  it('leaves nothing idle that a machine within its limits wants', () => {
    check(either, (request) => {
      const granted = amounts(request);
      const isFull = (pool: AllocationNode) => insideOf(request, granted, pool) >= limitOf(pool) - DUST;
      const isHostFull = insideOf(request, granted, null) >= Math.floor(request.capacity * 1e6) / 1e6 - DUST;
      for (const node of request.nodes.filter(isMachine)) {
        const isServed = (granted.get(node.id) ?? 0) >= Math.min(node.demand, limitOf(node)) - DUST;
        expect(isServed || isHostFull || poolsAround(request.nodes, node).some(isFull)).toBe(true);
      }
    });
  });

  it('meets every reservation that is wanted, when all of them together can be met', () => {
    check(either, (request) => {
      const feasible = withinMeans(request);
      const granted = amounts(feasible);
      for (const node of feasible.nodes.filter(isMachine)) {
        const due = Math.min(node.reservation, node.demand, limitOf(node));
        expect(granted.get(node.id)).toBeGreaterThanOrEqual(due - DUST);
      }
    });
  });

  it('meets the reservation of a pool for the machines in it', () => {
    check(either, (request) => {
      const feasible = withinMeans(request);
      const granted = allocate(feasible);
      for (const pool of feasible.nodes.filter((node) => !isMachine(node))) {
        const { amount = -1, wanted = 0 } = granted.get(pool.id) ?? {};
        expect(amount).toBeGreaterThanOrEqual(Math.min(pool.reservation, wanted) - DUST);
      }
    });
  });

  it('gives equal siblings with equal demand the same, to a unit', () => {
    check(either, (request) => {
      const twin = request.nodes.find(isMachine);
      if (!twin) return;
      const granted = amounts({ ...request, nodes: [...request.nodes, { ...twin, id: 'twin' }] });
      const slack = request.unit === 'whole' ? 1 : DUST;
      expect(Math.abs((granted.get('twin') ?? 0) - (granted.get(twin.id) ?? 9e9))).toBeLessThanOrEqual(slack);
    });
  });

  it('never gives less to who has more shares', () => {
    const raise = fc.record({ request: either, who: fc.nat(), factor: fc.integer({ min: 2, max: 50 }) });
    fc.assert(
      fc.property(raise, ({ request, who, factor }) => {
        const raised = request.nodes[who % request.nodes.length];
        if (!raised) return;
        const more = { ...raised, shares: raised.shares * factor };
        const nodes = request.nodes.map((node) => (node === raised ? more : node));
        const before = amounts(request).get(raised.id) ?? 0;
        expect(amounts({ ...request, nodes }).get(raised.id)).toBeGreaterThanOrEqual(before - DUST);
      }),
      { numRuns: 2000 },
    );
  });

  it('divides between siblings that both want more in proportion to their shares', () => {
    check(randomTree({ unit: 'fraction', isPlain: true }), (request) => {
      const grants = allocate(request);
      const hungry = request.nodes.filter((node) => grants.get(node.id)?.reason === 'shares');
      for (const a of hungry) {
        for (const b of hungry.filter(({ parentId }) => parentId === a.parentId)) {
          const [ofA, ofB] = [grants.get(a.id)?.amount ?? 0, grants.get(b.id)?.amount ?? 0];
          expect(Math.abs(ofA / a.shares - ofB / b.shares)).toBeLessThanOrEqual(DUST);
        }
      }
    });
  });

  it('grows with everything in proportion', () => {
    check(fraction, (request) => {
      const k = 16; // a power of two: exact in floating point
      const nodes = request.nodes.map((node) => ({
        ...node,
        reservation: node.reservation * k,
        limit: node.limit === null ? null : node.limit * k,
        demand: node.demand * k,
      }));
      const grown = amounts({ ...request, nodes, capacity: request.capacity * k });
      for (const [id, amount] of amounts(request)) expect(grown.get(id)).toBeCloseTo(amount * k, 5);
    });
  });

  it('does not depend on the order of the list', () => {
    fc.assert(
      fc.property(fraction, fc.infiniteStream(fc.nat()), (request, draws) => {
        const nodes = [...request.nodes];
        for (let last = nodes.length - 1; last > 0; last -= 1) {
          const other = draws.next().value % (last + 1);
          [nodes[last], nodes[other]] = [nodes[other] as AllocationNode, nodes[last] as AllocationNode];
        }
        const shuffled = amounts({ ...request, nodes });
        for (const [id, amount] of amounts(request)) expect(shuffled.get(id)).toBeCloseTo(amount, 6);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives whole units where they are asked for', () => {
    check(whole, (request) => {
      for (const amount of amounts(request).values()) expect(Number.isInteger(amount)).toBe(true);
    });
  });
});

/** The tree with reservations that fit: each pool reserves for those in it, has no limit below that, and the host has it. */
function withinMeans(request: AllocationRequest): AllocationRequest {
  const nodes = request.nodes.map((node) => ({ ...node }));
  for (const node of [...nodes].reverse()) {
    // Children stand behind their parents in the list, so that theirs are summed up by now.
    const inside = sum(nodes.filter(({ parentId }) => parentId === node.id).map(({ reservation }) => reservation));
    node.reservation = Math.max(node.reservation, inside);
    if (node.limit !== null) node.limit = Math.max(node.limit, node.reservation);
  }
  const onHost = sum(nodes.filter(({ parentId }) => parentId === null).map(({ reservation }) => reservation));
  return { ...request, nodes, capacity: Math.max(request.capacity, Math.ceil(onHost)) };
}

describe('allocation by example', () => {
  const machine = (id: string, rest: Partial<AllocationNode> = {}): AllocationNode => ({
    ...{ id, parentId: null, kind: 'machine', reservation: 0, limit: null, shares: 1000, demand: 1 },
    ...rest,
  });
  const processors = (capacity: number, ...nodes: AllocationNode[]) => allocate({ capacity, nodes, unit: 'fraction' });

  it('divides one processor 3:1 by shares', () => {
    const grants = processors(1, machine('a', { shares: 3000 }), machine('b'));
    expect([grants.get('a')?.amount, grants.get('b')?.amount]).toEqual([0.75, 0.25]);
    expect(grants.get('a')?.reason).toBe('shares');
  });

  it('gives what an idle machine leaves to the others by their shares', () => {
    const grants = processors(1, machine('a', { shares: 3000 }), machine('b'), machine('idle', { demand: 0.2 }));
    expect(grants.get('a')?.amount).toBeCloseTo(0.6);
    expect(grants.get('idle')).toMatchObject({ amount: 0.2, reason: 'demand' });
  });

  it('holds a reservation while five others want everything', () => {
    const others = Array.from({ length: 5 }, (_, index) => machine(`other ${index}`));
    const grants = processors(1, machine('a', { reservation: 0.6 }), ...others);
    expect(grants.get('a')).toMatchObject({ amount: 0.6, reason: 'reservation' });
    expect(grants.get('other 3')?.amount).toBeCloseTo(0.08);
  });

  it('says whose limit it was', () => {
    const pool: AllocationNode = machine('pool', { kind: 'pool', limit: 0.5, demand: 0 });
    const grants = processors(4, pool, machine('in pool', { parentId: 'pool' }), machine('limited', { limit: 0.25 }));
    expect(grants.get('in pool')).toMatchObject({ amount: 0.5, reason: 'poolLimit' });
    expect(grants.get('limited')).toMatchObject({ amount: 0.25, reason: 'limit' });
    expect(grants.get('pool')).toMatchObject({ amount: 0.5, wanted: 0.5 });
  });

  it('hands out the last MiB to the largest remainders', () => {
    const nodes = ['a', 'b', 'c'].map((id) => machine(id, { demand: 100 }));
    const grants = allocate({ capacity: 100, nodes, unit: 'whole' });
    expect([...grants.values()].map(({ amount }) => amount)).toEqual([34, 33, 33]);
  });

  it('cuts reservations by shares when the host cannot keep them all', () => {
    const grants = processors(1, machine('a', { reservation: 1, shares: 3000 }), machine('b', { reservation: 1 }));
    expect(grants.get('a')?.amount).toBeCloseTo(0.75);
  });

  it('takes a machine of an unknown pool for one of the host', () => {
    expect(processors(1, machine('a', { parentId: 'gone' })).get('a')?.amount).toBe(1);
  });
});

describe('the cost of an allocation', () => {
  /** Machines in 1 % as many pools, all hungry, all different: the worst that sorting can meet. */
  function crowd(count: number): AllocationRequest {
    const pools = Math.max(1, Math.floor(count / 100));
    const claim = (seed: number) => ({ reservation: 0.001, limit: 1, shares: 1 + ((seed * 7919) % 10_007) });
    const nodes: AllocationNode[] = [];
    for (let pool = 0; pool < pools; pool += 1) {
      nodes.push({ id: `p${pool}`, parentId: null, kind: 'pool', demand: 0, ...claim(pool), limit: null });
    }
    for (let index = 0; index < count; index += 1) {
      nodes.push({ id: `m${index}`, parentId: `p${index % pools}`, kind: 'machine', demand: 1, ...claim(index) });
    }
    return { capacity: count / 10, nodes, unit: 'fraction' };
  }

  /** How often claims are read while they are shared out: the work, whatever else the computer does. */
  function readings(count: number): number {
    const request = crowd(count);
    let read = 0;
    const get = (...at: [AllocationNode, string | symbol]): unknown => {
      read += 1;
      return Reflect.get(...at);
    };
    allocate({ ...request, nodes: request.nodes.map((node) => new Proxy(node, { get })) });
    return read;
  }

  /** Comparisons that sorting asks for while so many parts, all different, are given their share. */
  function comparisons(count: number): number {
    const parts = Array.from({ length: count }, (_, index) => ({
      ...{ floor: 0.001, ceiling: 1, shares: 1 + ((index * 7919) % 10_007) },
    }));
    let compared = 0;
    const sort = vi.spyOn(Array.prototype, 'sort').mockImplementation(function sorted(this: unknown[], compare) {
      const counting = (a: unknown, b: unknown): number => {
        compared += 1;
        return compare?.(a, b) ?? 0;
      };
      this.splice(0, this.length, ...this.toSorted(counting));
      return this;
    });
    try {
      divide(count / 10, parts);
    } finally {
      sort.mockRestore();
    }
    return compared;
  }

  it('reads each claim a fixed number of times', () => {
    expect(readings(16_000)).toBeLessThan(readings(1000) * 17);
  });

  it('compares no more than a sort must', () => {
    expect(comparisons(16_000)).toBeGreaterThan(16_000);
    // Sixteen times the machines: n log n asks for some 22 times the work, n² for 256 times.
    expect(comparisons(16_000) / comparisons(1000)).toBeLessThan(30);
  });
});
