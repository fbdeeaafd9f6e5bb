import { randomBytes } from 'node:crypto';
import { readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertImage } from '../../../src/main/media/formats/convert.ts';
import { parseDescriptor } from '../../../src/main/media/formats/vmdk/vmdk-descriptor.ts';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
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

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const GRAIN = 64 * KIB;
const SECTOR = 512;
const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };
/** Of an image of up to 64 MiB, which has two grain tables: header, descriptor, then the copy, then the one that counts. */
const COPY_TABLE = 22 * SECTOR;
const DIRECTORY = COPY_TABLE + 4 * SECTOR;
const TABLE = DIRECTORY + SECTOR;

/** An image of 4 MiB whose grains 9, 2 and 40 were written, in this order. */
async function threeGrains(): Promise<string> {
  const path = join(makeTempFolder(), 'disk.vmdk');
  await vmdkFormat.create(path, { sizeBytes: 4 * MIB });
  const disk = await vmdkFormat.open(path, { isReadOnly: false });
  for (const grain of [9, 2, 40]) await disk.write(grain * GRAIN, patternBytes(GRAIN, grain));
  await disk.close();
  return path;
}

async function patch(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, change(bytes) ?? bytes);
}

/** The tests that change bytes do so by their place; this shows that they know it. */
async function entriesOf(path: string): Promise<number[]> {
  const bytes = await readFile(path);
  return [9, 2, 40].map((grain) => bytes.readUInt32LE(TABLE + grain * 4));
}

