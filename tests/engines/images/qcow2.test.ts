import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openChain } from '../../../src/main/media/formats/backing-chain.ts';
import { compactImage, convertImage } from '../../../src/main/media/formats/convert.ts';
import { createQcow2 } from '../../../src/main/media/formats/qcow2/create.ts';
import { growQcow2 } from '../../../src/main/media/formats/qcow2/grow.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { diskActions, expectSame, fuzzImage, patternBytes, playActions, readAll } from '../../support/image-suite.ts';
import { qemuCheck, qemuCompare, qemuImg, qemuIo } from '../../support/qemu-img.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const SIZE = 5 * MIB + 512;
const CLEAN = { errors: 0, leaks: 0 };

/** A disk with data, holes, and what can be compressed. */
function diskContents(): Buffer {
  const disk = Buffer.alloc(SIZE);
  disk.set(patternBytes(700_000, 1), 3000);
  disk.fill('text that can be compressed ', MIB, 2 * MIB);
  disk.set(patternBytes(200_000, 3), 3 * MIB - 50_000);
  disk.set(patternBytes(5000, 4), SIZE - 5000);
  return disk;
}

async function rawFile(folder: string, contents: Uint8Array): Promise<string> {
  const path = join(folder, 'disk.raw');
  await writeFile(path, contents);
  return path;
}

async function contentsOf(path: string): Promise<Buffer> {
  const disk = await qcow2Format.open(path, { isReadOnly: true });
  try {
    return await readAll(disk);
  } finally {
    await disk.close();
  }
}

async function expectSoundAndSame(path: string, contents: Uint8Array, folder: string): Promise<void> {
  expect(await qemuCheck(path, 'qcow2')).toEqual(CLEAN);
  expect(await qcow2Format.check(path)).toMatchObject({ isConsistent: true, errors: [], leakedBytes: 0 });
  await qemuCompare(path, 'qcow2', await rawFile(folder, contents), 'raw');
}

