import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { fuzzImage } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { DIRECTORY, GIB, GRAIN, patch, SECTOR, TABLE, threeGrains } from './vmdk-images.ts';

describe('a damaged VMDK image', () => {
  const MAX = 2n ** 62n;
  const damages: [string, (bytes: Buffer) => unknown][] = [
    ['of exabytes', (bytes) => bytes.writeBigUInt64LE(MAX, 12)],
    ['with absurd grains', (bytes) => bytes.writeBigUInt64LE(MAX, 20)],
    ['with grains of nothing', (bytes) => bytes.writeBigUInt64LE(0n, 20)],
    ['with grains that are no power of two', (bytes) => bytes.writeBigUInt64LE(100n, 20)],
    ['with absurd tables', (bytes) => bytes.writeUInt32LE(0xffffffff, 44)],
    ['whose directory lies outside of the file', (bytes) => bytes.writeBigUInt64LE(MAX, 56)],
    ['whose directory lies in its header', (bytes) => bytes.writeBigUInt64LE(0n, 56)],
    ['whose line ends were changed', (bytes) => bytes.writeUInt8(10, 75)],
  ];

  it.each(damages)('is refused: one %s', async (_, change) => {
    const path = await threeGrains();
    await patch(path, (bytes) => void change(bytes));
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it.each([
    ['a grain lies in the tables', TABLE + 9 * 4, 3],
    ['a grain lies outside of the file', TABLE + 9 * 4, 0xfffffff0],
    ['grains overlap', TABLE + 9 * 4, 300],
    ['a table lies outside of the file', DIRECTORY, 0xfffffff0],
  ])('is found by a check: %s', async (_, offset, value) => {
    const path = await threeGrains();
    await patch(path, (bytes) => void bytes.writeUInt32LE(value, offset));
    expect(await vmdkFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: false });
  });

  it('whose grain tables are all the same one is found out at once, however many there are', async () => {
    const path = join(makeTempFolder(), 'loop.vmdk');
    await vmdkFormat.create(path, { sizeBytes: 2040 * GIB });
    const handle = await readFile(path).then((bytes) => bytes.readBigUInt64LE(56));
    const offset = Number(handle) * SECTOR;
    await patch(path, (bytes) => {
      for (let index = 1; index < 65_280; index += 1) bytes.copy(bytes, offset + index * 4, offset, offset + 4);
      return undefined;
    });
    const report = await vmdkFormat.check(path);
    expect(report).toMatchObject({ isConsistent: false, canRepair: false });
    expect(report.errors).toHaveLength(1);
  });

  it('that was truncated is an I/O error where the end is read or written', async () => {
    const path = await threeGrains();
    await truncate(path, (await stat(path)).size - GRAIN);
    const disk = await vmdkFormat.open(path, { isReadOnly: false });
    await disk.read(2 * GRAIN, Buffer.alloc(GRAIN));
    await expect(disk.read(40 * GRAIN, Buffer.alloc(9))).rejects.toMatchObject({ code: 'EIO' });
    await expect(disk.write(40 * GRAIN, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EIO' });
    await disk.close();
    expect(await vmdkFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: false });
  });

  it('never surprises, whatever its header, descriptor and tables say', async () => {
    const path = await threeGrains();
    const ranges = [
      [0, 80],
      [SECTOR, SECTOR + 200],
      [21 * SECTOR, 22 * SECTOR],
      [DIRECTORY, TABLE + 200],
    ] as const;
    await fuzzImage(vmdkFormat, path, ranges, 1000);
  }, 60_000);
});
