import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vhdFormat } from '../../../src/main/media/formats/vhd/vhd-format.ts';
import { geometryOf, vhdSizeFor } from '../../../src/main/media/formats/vhd/vhd-geometry.ts';
import { sealFooter, sealHeader } from '../../../src/main/media/formats/vhd/vhd-header.ts';
import { diskActions, expectSame, fuzzImage, patternBytes, playActions, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const BLOCK = 2 * MIB;
const STRIDE = 512 + BLOCK;
const TABLE_OFFSET = 1536;
const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };

/** An image of some 10 MiB whose blocks 3, 0 and 4 were written, in this order. */
async function threeBlocks(): Promise<string> {
  const path = join(makeTempFolder(), 'disk.vhd');
  await vhdFormat.create(path, { sizeBytes: 10 * MIB });
  const disk = await vhdFormat.open(path, { isReadOnly: false });
  for (const block of [3, 0, 4]) await disk.write(block * BLOCK, patternBytes(BLOCK, block + 1));
  await disk.close();
  return path;
}

async function contentsOf(path: string): Promise<Buffer> {
  const disk = await vhdFormat.open(path, { isReadOnly: true });
  const contents = await readAll(disk);
  await disk.close();
  return contents;
}

/** Changes the file's bytes and enters the checksums anew. */
async function patch(path: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(path);
  change(bytes);
  sealHeader(bytes.subarray(512, TABLE_OFFSET));
  sealFooter(bytes.subarray(0, 512)).copy(bytes, bytes.length - 512);
  await writeFile(path, bytes);
}

describe('the size of a VHD image', () => {
  it('is rounded up to what a geometry can express, by less than a cylinder', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 267_382_800 }), (sectors) => {
        const sizeBytes = vhdSizeFor(sectors * 512);
        const { cylinders, heads, sectorsPerTrack } = geometryOf(sizeBytes / 512);
        expect(cylinders * heads * sectorsPerTrack * 512).toBe(sizeBytes);
        expect(sizeBytes - sectors * 512).toBeGreaterThanOrEqual(0);
        expect(sizeBytes - sectors * 512).toBeLessThanOrEqual(16 * 255 * 512);
        expect(cylinders).toBeLessThanOrEqual(65_535);
      }),
    );
  });

  it('stays as it is where no geometry reaches', () => {
    expect(vhdSizeFor(200 * GIB)).toBe(200 * GIB);
    expect(geometryOf((200 * GIB) / 512)).toEqual({ cylinders: 65_535, heads: 16, sectorsPerTrack: 255 });
  });
});

describe('a VHD image', () => {
  it.each(['dynamic', 'fixed'] as const)('keeps what is written like memory does (%s)', async (variant) => {
    const sizeBytes = vhdSizeFor(9 * MIB);
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, BLOCK), async (actions) => {
        const path = join(makeTempFolder(), 'disk.vhd');
        await vhdFormat.create(path, { sizeBytes, variant });
        await playActions(vhdFormat, path, actions);
        expect(await vhdFormat.check(path)).toMatchObject(SOUND);
      }),
      { numRuns: 25 },
    );
  });

  it('always ends with its footer, also while it grows', async () => {
    const path = join(makeTempFolder(), 'disk.vhd');
    await vhdFormat.create(path, { sizeBytes: 10 * MIB });
    const footer = (await readFile(path)).subarray(0, 512);
    const disk = await vhdFormat.open(path, { isReadOnly: false });
    for (const block of [2, 0, 1]) {
      await disk.write(block * BLOCK + 100, Uint8Array.of(1));
      expect((await readFile(path)).subarray(-512).equals(footer)).toBe(true);
    }
    await disk.discard(0, 2 * BLOCK);
    expect((await readFile(path)).subarray(-512).equals(footer)).toBe(true);
    expect((await stat(path)).size).toBe(TABLE_OFFSET + 512 + STRIDE + 512);
    await disk.close();
  });

  it('is never made over another file, nor of a size or kind that it cannot have', async () => {
    const path = await threeBlocks();
    expect(await refusalOf(() => vhdFormat.create(path, { sizeBytes: MIB }))).toMatchObject({ code: 'FILE_EXISTS' });
    const free = join(makeTempFolder(), 'disk.vhd');
    for (const sizeBytes of [0, 1000, 2041 * GIB]) {
      expect(await refusalOf(() => vhdFormat.create(free, { sizeBytes }))).toMatchObject({ code: 'INVALID_INPUT' });
    }
    const backing = { reference: path, format: 'vhd', sizeBytes: MIB } as const;
    const refused = await refusalOf(() => vhdFormat.create(free, { sizeBytes: MIB, backing }));
    expect(refused).toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});

