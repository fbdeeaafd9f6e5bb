import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { AdmissionRequest, PoolBudget } from '../../src/main/hypervisor/admission-balance.ts';
import type { MachineClaim } from '../../src/main/hypervisor/admission-claims.ts';
import { MachineId } from '../../src/shared/model/machine.ts';
import { GIB, MIB } from '../../src/shared/units.ts';

const POOLS = ['inner', 'outer'] as const;

/** A machine of 1 GiB on a host with 8 GiB, 4 of them available, and nobody else. */
export function makeRequest(changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    machineId: MachineId.parse(randomUUID()),
    name: 'web',
    kind: 'start',
    memoryBytes: GIB,
    leastMemoryBytes: 64 * MIB,
    engine: 'embedded',
    processors: 1,
    pools: [],
    host: { totalBytes: 8 * GIB, availableBytes: 4 * GIB, reserveBytes: 0, processors: 8, memoryOvercommit: 1 },
    storage: null,
    others: [],
    ...changes,
  };
}

/** A running machine that holds a third of its 3 GiB. */
export function makeClaim(changes: Partial<MachineClaim> = {}): MachineClaim {
  return {
    machineId: MachineId.parse(randomUUID()),
    name: 'other',
    engine: 'embedded',
    promisedBytes: 3 * GIB,
    residentBytes: GIB,
    typicalBytes: null,
    leastBytes: null,
    processors: 1,
    poolIds: [],
    canSave: false,
    lastUsedAt: '2026-03-01T12:00:00.000Z',
    ...changes,
  };
}

const bytes = (most: number) => fc.integer({ min: 0, max: most });

const claims = fc
  .record({
    promisedBytes: fc.integer({ min: 1, max: 4096 }).map((mib) => mib * MIB),
    residentBytes: bytes(6 * GIB),
    typicalBytes: fc.option(bytes(6 * GIB)),
    leastBytes: fc.option(bytes(4 * GIB)),
    engine: fc.constantFrom('embedded' as const, 'qemu' as const),
    processors: fc.integer({ min: 1, max: 8 }),
    poolIds: fc.constantFrom<readonly string[]>([], ['outer'], ['inner', 'outer']),
    canSave: fc.boolean(),
    lastUsedAt: fc.integer({ min: 0, max: 1e12 }).map((at) => new Date(at).toISOString()),
  })
  .map(makeClaim);

const pool = (name: string): fc.Arbitrary<PoolBudget> =>
  fc.record({
    id: fc.constant(name),
    name: fc.constant(name),
    memoryLimitBytes: fc.option(bytes(16 * GIB)),
    memoryOvercommit: fc.double({ min: 1, max: 3, noNaN: true }),
    processorLimit: fc.option(fc.double({ min: 0.5, max: 16, noNaN: true })),
    processorOvercommit: fc.double({ min: 1, max: 4, noNaN: true }),
  });

/** Any host, any machines on it, any pools around the one that wants in. */
export const requests: fc.Arbitrary<AdmissionRequest> = fc
  .record({
    kind: fc.constantFrom('start' as const, 'restore' as const),
    memoryBytes: fc.integer({ min: 4, max: 8192 }).map((mib) => mib * MIB),
    leastMemoryBytes: bytes(GIB),
    engine: fc.constantFrom('embedded' as const, 'qemu' as const),
    processors: fc.integer({ min: 1, max: 8 }),
    host: fc.record({
      totalBytes: bytes(64 * GIB),
      availableBytes: bytes(24 * GIB),
      reserveBytes: bytes(4 * GIB),
      processors: fc.double({ min: 0.5, max: 64, noNaN: true }),
      memoryOvercommit: fc.double({ min: 1, max: 3, noNaN: true }),
    }),
    pools: fc.subarray([...POOLS]).chain((names) => fc.tuple(...names.map(pool))),
    others: fc.array(claims, { maxLength: 8 }),
  })
  .map(makeRequest);
