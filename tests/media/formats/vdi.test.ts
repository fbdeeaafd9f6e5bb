import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVdiUuid, vdiFormat } from '../../../src/main/media/formats/vdi/vdi-format.ts';
import {
  diskActions,
  expectSame,
  fuzzImage,
  newImage,
  patternBytes,
  playActions,
  readAll,
} from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const MAP_OFFSET = 512;
const COUNT_OFFSET = 0x184;
const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };

/** An image of 8 MiB whose blocks 5, 1 and 6 were written, in this order. */
async function threeBlocks(): Promise<string> {
  const path = join(makeTempFolder(), 'disk.vdi');
  await vdiFormat.create(path, { sizeBytes: 8 * MIB });
  const disk = await vdiFormat.open(path, { isReadOnly: false });
  for (const block of [5, 1, 6]) await disk.write(block * MIB, patternBytes(MIB, block));
  await disk.close();
  return path;
}

/** Changes one number of the file, little endian. */
async function patch(path: string, offset: number, value: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt32LE(value, offset);
  await writeFile(path, bytes);
}

describe('a VDI image', () => {
  it.each(['dynamic', 'fixed'] as const)('keeps what is written like memory does (%s)', async (variant) => {
    const sizeBytes = 5 * MIB + 512;
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, MIB), async (actions) => {
        const path = join(makeTempFolder(), 'disk.vdi');
        await vdiFormat.create(path, { sizeBytes, variant });
        await playActions(vdiFormat, path, actions);
        expect(await vdiFormat.check(path)).toMatchObject(SOUND);
      }),
      { numRuns: 25 },
    );
  });

  it('gives room back when blocks are discarded, and moves the last ones into the gaps', async () => {
    const path = await threeBlocks();
    const disk = await vdiFormat.open(path, { isReadOnly: false });
    const reading = readAll(disk);
    await disk.discard(5 * MIB, MIB);
    await reading;
    const wanted = Buffer.alloc(8 * MIB);
    for (const block of [1, 6]) wanted.set(patternBytes(MIB, block), block * MIB);
    expectSame(await readAll(disk), wanted);
    expect(await disk.extentAt(5 * MIB, MIB)).toEqual({ kind: 'zero', lengthBytes: MIB });
    await disk.close();
    expect((await stat(path)).size).toBe(3 * MIB);
    expect(await vdiFormat.check(path)).toMatchObject(SOUND);
  });

  it('does not take room for zeros', async () => {
    const folder = makeTempFolder();
    const disk = await newImage(vdiFormat, folder, { sizeBytes: 8 * MIB });
    await disk.write(MIB, new Uint8Array(3 * MIB));
    await disk.close();
    expect((await stat(join(folder, 'disk.vdi'))).size).toBe(MIB);
  });

  it('is not written when it is read-only', async () => {
    const disk = await vdiFormat.open(await threeBlocks(), { isReadOnly: true });
    await expect(disk.write(0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EROFS' });
    await expect(disk.discard(0, MIB)).rejects.toMatchObject({ code: 'EROFS' });
    await disk.close();
  });

  it('is never made over another file, nor of a size that it cannot have', async () => {
    const path = await threeBlocks();
    expect(await refusalOf(() => vdiFormat.create(path, { sizeBytes: MIB }))).toMatchObject({ code: 'FILE_EXISTS' });
    const free = join(makeTempFolder(), 'disk.vdi');
    for (const sizeBytes of [0, 1000, 2 ** 50]) {
      expect(await refusalOf(() => vdiFormat.create(free, { sizeBytes }))).toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});

describe('a differencing VDI image', () => {
  /** An image that builds on `threeBlocks`, and how to open it. */
  async function makeChild() {
    const parent = await threeBlocks();
    const path = join(makeTempFolder(), 'child.vdi');
    const reference = await readVdiUuid(parent);
    await vdiFormat.create(path, { sizeBytes: 8 * MIB, backing: { reference, format: 'vdi', sizeBytes: 8 * MIB } });
    const asked: string[] = [];
    const openBacking = async (name: string) => {
      asked.push(name);
      return vdiFormat.open(parent, { isReadOnly: true });
    };
    return { parent, path, reference, asked, openBacking };
  }

  it('shows the image below through what was not written, byte for byte', async () => {
    const { parent, path, reference, asked, openBacking } = await makeChild();
    const below = await vdiFormat.open(parent, { isReadOnly: true });
    const before = await readAll(below);
    await below.close();
    await fc.assert(
      fc.asyncProperty(diskActions(8 * MIB, MIB), async (actions) => {
        const child = join(makeTempFolder(), 'child.vdi');
        await vdiFormat.create(child, {
          sizeBytes: 8 * MIB,
          backing: { reference, format: 'vdi', sizeBytes: 8 * MIB },
        });
        await playActions(vdiFormat, child, actions, { openBacking }, before);
        expect(await vdiFormat.check(child)).toMatchObject(SOUND);
      }),
      { numRuns: 15 },
    );
    expect(new Set(asked)).toEqual(new Set([reference]));
    expect(await vdiFormat.info(path)).toMatchObject({ backingReference: reference });
  });

  it('hides the image below where it was discarded', async () => {
    const { path, openBacking } = await makeChild();
    const disk = await vdiFormat.open(path, { isReadOnly: false, openBacking });
    expect(await disk.extentAt(5 * MIB, MIB)).toEqual({ kind: 'absent', lengthBytes: MIB });
    await disk.discard(5 * MIB, MIB);
    expect(await disk.extentAt(5 * MIB, MIB)).toEqual({ kind: 'zero', lengthBytes: MIB });
    const seen = Buffer.alloc(MIB, 1);
    await disk.read(5 * MIB, seen);
    expectSame(seen, Buffer.alloc(MIB));
    await disk.close();
  });

  it('is refused alone', async () => {
    const { path, reference } = await makeChild();
    const refused = await refusalOf(() => vdiFormat.open(path, { isReadOnly: true }));
    expect(refused).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(refused.message).toContain(reference);
  });
});

describe('a damaged VDI image', () => {
  const MAX = 0xfffffff0;
  it.each([
    ['whose block lies outside of the disk', MAP_OFFSET + 4 * 5, 99],
    ['whose blocks share a place', MAP_OFFSET + 4 * 5, 1],
    ['with absurd blocks', 0x178, MAX],
    ['with blocks of nothing', 0x178, 0],
    ['with more blocks than fit anywhere', 0x180, MAX],
    ['with fewer blocks than the disk', 0x180, 3],
    ['whose map lies in its header', 0x154, 4],
    ['whose data overlap the map', 0x158, 512],
    ['of exabytes', 0x174, 0x10000000],
  ])('is refused: one %s', async (_, offset, value) => {
    const path = await threeBlocks();
    await patch(path, offset, value);
    expect(await refusalOf(() => vdiFormat.open(path, { isReadOnly: false }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('that was truncated is refused for writing, and an I/O error where the end is read', async () => {
    const path = await threeBlocks();
    await truncate(path, 3 * MIB);
    expect(await refusalOf(() => vdiFormat.open(path, { isReadOnly: false }))).toMatchObject({ code: 'IMAGE_INVALID' });
    const disk = await vdiFormat.open(path, { isReadOnly: true });
    await disk.read(5 * MIB, Buffer.alloc(MIB));
    await expect(disk.read(6 * MIB, Buffer.alloc(MIB))).rejects.toMatchObject({ code: 'EIO' });
    await disk.close();
    expect(await vdiFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: false });
  });

  it('whose block has room but no entry only leaks, is repaired, and uses the room again', async () => {
    const path = await threeBlocks();
    await patch(path, MAP_OFFSET + 4 * 5, 0xffffffff); // Block 5 stands first in the file.
    expect(await vdiFormat.check(path)).toMatchObject({ isConsistent: true, leakedBytes: MIB, canRepair: true });
    const disk = await vdiFormat.open(path, { isReadOnly: false });
    await disk.write(3 * MIB + 5, Uint8Array.of(1));
    await disk.close();
    expect(await vdiFormat.check(path)).toMatchObject(SOUND);
    expect((await stat(path)).size).toBe(4 * MIB);
    await patch(path, MAP_OFFSET + 4 * 3, 0xffffffff);
    expect(await vdiFormat.repair?.(path)).toMatchObject(SOUND);
    expect((await stat(path)).size).toBe(3 * MIB);
    const again = await vdiFormat.open(path, { isReadOnly: true });
    const seen = Buffer.alloc(MIB);
    await again.read(6 * MIB, seen);
    expectSame(seen, patternBytes(MIB, 6));
    await again.close();
  });

  it('whose header counts too few blocks is found and repaired', async () => {
    const path = await threeBlocks();
    await patch(path, COUNT_OFFSET, 1);
    expect(await vdiFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: true });
    expect(await vdiFormat.repair?.(path)).toMatchObject(SOUND);
  });

  it('never surprises, whatever its header and map say', async () => {
    const path = join(makeTempFolder(), 'small.vdi');
    await vdiFormat.create(path, { sizeBytes: 3 * MIB });
    const disk = await vdiFormat.open(path, { isReadOnly: false });
    await disk.write(MIB, Uint8Array.of(1));
    await disk.close();
    await fuzzImage(vdiFormat, path, [[0x40, MAP_OFFSET + 12]], 1000);
  }, 60_000);
});
