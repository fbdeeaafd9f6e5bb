import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertImage } from '../../../src/main/media/formats/convert.ts';
import { parseDescriptor } from '../../../src/main/media/formats/vmdk/vmdk-descriptor.ts';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { expectSame, fuzzImage, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { GRAIN, KIB, MIB, patch, SECTOR, SOUND, threeGrains } from './vmdk-images.ts';

describe('a stream-optimised VMDK image', () => {
  /** The disk of `threeGrains` and noise, packed. */
  async function packed(): Promise<{ path: string; contents: Buffer }> {
    const from = await threeGrains();
    const disk = await vmdkFormat.open(from, { isReadOnly: false });
    await disk.write(3 * MIB + 1000, randomBytes(200 * KIB));
    const contents = await readAll(disk);
    await disk.close();
    const path = join(makeTempFolder(), 'packed.vmdk');
    await convertImage({ path: from, format: 'vmdk' }, { path, format: 'vmdk' }, { variant: 'streamOptimized' });
    return { path, contents };
  }

  it('is written as a whole, and read anywhere', async () => {
    const { path, contents } = await packed();
    expect(await vmdkFormat.info(path)).toMatchObject({ variant: 'streamOptimized', virtualSizeBytes: 4 * MIB });
    expect(await vmdkFormat.check(path)).toMatchObject(SOUND);
    const disk = await vmdkFormat.open(path, { isReadOnly: true });
    expectSame(await readAll(disk), contents);
    await fc.assert(
      fc.asyncProperty(fc.nat(4 * MIB - 1), fc.nat(200 * KIB), async (offset, length) => {
        const seen = Buffer.alloc(Math.min(length, 4 * MIB - offset));
        await disk.read(offset, seen);
        expectSame(seen, contents.subarray(offset, offset + seen.length));
      }),
      { numRuns: 50 },
    );
    expect(await disk.extentAt(0, 4 * MIB)).toEqual({ kind: 'zero', lengthBytes: 2 * GRAIN });
    await disk.close();
    expect((await stat(path)).size).toBeLessThan(MIB);
  });

  it('names itself in its descriptor, and not the file that it was made in', async () => {
    const { path } = await packed();
    const { extents } = parseDescriptor((await readFile(path)).subarray(SECTOR, 21 * SECTOR));
    expect(extents).toMatchObject([{ fileName: basename(path), sizeBytes: 4 * MIB }]);
  });

  it('cannot be opened for writing', async () => {
    const { path } = await packed();
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: false }))).toMatchObject({
      code: 'NOT_SUPPORTED',
    });
  });

  it('can be empty', async () => {
    const path = join(makeTempFolder(), 'empty.vmdk');
    await vmdkFormat.create(path, { sizeBytes: 3 * MIB + SECTOR, variant: 'streamOptimized' });
    const disk = await vmdkFormat.open(path, { isReadOnly: true });
    expectSame(await readAll(disk), Buffer.alloc(3 * MIB + SECTOR));
    await disk.close();
  });

  it('whose grain unpacks to more than a grain is refused before it takes the memory', async () => {
    const { path } = await packed();
    const bomb = deflateSync(Buffer.alloc(64 * MIB));
    await patch(path, (bytes) => {
      const grown = Buffer.concat([bytes, Buffer.alloc(bomb.length)]);
      bomb.copy(grown, GRAIN + 12); // The first grain of the file.
      grown.writeUInt32LE(bomb.length, GRAIN + 8);
      return Buffer.concat([grown, bytes.subarray(-2 * SECTOR)]);
    });
    const disk = await vmdkFormat.open(path, { isReadOnly: true });
    await expect(disk.read(2 * GRAIN, Buffer.alloc(9))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await disk.close();
  });

  it('never surprises, whatever its footer, tables and markers say', async () => {
    const { path } = await packed();
    const end = (await stat(path)).size;
    const marker = [GRAIN, GRAIN + 40] as const;
    await fuzzImage(vmdkFormat, path, [[0, 80], marker, [end - 8 * SECTOR, end]], 1000);
  }, 60_000);
});
