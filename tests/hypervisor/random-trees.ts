import fc from 'fast-check';
import type { AllocationNode, AllocationRequest } from '../../src/main/hypervisor/allocation.ts';

interface TreeOptions {
  unit: AllocationRequest['unit'];
  /** Leaves reservations and limits out. */
  isPlain?: boolean;
}

/** Trees of up to 8 pools and 20 machines, some of them idle, greedy, limited, or reserved beyond all reason. */
export function randomTree({ unit, isPlain = false }: TreeOptions): fc.Arbitrary<AllocationRequest> {
  const amount = unit === 'whole' ? fc.integer({ min: 0, max: 64 }) : fc.double({ min: 0, max: 8, noNaN: true });
  const limit = unit === 'whole' ? fc.integer({ min: 1, max: 64 }) : fc.double({ min: 0.01, max: 8, noNaN: true });
  const often = <T>(usual: T, other: fc.Arbitrary<T>) =>
    isPlain
      ? fc.constant(usual)
      : fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
  const claim = {
    reservation: often(0, amount),
    limit: often<number | null>(null, limit),
    shares: fc.oneof(fc.constantFrom(500, 1000, 2000), fc.integer({ min: 1, max: 1_000_000 })),
  };
  const pools = fc.array(fc.record({ ...claim, parent: fc.nat() }), { maxLength: 8 });
  const machines = fc.array(fc.record({ ...claim, parent: fc.nat(), demand: amount }), { minLength: 1, maxLength: 20 });
  const capacity = unit === 'whole' ? fc.integer({ min: 0, max: 512 }) : fc.double({ min: 0, max: 32, noNaN: true });
  return fc.record({ pools, machines, capacity }).map((drawn) => ({
    capacity: drawn.capacity,
    unit,
    nodes: [
      // Each below the host or an earlier pool, so that there are no circles.
      ...drawn.pools.map(({ parent, ...rest }, index): AllocationNode => {
        const around = parent % (index + 1);
        return {
          ...rest,
          id: `pool ${index}`,
          kind: 'pool',
          demand: 0,
          parentId: around ? `pool ${around - 1}` : null,
        };
      }),
      ...drawn.machines.map(({ parent, ...rest }, index): AllocationNode => {
        const around = parent % (drawn.pools.length + 1);
        return { ...rest, id: `machine ${index}`, kind: 'machine', parentId: around ? `pool ${around - 1}` : null };
      }),
    ],
  }));
}

/** The pools around a node, innermost first. */
export function poolsAround(nodes: readonly AllocationNode[], node: AllocationNode): AllocationNode[] {
  const parent = nodes.find(({ id }) => id === node.parentId);
  return parent ? [parent, ...poolsAround(nodes, parent)] : [];
}

export const isMachine = ({ kind }: AllocationNode): boolean => kind === 'machine';
