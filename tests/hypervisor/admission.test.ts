import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionRequest, admit, ENGINE_OVERHEAD_BYTES } from '../../src/main/hypervisor/admission.ts';
import { GIB, MIB } from '../../src/shared/units.ts';

const request = (changes: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  name: 'web',
  memoryBytes: GIB,
  engine: 'embedded',
  hostAvailableBytes: 4 * GIB,
  others: [],
  ...changes,
});

describe('admission', () => {
  it('admits what fits to the last byte, and not one byte more', () => {
    const needed = GIB + ENGINE_OVERHEAD_BYTES.embedded;
    expect(admit(request({ hostAvailableBytes: needed })).isAdmitted).toBe(true);
    expect(admit(request({ hostAvailableBytes: needed - 1 }))).toMatchObject({
      isAdmitted: false,
      numbers: { shortBytes: 1 },
    });
  });

  it('counts what others were promised and do not hold yet', () => {
    const others = [{ promisedBytes: 3 * GIB, residentBytes: GIB, engine: 'embedded' as const }];
    const { isAdmitted, numbers } = admit(request({ others }));
    expect(numbers.promisedToOthersBytes).toBe(2 * GIB + 150 * MIB);
    expect(isAdmitted).toBe(true);
    expect(admit(request({ others: [...others, ...others] })).isAdmitted).toBe(false);
  });

  it('does not count in favour what another holds beyond its promise', () => {
    const others = [{ promisedBytes: GIB, residentBytes: 3 * GIB, engine: 'embedded' as const }];
    expect(admit(request({ others })).numbers.promisedToOthersBytes).toBe(0);
  });

  it('refuses with the numbers and a way out', () => {
    const refusal = admit(request({ hostAvailableBytes: 512 * MIB }));
    expect(refusal).toMatchObject({
      message:
        "Cannot start 'web' because the host is short of 662 MiB of memory: the machine needs 1 GiB and its engine " +
        '150 MiB, and 512 MiB are available.',
      hint: "Give 'web' less memory, or save or power off another machine, then start it again.",
    });
  });

  it('never promises more than there is', () => {
    const bytes = fc.integer({ min: 0, max: 64 * GIB });
    const claim = fc.record({
      promisedBytes: bytes,
      residentBytes: bytes,
      engine: fc.constantFrom('embedded', 'qemu'),
    });
    fc.assert(
      fc.property(bytes, bytes, fc.array(claim, { maxLength: 8 }), (memoryBytes, hostAvailableBytes, others) => {
        const { isAdmitted, numbers } = admit(request({ memoryBytes, hostAvailableBytes, others }));
        const promised = numbers.promisedToOthersBytes + numbers.memoryBytes + numbers.engineOverheadBytes;
        expect(isAdmitted).toBe(promised <= hostAvailableBytes);
        expect(numbers.shortBytes).toBe(Math.max(0, promised - hostAvailableBytes));
      }),
    );
  });
});