describe('a sparse VMDK image', () => {
  it('keeps what is written like memory does', async () => {
    const sizeBytes = 34 * MIB + SECTOR; // More than one grain table, and a grain that is not whole.
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, GRAIN), async (actions) => {
        const path = join(makeTempFolder(), 'disk.vmdk');
        await vmdkFormat.create(path, { sizeBytes });
        await playActions(vmdkFormat, path, actions);
        expect(await vmdkFormat.check(path)).toMatchObject(SOUND);
      }),
      { numRuns: 25 },
    );
  });

  it('opens at once and stays small, however large the disk is', async () => {
    const sizeBytes = 2040 * GIB;
    const folder = makeTempFolder();
    const disk = await newImage(vmdkFormat, folder, { sizeBytes });
    await disk.write(sizeBytes - 3, Uint8Array.of(1, 2, 3));
    const seen = Buffer.alloc(4);
    await disk.read(sizeBytes - 4, seen);
    expect([...seen]).toEqual([0, 1, 2, 3]);
    await disk.close();
    expect((await stat(join(folder, 'disk.vmdk'))).blocks * 512).toBeLessThan(2 * MIB);
  });

  it('takes writes of all at once without mixing them up', async () => {
    const disk = await newImage(vmdkFormat, makeTempFolder(), { sizeBytes: 4 * MIB });
    const parts = Array.from({ length: 64 }, (_, index) => patternBytes(40 * KIB, index + 1));
    await Promise.all(parts.map((part, index) => disk.write(index * part.length, part)));
    expectSame((await readAll(disk)).subarray(0, 64 * 40 * KIB), Buffer.concat(parts));
    await disk.close();
  });

  it('writes both directories, a new content id, and whether it was closed', async () => {
    const path = await threeGrains();
    const [first, second, third] = await entriesOf(path);
    expect(first).toBeGreaterThan(0);
    expect(second).toBe((first ?? 0) + 128);
    expect(third).toBe((first ?? 0) + 256);
    const before = await readFile(path);
    expect(before.subarray(COPY_TABLE, COPY_TABLE + 2048).equals(before.subarray(TABLE, TABLE + 2048))).toBe(true);
    expect(before[72]).toBe(0);
    const disk = await vmdkFormat.open(path, { isReadOnly: false });
    await disk.write(0, Uint8Array.of(1));
    const during = await readFile(path);
    expect(during[72]).toBe(1);
    await disk.close();
    const after = await readFile(path);
    expect(after[72]).toBe(0);
    const idOf = (bytes: Buffer) => /^CID=(.*)$/m.exec(bytes.toString('latin1', SECTOR, 2048))?.[1];
    expect(idOf(after)).toMatch(/^[\da-f]{8}$/);
    expect(idOf(after)).not.toBe(idOf(before));
  });

  it('makes the copy of a table like the table that counts, when a program was killed in between', async () => {
    const path = await threeGrains();
    await patch(path, (bytes) => {
      bytes.writeUInt32LE(9999, COPY_TABLE + 17 * 4);
      bytes.writeUInt32LE(0, COPY_TABLE + 9 * 4);
      return undefined;
    });
    expect(await vmdkFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: true });
    expect(await vmdkFormat.repair?.(path)).toMatchObject(SOUND);
    const bytes = await readFile(path);
    expect(bytes.subarray(COPY_TABLE, COPY_TABLE + 2048).equals(bytes.subarray(TABLE, TABLE + 2048))).toBe(true);
  });

  it('makes grain tables that another program has left out', async () => {
    const path = join(makeTempFolder(), 'disk.vmdk');
    await vmdkFormat.create(path, { sizeBytes: 4 * MIB });
    await patch(path, (bytes) => {
      bytes.writeUInt32LE(0, DIRECTORY);
      bytes.writeUInt32LE(0, 21 * SECTOR);
      return undefined;
    });
    await playActions(vmdkFormat, path, [{ do: 'write', offset: MIB, length: 2 * MIB, fill: 3 }, { do: 'reopen' }]);
    expect(await vmdkFormat.check(path)).toMatchObject(SOUND);
  });

  it('reads grains of zeros as zeros where the header allows them, and refuses them elsewhere', async () => {
    const path = await threeGrains();
    const allow = (flag: number) => (bytes: Buffer) => {
      bytes.writeUInt32LE(3 | flag, 8);
      bytes.writeUInt32LE(1, TABLE + 9 * 4);
      return undefined;
    };
    await patch(path, allow(4));
    const disk = await vmdkFormat.open(path, { isReadOnly: true });
    expect(await disk.extentAt(9 * GRAIN, GRAIN)).toEqual({ kind: 'zero', lengthBytes: GRAIN });
    await disk.close();
    await patch(path, allow(0));
    const other = await vmdkFormat.open(path, { isReadOnly: true });
    await expect(other.read(9 * GRAIN, Buffer.alloc(9))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await other.close();
  });

  it('shows the image below when it builds on one that the caller opens, and is refused alone', async () => {
    const path = await threeGrains();
    await patch(path, (bytes) => {
      const text = bytes.toString('latin1', SECTOR, 21 * SECTOR).split('\0', 1)[0] ?? '';
      const child = text.replace('parentCID=ffffffff', 'parentCID=12345678\nparentFileNameHint="/etc/shadow"');
      bytes.write(child, SECTOR, 'latin1');
      return undefined;
    });
    const refused = await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }));
    expect(refused).toMatchObject({ code: 'IMAGE_INVALID' });
    const folder = makeTempFolder();
    const below = await newImage(vmdkFormat, folder, { sizeBytes: 4 * MIB });
    await below.write(0, patternBytes(3 * MIB, 5));
    const wanted = await readAll(below);
    await below.close();
    for (const grain of [9, 2, 40]) wanted.set(patternBytes(GRAIN, grain), grain * GRAIN);
    const openBacking = async () => vmdkFormat.open(join(folder, 'disk.vmdk'), { isReadOnly: true });
    await fc.assert(
      fc.asyncProperty(diskActions(4 * MIB, GRAIN), async (actions) => {
        const child = join(makeTempFolder(), 'child.vmdk');
        await writeFile(child, await readFile(path));
        await playActions(vmdkFormat, child, actions, { openBacking }, wanted);
      }),
      { numRuns: 10 },
    );
  });

  it('is never made over another file, nor of a size or kind that it cannot have', async () => {
    const path = await threeGrains();
    expect(await refusalOf(() => vmdkFormat.create(path, { sizeBytes: MIB }))).toMatchObject({ code: 'FILE_EXISTS' });
    const free = join(makeTempFolder(), 'disk.vmdk');
    for (const sizeBytes of [0, 1000, 2041 * GIB]) {
      expect(await refusalOf(() => vmdkFormat.create(free, { sizeBytes }))).toMatchObject({ code: 'INVALID_INPUT' });
    }
    const refused = await refusalOf(() => vmdkFormat.create(free, { sizeBytes: MIB, variant: 'fixed' }));
    expect(refused).toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});

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