describe('a differencing VHD image', () => {
  /** `threeBlocks` made to build on another image, of whose block 3 it has the sectors 1 to 10, and of block 0 nothing. */
  async function makeChild(): Promise<string> {
    const path = await threeBlocks();
    await patch(path, (bytes) => {
      bytes.writeUInt32BE(4, 60);
      Buffer.from('parent.vhd', 'utf16le')
        .swap16()
        .copy(bytes, 512 + 64);
      const first = TABLE_OFFSET + 512;
      bytes.fill(0, first, first + 512).set([0x7f, 0xe0], first);
      bytes.fill(0, first + STRIDE, first + STRIDE + 512);
    });
    return path;
  }

  it('shows the image below sector by sector', async () => {
    const path = await makeChild();
    const parent = join(makeTempFolder(), 'below.vhd');
    await vhdFormat.create(parent, { sizeBytes: 10 * MIB, variant: 'fixed' });
    const below = await vhdFormat.open(parent, { isReadOnly: false });
    await below.write(0, patternBytes(10 * MIB, 77));
    const wanted = await readAll(below);
    await below.close();
    wanted.set(patternBytes(BLOCK, 4).subarray(512, 11 * 512), 3 * BLOCK + 512);
    wanted.set(patternBytes(BLOCK, 5), 4 * BLOCK);
    const asked: unknown[] = [];
    const disk = await vhdFormat.open(path, {
      isReadOnly: true,
      openBacking: async (reference, format) => {
        asked.push(reference, format);
        return vhdFormat.open(parent, { isReadOnly: true });
      },
    });
    expectSame(await readAll(disk), wanted);
    expect(asked).toEqual(['parent.vhd', 'vhd']);
    expect(await disk.extentAt(3 * BLOCK, BLOCK)).toEqual({ kind: 'absent', lengthBytes: 512 });
    await disk.close();
  });

  it('is refused alone, and for writing', async () => {
    const path = await makeChild();
    expect(await refusalOf(() => vhdFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(await refusalOf(() => vhdFormat.open(path, { isReadOnly: false }))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(await vhdFormat.info(path)).toMatchObject({ backingReference: 'parent.vhd', backingFormat: 'vhd' });
  });
});

describe('a damaged VHD image', () => {
  const header = 512;
  const damages: [string, (bytes: Buffer) => void][] = [
    ['whose block lies outside of the file', (bytes) => bytes.writeUInt32BE(1_000_000, TABLE_OFFSET)],
    ['whose block lies in its header', (bytes) => bytes.writeUInt32BE(1, TABLE_OFFSET)],
    ['whose blocks overlap', (bytes) => bytes.writeUInt32BE(9, TABLE_OFFSET)],
    ['with absurd blocks', (bytes) => bytes.writeUInt32BE(0x80000000, header + 32)],
    ['with blocks of nothing', (bytes) => bytes.writeUInt32BE(0, header + 32)],
    ['with more blocks than fit anywhere', (bytes) => bytes.writeUInt32BE(0xfffffff0, header + 28)],
    ['with fewer blocks than the disk', (bytes) => bytes.writeUInt32BE(2, header + 28)],
    ['whose table lies in its header', (bytes) => bytes.writeBigUInt64BE(600n, header + 16)],
    ['whose table lies outside of the file', (bytes) => bytes.writeBigUInt64BE(2n ** 60n, header + 16)],
    ['whose header lies outside of the file', (bytes) => bytes.writeBigUInt64BE(2n ** 60n, 16)],
    ['of exabytes', (bytes) => bytes.writeBigUInt64BE(2n ** 62n, 48)],
  ];

  it.each(damages)('is refused: one %s', async (_, change) => {
    const path = await threeBlocks();
    await patch(path, change);
    expect(await refusalOf(() => vhdFormat.open(path, { isReadOnly: false }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('whose checksum is wrong is refused', async () => {
    const path = await threeBlocks();
    const bytes = await readFile(path);
    for (const offset of [49, bytes.length - 512 + 49]) bytes[offset] = 1;
    await writeFile(path, bytes);
    expect(await refusalOf(() => vhdFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('that was truncated is refused for writing, and an I/O error where the end is read', async () => {
    const path = await threeBlocks();
    await truncate(path, TABLE_OFFSET + 512 + 2 * STRIDE);
    expect(await refusalOf(() => vhdFormat.open(path, { isReadOnly: false }))).toMatchObject({ code: 'IMAGE_INVALID' });
    const disk = await vhdFormat.open(path, { isReadOnly: true });
    await disk.read(0, Buffer.alloc(BLOCK));
    await expect(disk.read(4 * BLOCK, Buffer.alloc(512))).rejects.toMatchObject({ code: 'EIO' });
    await disk.close();
    expect(await vhdFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: false });
  });

  it('that lost its footer and room is repaired from the copy', async () => {
    const path = await threeBlocks();
    await patch(path, (bytes) => bytes.writeUInt32BE(0xffffffff, TABLE_OFFSET + 12)); // Block 3 stands first.
    expect(await vhdFormat.check(path)).toMatchObject({ isConsistent: true, leakedBytes: STRIDE, canRepair: true });
    await truncate(path, TABLE_OFFSET + 512 + 3 * STRIDE);
    expect(await vhdFormat.check(path)).toMatchObject({ isConsistent: true, canRepair: true });
    expect(await vhdFormat.repair?.(path)).toMatchObject(SOUND);
    expect((await stat(path)).size).toBe(TABLE_OFFSET + 512 + 2 * STRIDE + 512);
    expect((await readFile(path)).subarray(-512).toString('latin1', 0, 8)).toBe('conectix');
    const disk = await vhdFormat.open(path, { isReadOnly: false });
    const seen = Buffer.alloc(BLOCK);
    await disk.read(4 * BLOCK, seen);
    expectSame(seen, patternBytes(BLOCK, 5));
    await disk.close();
  });

  it('that lost its footer with the power gets it back when it is written', async () => {
    const path = await threeBlocks();
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, bytes.length - 512));
    await playActions(vhdFormat, path, [{ do: 'write', offset: 100, length: 9, fill: 1 }], {}, await contentsOf(path));
    expect((await readFile(path)).subarray(-512).toString('latin1', 0, 8)).toBe('conectix');
    expect(await vhdFormat.check(path)).toMatchObject({ isConsistent: true, canRepair: true });
  });

  it('never surprises, whatever its footer, header and table say', async () => {
    const path = join(makeTempFolder(), 'small.vhd');
    await vhdFormat.create(path, { sizeBytes: 4 * MIB });
    const disk = await vhdFormat.open(path, { isReadOnly: false });
    await disk.write(BLOCK, Uint8Array.of(1));
    await disk.close();
    const seal = (bytes: Buffer) => {
      if (bytes.length < TABLE_OFFSET) return;
      sealHeader(bytes.subarray(512, TABLE_OFFSET));
      sealFooter(bytes.subarray(0, 512)).copy(bytes, bytes.length - 512);
    };
    await fuzzImage(
      vhdFormat,
      path,
      [
        [0, 88],
        [512, 600],
        [TABLE_OFFSET, TABLE_OFFSET + 12],
      ],
      1000,
      seal,
    );
  }, 60_000);
});
