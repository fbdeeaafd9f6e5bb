import { describe, expect, it } from 'vitest';
import {
  ENGINE_OVERHEAD_BYTES,
  isMemoryBeyondExpected,
  memoryBeyondExpectedWords,
} from '../../src/shared/process-memory.ts';
import { GIB, MIB } from '../../src/shared/units.ts';

const use = (usedMiB: number) => ({ memoryPromisedBytes: 512 * MIB, memoryUsedBytes: usedMiB * MIB });

describe('the memory of the process of a machine', () => {
  it('is as expected with all the memory of its guest, twice that of its engine, and some room', () => {
    const twice = 512 + (2 * ENGINE_OVERHEAD_BYTES.embedded) / MIB + 128;
    expect(isMemoryBeyondExpected('embedded', use(twice))).toBe(false);
    expect(isMemoryBeyondExpected('embedded', use(twice + 1))).toBe(true);
  });

  it('is told with numbers when it is more', () => {
    const words = memoryBeyondExpectedWords('web', 'qemu', { ...use(0), memoryUsedBytes: 3 * GIB });
    expect(words).toBe(
      "The process of 'web' holds 3 GiB of memory, while 712 MiB were expected for its guest and engine.",
    );
  });
});