describe('a flat VMDK image', () => {
  /** A descriptor whose data are in a file of the name. */
  async function makeFlat(dataName: string, line = `RW 4096 FLAT "${dataName}" 0`): Promise<string> {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.vmdk');
    await writeFile(path, `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n${line}\n`);
    await writeFile(join(folder, 'disk-flat.vmdk'), patternBytes(4096 * SECTOR, 9));
    await writeFile(join(folder, 'secret.txt'), patternBytes(4096 * SECTOR, 8));
    return path;
  }

  it('is read and written in the file beside its descriptor', async () => {
    const path = await makeFlat('disk-flat.vmdk');
    expect(await vmdkFormat.info(path)).toMatchObject({ variant: 'fixed', virtualSizeBytes: 4096 * SECTOR });
    const disk = await vmdkFormat.open(path, { isReadOnly: false });
    await disk.write(1000, Uint8Array.of(1, 2, 3));
    await disk.close();
    const wanted = Buffer.from(patternBytes(4096 * SECTOR, 9));
    wanted.set([1, 2, 3], 1000);
    const again = await vmdkFormat.open(path, { isReadOnly: true });
    expectSame(await readAll(again), wanted);
    await again.close();
  });

  it.each(['secret.txt', '/etc/passwd', '../disk-flat.vmdk', 'sub/disk-flat.vmdk'])(
    'is refused when its data are said to be in %s',
    async (name) => {
      const path = await makeFlat(name);
      const refused = await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }));
      expect(refused).toMatchObject({ code: 'IMAGE_INVALID' });
    },
  );

  it('is refused when the file beside it is a link, or too short', async () => {
    const path = await makeFlat('other-flat.vmdk', 'RW 4096 FLAT "other-flat.vmdk"');
    const other = path.replace('disk.vmdk', 'other.vmdk');
    await writeFile(other, await readFile(path));
    await symlink('secret.txt', path.replace('disk.vmdk', 'other-flat.vmdk'));
    expect(await refusalOf(() => vmdkFormat.open(other, { isReadOnly: true }))).toMatchObject({
      code: 'IMAGE_INVALID',
    });
    const short = await makeFlat('disk-flat.vmdk', 'RW 4097 FLAT "disk-flat.vmdk" 0');
    expect(await refusalOf(() => vmdkFormat.open(short, { isReadOnly: true }))).toMatchObject({
      code: 'IMAGE_INVALID',
    });
  });

  it.each([
    ['several files', 'RW 2048 FLAT "disk-flat.vmdk" 0\nRW 2048 FLAT "disk-flat.vmdk" 2048'],
    ['sparse parts', 'RW 4096 SPARSE "disk-flat.vmdk"'],
  ])('made of %s is not supported', async (_, lines) => {
    const path = await makeFlat('', lines);
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('never surprises, whatever its descriptor says', async () => {
    const path = await makeFlat('disk-flat.vmdk');
    await fuzzImage(vmdkFormat, path, [[0, 200]], 500);
    await writeFile(path, `# Disk DescriptorFile\n${'RW 1 FLAT "x" 0\n'.repeat(20_000)}`);
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  }, 60_000);
});

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
