import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit } from '../../src/main/hypervisor/admission.ts';
import { refusalHint, refusalMessage } from '../../src/main/hypervisor/admission-words.ts';
import { ENGINE_OVERHEAD_BYTES } from '../../src/shared/process-memory.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { makeClaim, makeRequest, requests } from './admission-arbitrary.ts';

const host = (changes: Partial<ReturnType<typeof makeRequest>['host']>) => ({ ...makeRequest().host, ...changes });
const pool = {
  id: 'lab',
  name: 'Lab',
  memoryLimitBytes: null,
  memoryOvercommit: 1,
  processorLimit: null,
  processorOvercommit: 1,
};

describe('admission', () => {
  it('admits what fits to the last byte, and not one byte more', () => {
    const needed = GIB + ENGINE_OVERHEAD_BYTES.embedded;
    expect(admit(makeRequest({ host: host({ availableBytes: needed }) })).verdict).toBe('admitted');
    expect(admit(makeRequest({ host: host({ availableBytes: needed - 1 }) }))).toMatchObject({
      verdict: 'refused',
      numbers: { shortBytes: 1 },
    });
  });

  it('counts what others were promised and do not hold yet', () => {
    const others = [makeClaim()];
    const { verdict, numbers } = admit(makeRequest({ others }));
    expect(numbers.promisedToOthersBytes).toBe(2 * GIB + 150 * MIB);
    expect(verdict).toBe('admitted');
    expect(admit(makeRequest({ others: [...others, makeClaim()] })).verdict).toBe('refused');
  });

  it('does not count in favour what another holds beyond its promise', () => {
    const others = [makeClaim({ promisedBytes: GIB, residentBytes: 3 * GIB })];
    expect(admit(makeRequest({ others })).numbers.promisedToOthersBytes).toBe(0);
  });

  it('keeps a part of the available memory for the host', () => {
    expect(admit(makeRequest({ host: host({ availableBytes: 2 * GIB, reserveBytes: GIB }) }))).toMatchObject({
      verdict: 'refused',
      numbers: { hostReserveBytes: GIB, shortBytes: 150 * MIB },
    });
  });

  it('refuses with the numbers and a way out', () => {
    const request = makeRequest({ host: host({ availableBytes: 512 * MIB }) });
    const report = admit(request);
    expect(refusalMessage(request, report)).toBe(
      "Cannot start 'web' because the host is short of 662 MiB of memory: the machine needs 1 GiB and its engine " +
        '150 MiB, and 512 MiB are available.',
    );
    expect(refusalHint(request, report)).toBe('There is a way: start it with 296 MB, or wait until it fits.');
  });

  it('lets promises exceed what there is where that is allowed and typical use fits, and says so', () => {
    const others = [makeClaim({ promisedBytes: 4 * GIB, typicalBytes: 1.5 * GIB })];
    const strict = makeRequest({ others });
    expect(admit(strict).verdict).toBe('refused');
    const generous = makeRequest({ others, host: host({ memoryOvercommit: 2 }) });
    expect(admit(generous)).toMatchObject({
      verdict: 'admittedWithWarning',
      warnings: [{ kind: 'memoryOvercommit' }],
    });
    const busy = [makeClaim({ promisedBytes: 4 * GIB, typicalBytes: 4 * GIB })];
    expect(admit({ ...generous, others: busy }).verdict).toBe('refused');
    const unknown = [makeClaim({ promisedBytes: 4 * GIB })];
    expect(admit({ ...generous, others: unknown }).verdict).toBe('refused');
  });

  it('warns when virtual processors outnumber those of the host, and when disks could fill theirs', () => {
    const others = [makeClaim({ promisedBytes: GIB, processors: 8 })];
    const storage = { freeBytes: GIB, promisedBytes: 2 * GIB };
    expect(admit(makeRequest({ others, storage }))).toMatchObject({
      verdict: 'admittedWithWarning',
      warnings: [{ kind: 'processorOvercommit' }, { kind: 'storage' }],
    });
  });

  it('keeps a pool within its memory and its virtual processors', () => {
    const others = [makeClaim({ promisedBytes: GIB, poolIds: ['lab'], canSave: true })];
    const full = makeRequest({ others, pools: [{ ...pool, memoryLimitBytes: 1.5 * GIB }] });
    expect(admit(full)).toMatchObject({
      verdict: 'refused',
      reasons: [{ kind: 'poolMemory', poolName: 'Lab', shortBytes: 0.5 * GIB }],
      plan: [{ kind: 'save', machines: [{ isNeeded: true }] }, { kind: 'lessMemory', toMiB: 512 }, { kind: 'wait' }],
    });
    const narrow = { ...pool, processorLimit: 1, processorOvercommit: 1.5 };
    expect(admit(makeRequest({ others, pools: [narrow] })).reasons).toMatchObject([
      { kind: 'poolProcessors', limit: 1.5 },
    ]);
    expect(admit(makeRequest({ others, pools: [{ ...narrow, processorOvercommit: 2 }] })).verdict).toBe('admitted');
  });

  it('does not ask machines outside of a full pool to make room in it', () => {
    const others = [
      makeClaim({ name: 'outside', promisedBytes: GIB, canSave: true, leastBytes: 0 }),
      makeClaim({ name: 'inside', promisedBytes: GIB, canSave: true, leastBytes: 0, poolIds: ['lab'] }),
    ];
    const { plan } = admit(makeRequest({ others, pools: [{ ...pool, memoryLimitBytes: 1.5 * GIB }] }));
    expect(plan.slice(0, 2)).toMatchObject([
      { kind: 'balloon', machines: [{ name: 'inside', fromMiB: 1024, toMiB: 512 }] },
      { kind: 'save', machines: [{ name: 'inside' }] },
    ]);
  });

  it('asks only for the increase when a running machine is to have more, and cannot do with less', () => {
    const grow = makeRequest({ kind: 'grow', memoryBytes: GIB, processors: 0, host: host({ availableBytes: GIB }) });
    expect(admit(grow)).toMatchObject({ verdict: 'admitted', numbers: { engineOverheadBytes: 0 } });
    const more = { ...grow, memoryBytes: 2 * GIB };
    expect(admit(more)).toMatchObject({ verdict: 'refused', plan: [] });
  });

  it('never promises more than there is', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { verdict, numbers } = admit(request);
        const room = Math.max(0, request.host.availableBytes - request.host.reserveBytes);
        const own = numbers.memoryBytes + numbers.engineOverheadBytes;
        if (verdict !== 'refused') expect(own).toBeLessThanOrEqual(room);
        if (verdict === 'admitted') expect(own + numbers.promisedToOthersBytes).toBeLessThanOrEqual(room);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives a refusal at least one reason, and each is true', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { verdict, reasons } = admit(request);
        expect(reasons.length > 0).toBe(verdict === 'refused');
        for (const reason of reasons) {
          if (reason.kind === 'hostMemory') {
            const more = {
              ...request.host,
              availableBytes: request.host.availableBytes + request.host.reserveBytes + reason.shortBytes,
            };
            const rest = admit({ ...request, host: more }).reasons.map(({ kind }) => kind);
            expect(rest).not.toContain('hostMemory');
          } else {
            const named = request.pools.find(({ name }) => name === reason.poolName);
            const members = request.others.filter(({ poolIds }) => poolIds.includes(named?.id ?? ''));
            if (reason.kind === 'poolMemory') {
              const promised = members.reduce((sum, each) => sum + each.promisedBytes, request.memoryBytes);
              expect(promised).toBeGreaterThan(reason.limitBytes);
            } else {
              const promised = members.reduce((sum, each) => sum + each.processors, request.processors);
              expect(promised).toBeGreaterThan(reason.limit);
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