describe('qcow2 images made by qemu-img', () => {
  it.each<[string, ...string[]]>([
    ['as usual'],
    ['of version 2', '-o', 'compat=0.10'],
    ['with clusters of 512 bytes', '-o', 'cluster_size=512'],
    ['with clusters of 2 MiB', '-o', 'cluster_size=2M'],
    ['of version 2 with clusters of 4 KiB', '-o', 'compat=0.10,cluster_size=4k'],
    ['with counts of 1 bit', '-o', 'refcount_bits=1,cluster_size=1k'],
    ['with counts of 64 bits', '-o', 'refcount_bits=64,cluster_size=512'],
    ['with lazy counts', '-o', 'lazy_refcounts=on'],
    ['with all clusters reserved', '-o', 'preallocation=metadata'],
    ['with all clusters written', '-o', 'preallocation=full'],
    ['compressed with zlib', '-c'],
    ['compressed with zstd', '-c', '-o', 'compression_type=zstd'],
    ['compressed with zlib, in clusters of 2 MiB', '-c', '-o', 'cluster_size=2M'],
    ['compressed with zlib, in clusters of 512 bytes', '-c', '-o', 'cluster_size=512'],
    ['compressed with zstd, in clusters of 4 KiB', '-c', '-o', 'compression_type=zstd,cluster_size=4k'],
    ['compressed, of version 2', '-c', '-o', 'compat=0.10'],
  ])('are read byte for byte, and stay sound when they are written: %s', async (_name, ...options) => {
    const folder = makeTempFolder();
    const contents = diskContents();
    const made = join(folder, 'made.qcow2');
    await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...options, await rawFile(folder, contents), made);
    expectSame(await contentsOf(made), contents);
    const image = await readFile(made);
    const path = join(folder, 'written.qcow2');
    await fc.assert(
      fc.asyncProperty(diskActions(SIZE, 64 * KIB), async (actions) => {
        await writeFile(path, image);
        await expectSoundAndSame(path, await playActions(qcow2Format, path, actions, {}, contents), folder);
      }),
      { numRuns: 6 },
    );
  });

  it('with extended L2 entries are refused in words', async () => {
    const path = join(makeTempFolder(), 'disk.qcow2');
    await qemuImg('create', '-f', 'qcow2', '-o', 'extended_l2=on', path, '1M');
    const refusal = await refusalOf(() => qcow2Format.open(path, { isReadOnly: true }));
    expect(refusal.code).toBe('NOT_SUPPORTED');
    expect(refusal.message).toContain('extended L2');
  });

  it('in a chain are read and written on top of each other', async () => {
    const folder = makeTempFolder();
    const contents = diskContents();
    const base = await rawFile(folder, contents);
    const middle = join(folder, 'middle.qcow2');
    const top = join(folder, 'top.qcow2');
    await qemuImg('create', '-f', 'qcow2', '-F', 'raw', '-b', base, middle);
    await qemuIo('-f', 'qcow2', '-c', 'write -P 7 100k 300k', '-c', 'write -z 1M 256k', middle);
    await qemuImg('create', '-f', 'qcow2', '-o', 'cluster_size=4k', '-F', 'qcow2', '-b', middle, top, '6M');
    await qemuIo('-f', 'qcow2', '-c', 'write -P 9 200k 10k', top);
    const model = Buffer.concat([contents, Buffer.alloc(6 * MIB - SIZE)]);
    model
      .fill(7, 100 * KIB, 400 * KIB)
      .fill(0, MIB, MIB + 256 * KIB)
      .fill(9, 200 * KIB, 210 * KIB);
    const chain = [top, middle].map((path) => ({ path, format: 'qcow2' as const }));
    const [first = { path: '', format: 'raw' as const }, ...rest] = [...chain, { path: base, format: 'raw' as const }];
    const disk = await openChain([first, ...rest], { isReadOnly: false });
    expectSame(await readAll(disk), model);
    for (const [offset, fill] of [
      [3 * MIB + 1000, 1],
      [SIZE - 700, 2],
      [0, 3],
    ] as const) {
      const data = patternBytes(9000, fill);
      model.set(data, offset);
      await disk.write(offset, data);
    }
    expectSame(await readAll(disk), model);
    await disk.close();
    const flat = join(folder, 'flat.raw');
    await writeFile(flat, model);
    expect(await qemuCheck(top, 'qcow2')).toEqual(CLEAN);
    await qemuCompare(top, 'qcow2', flat, 'raw');
    expectSame(await readFile(base), contents);
  });

  it.each(['1.1', '0.10'])('keep their internal snapshots as they were (compat %s)', async (compat) => {
    const folder = makeTempFolder();
    const contents = diskContents();
    const made = join(folder, 'made.qcow2');
    const options = `compat=${compat},cluster_size=4k`;
    await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', options, await rawFile(folder, contents), made);
    await qemuIo('-f', 'qcow2', '-c', 'write -P 5 10k 90k', made);
    await qemuImg('snapshot', '-c', 'first', made);
    await qemuIo('-f', 'qcow2', '-c', 'write -P 6 50k 90k', made);
    await qemuImg('snapshot', '-c', 'second', made);
    const first = Buffer.from(contents).fill(5, 10 * KIB, 100 * KIB);
    const second = Buffer.from(first).fill(6, 50 * KIB, 140 * KIB);
    expect((await qcow2Format.info(made)).internalSnapshots).toBe(2);
    const image = await readFile(made);
    const path = join(folder, 'written.qcow2');
    await fc.assert(
      fc.asyncProperty(diskActions(SIZE, 4 * KIB), async (actions) => {
        await writeFile(path, image);
        await expectSoundAndSame(path, await playActions(qcow2Format, path, actions, {}, second), folder);
        for (const [name, wanted] of [
          ['first', first],
          ['second', second],
        ] as const) {
          await qemuImg('snapshot', '-a', name, path);
          await qemuCompare(path, 'qcow2', await rawFile(folder, wanted), 'raw');
        }
        await qemuImg('snapshot', '-d', 'first', path);
        await expectSoundAndSame(path, await playActions(qcow2Format, path, actions, {}, second), folder);
      }),
      { numRuns: 8 },
    );
  });

  it('and not closed by QEMU are counted anew', async () => {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.qcow2');
    await qemuImg('create', '-f', 'qcow2', '-o', 'lazy_refcounts=on,cluster_size=4k', path, '4M');
    await qemuIo('-f', 'qcow2', '-c', 'write -P 3 0 2M', '-c', 'flush', '-c', 'abort', path).catch(() => {});
    expect((await readFile(path)).readBigUInt64BE(72) & 1n).toBe(1n);
    const model = Buffer.alloc(4 * MIB).fill(3, 0, 2 * MIB);
    expectSame(await contentsOf(path), model);
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    model.fill(8, MIB, 3 * MIB);
    await disk.write(MIB, Buffer.alloc(2 * MIB, 8));
    await disk.close();
    await expectSoundAndSame(path, model, folder);
  });

  it('with dirty bitmaps lose them at the first write, and nothing else', async () => {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.qcow2');
    const contents = diskContents();
    await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', await rawFile(folder, contents), path);
    await qemuImg('bitmap', '--add', path, 'changes');
    expect(await qcow2Format.check(path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    contents.set(patternBytes(5000, 6), MIB);
    await disk.write(MIB, patternBytes(5000, 6));
    await disk.close();
    expect((await qemuCheck(path, 'qcow2')).errors).toBe(0);
    await qcow2Format.repair?.(path);
    await expectSoundAndSame(path, contents, folder);
  });

  it('never crash or hang this program when they are damaged', async () => {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.qcow2');
    const small = Buffer.alloc(256 * KIB, 'text that can be compressed ');
    const options = 'compression_type=zstd,cluster_size=4k';
    await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', options, await rawFile(folder, small), path);
    await qemuImg('snapshot', '-c', 'first', path);
    await qemuIo('-f', 'qcow2', '-c', 'write -P 6 50k 90k', path);
    const { size } = await stat(path);
    await fuzzImage(
      qcow2Format,
      path,
      [
        [0, 512],
        [0, size],
      ],
      2500,
    );
  });
});

describe('qcow2 images made here', () => {
  it('are what qemu-img takes them for', async () => {
    const folder = makeTempFolder();
    const base = await rawFile(folder, diskContents());
    const path = join(folder, 'child.qcow2');
    await qcow2Format.create(path, { sizeBytes: SIZE, backing: { reference: base, format: 'raw', sizeBytes: SIZE } });
    const info = JSON.parse(await qemuImg('info', '--output=json', path));
    expect(info).toMatchObject({
      format: 'qcow2',
      'virtual-size': SIZE,
      'cluster-size': 65536,
      'backing-filename': base,
      'backing-filename-format': 'raw',
      'format-specific': { data: { compat: '1.1', 'lazy-refcounts': false, 'refcount-bits': 16, corrupt: false } },
    });
    expect(await qemuCheck(path, 'qcow2')).toEqual(CLEAN);
    await qemuCompare(path, 'qcow2', base, 'raw');
  });

  it.each([9, 12, 16, 21])('are sound and say the same to qemu-img (clusters of 2^%i)', async (clusterBits) => {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.qcow2');
    await fc.assert(
      fc.asyncProperty(
        diskActions(SIZE, 1 << clusterBits),
        fc.constantFrom(2 as const, 3 as const),
        fc.integer({ min: 0, max: 6 }),
        async (actions, version, order) => {
          await rm(path, { force: true });
          await createQcow2(
            path,
            { sizeBytes: SIZE },
            { version, clusterBits, refcountOrder: version === 2 ? 4 : order },
          );
          await expectSoundAndSame(path, await playActions(qcow2Format, path, actions), folder);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('stay sound when they grow', async () => {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.qcow2');
    await createQcow2(path, { sizeBytes: MIB }, { version: 3, clusterBits: 9, refcountOrder: 4 });
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    await disk.write(0, patternBytes(MIB, 3));
    await disk.close();
    await growQcow2(path, 64 * MIB);
    await growQcow2(path, 64 * MIB + 512);
    const contents = Buffer.concat([patternBytes(MIB, 3), Buffer.alloc(63 * MIB + 512)]);
    await expectSoundAndSame(path, contents, folder);
  });

  it('become small again, alone and on a backing image', async () => {
    const folder = makeTempFolder();
    const base = await rawFile(folder, diskContents());
    const path = join(folder, 'child.qcow2');
    const openBacking = () => openChain([{ path: base, format: 'raw' }], { isReadOnly: true });
    await qcow2Format.create(path, { sizeBytes: SIZE, backing: { reference: base, format: 'raw', sizeBytes: SIZE } });
    const disk = await qcow2Format.open(path, { isReadOnly: false, openBacking });
    await disk.write(0, patternBytes(4 * MIB, 1));
    await disk.write(0, Buffer.alloc(3 * MIB));
    await disk.close();
    const saved = await compactImage({ path, format: 'qcow2' }, { openBacking });
    expect(saved).toBeGreaterThan(2.5 * MIB);
    const contents = diskContents().fill(0, 0, 3 * MIB);
    contents.set(patternBytes(4 * MIB, 1).subarray(3 * MIB), 3 * MIB);
    const flat = join(folder, 'flat.qcow2');
    await convertImage({ path, format: 'qcow2' }, { path: flat, format: 'qcow2' }, { openBacking });
    expect(await qemuCheck(path, 'qcow2')).toEqual(CLEAN);
    await qemuCompare(path, 'qcow2', flat, 'qcow2');
    const folder2 = makeTempFolder();
    await expectSoundAndSame(flat, contents, folder2);
  });
});
