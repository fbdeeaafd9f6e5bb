import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit } from '../../src/main/hypervisor/admission.ts';
import { type AdmissionRequest, afterBallooning, afterSaving } from '../../src/main/hypervisor/admission-balance.ts';
import type { PlanChoice } from '../../src/shared/model/admission.ts';
import { GIB, MIB } from '../../src/shared/units.ts';
import { makeClaim, makeRequest, requests } from './admission-arbitrary.ts';

/** The world by the numbers when the choice has been carried out. */
function carriedOut(request: AdmissionRequest, choice: PlanChoice): AdmissionRequest {
  switch (choice.kind) {
    case 'balloon':
      return afterBallooning(request, new Map(choice.machines.map(({ machineId, toMiB }) => [machineId, toMiB * MIB])));
    case 'save':
      return afterSaving(
        request,
        new Set(choice.machines.flatMap(({ machineId, isNeeded }) => (isNeeded ? [machineId] : []))),
      );
    case 'lessMemory':
      return { ...request, memoryBytes: choice.toMiB * MIB };
    case 'wait':
      return { ...request, host: { ...request.host, availableBytes: request.host.totalBytes }, others: [] };
  }
}

const find = <K extends PlanChoice['kind']>(plan: readonly PlanChoice[], kind: K) =>
  plan.find((choice): choice is Extract<PlanChoice, { kind: K }> => choice.kind === kind);

const short = (others: AdmissionRequest['others'], availableBytes: number) => {
  const request = makeRequest({ others });
  return admit({ ...request, host: { ...request.host, availableBytes } });
};

describe('the plan of a refusal', () => {
  it('makes the start fit, whichever choice is carried out', () => {
    let seen = 0;
    fc.assert(
      fc.property(requests, (request) => {
        for (const choice of admit(request).plan) {
          seen += 1;
          expect(admit(carriedOut(request, choice)).verdict).not.toBe('refused');
        }
      }),
      { numRuns: 4000 },
    );
    expect(seen).toBeGreaterThan(1000);
  });

  it('presses no balloon below what its machine needs, and saves nobody who cannot be saved', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { plan } = admit(request);
        const claimOf = (id: string) => request.others.find(({ machineId }) => machineId === id);
        for (const { machineId, fromMiB, toMiB } of find(plan, 'balloon')?.machines ?? []) {
          expect(toMiB * MIB).toBeGreaterThanOrEqual(claimOf(machineId)?.leastBytes ?? Number.POSITIVE_INFINITY);
          expect(toMiB).toBeLessThan(fromMiB);
        }
        for (const { machineId } of find(plan, 'save')?.machines ?? []) expect(claimOf(machineId)?.canSave).toBe(true);
        const less = find(plan, 'lessMemory');
        if (less) expect(less.toMiB * MIB).toBeGreaterThanOrEqual(request.leastMemoryBytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves other programs something when it starts with less, where that is possible', () => {
    const toMiB = (leastMemoryBytes: number) => {
      const request = makeRequest({ memoryBytes: 8 * GIB, leastMemoryBytes });
      const { plan } = admit({ ...request, host: { ...request.host, availableBytes: GIB } });
      return find(plan, 'lessMemory')?.toMiB ?? 0;
    };
    const most = toMiB(0);
    expect(toMiB((most + 1) * MIB)).toBe(most + 64);
    expect(toMiB((most + 65) * MIB)).toBe(0);
  });

  it('takes from all balloons alike, as little as is enough', () => {
    const others = [
      makeClaim({ name: 'a', promisedBytes: 2 * GIB, residentBytes: 2 * GIB, leastBytes: 0.5 * GIB }),
      makeClaim({ name: 'b', promisedBytes: GIB, residentBytes: GIB, leastBytes: 0.5 * GIB }),
      makeClaim({ name: 'c', promisedBytes: GIB, residentBytes: GIB, leastBytes: null }),
    ];
    // 450 MiB are outstanding as overhead and 1174 MiB are needed: 1024 MiB are lacking of the 2048 that a and b can give.
    const balloon = find(short(others, 600 * MIB).plan, 'balloon');
    expect(balloon?.machines).toMatchObject([
      { name: 'a', fromMiB: 2048, toMiB: 1280 },
      { name: 'b', fromMiB: 1024, toMiB: 768 },
    ]);
    expect(balloon?.freesBytes).toBe(GIB);
  });

  it('saves the machine that nobody used for longest, and no more than are needed', () => {
    const at = (hour: number) => `2026-03-01T${hour}:00:00.000Z`;
    const others = [
      makeClaim({ name: 'busy', canSave: true, lastUsedAt: at(15) }),
      makeClaim({
        name: 'small',
        canSave: true,
        lastUsedAt: at(11),
        promisedBytes: 64 * MIB,
        residentBytes: 214 * MIB,
      }),
      makeClaim({ name: 'asleep', canSave: true, lastUsedAt: at(12) }),
    ];
    const save = find(short(others, 4.5 * GIB).plan, 'save');
    expect(save?.machines.map(({ name, isNeeded }) => [name, isNeeded])).toEqual([
      ['small', false],
      ['asleep', true],
      ['busy', false],
    ]);
  });

  it('offers nothing to a machine that is too large for the host', () => {
    expect(admit(makeRequest({ memoryBytes: 64 * GIB, leastMemoryBytes: 32 * GIB })).plan).toEqual([]);
  });

  it('does not shrink a machine that has a saved state', () => {
    const request = makeRequest({ kind: 'restore' });
    const report = admit({ ...request, host: { ...request.host, availableBytes: 512 * MIB } });
    expect(report.plan.map(({ kind }) => kind)).toEqual(['wait']);
  });
});
