import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertImage } from '../../../src/main/media/formats/convert.ts';
import { imageFormat } from '../../../src/main/media/formats/formats.ts';
import type { ImageVariant } from '../../../src/main/media/formats/image-format.ts';
import { vhdSizeFor } from '../../../src/main/media/formats/vhd/vhd-geometry.ts';
import type { MediumFormat } from '../../../src/shared/model/medium.ts';
import { diskActions, expectSame, patternBytes, playActions, readAll } from '../../support/image-suite.ts';
import { QEMU_NAMES, qemuCheck, qemuCompare, qemuImg, qemuIo } from '../../support/qemu-img.ts';
import { randomContents } from '../../support/random-disk.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;

/** QEMU's opinion of an image: its tables, where it can check them, and its contents. */
async function expectGoodForQemu(id: MediumFormat, path: string, contents: Uint8Array): Promise<void> {
  const raw = `${path}.raw`;
  await writeFile(raw, contents);
  if (id !== 'vhd' && id !== 'raw') expect(await qemuCheck(path, id)).toEqual({ errors: 0, leaks: 0 });
  await qemuCompare(path, id, raw, 'raw');
}

const WRITABLE: [MediumFormat, ImageVariant, blockBytes: number][] = [
  ['vdi', 'dynamic', MIB],
  ['vdi', 'fixed', MIB],
  ['vhd', 'dynamic', 2 * MIB],
  ['vhd', 'fixed', 2 * MIB],
  ['vmdk', 'dynamic', 64 * 1024],
];

describe('an image written here', () => {
  it.each(WRITABLE)('of the format %s (%s) is sound and the same for QEMU', async (id, variant, blockBytes) => {
    const format = imageFormat(id);
    const sizeBytes = vhdSizeFor(9 * MIB);
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, blockBytes), async (actions) => {
        const path = join(makeTempFolder(), `disk.${id}`);
        await format.create(path, { sizeBytes, variant });
        await expectGoodForQemu(id, path, await playActions(format, path, actions));
      }),
      { numRuns: 12 },
    );
  });

  it.each(WRITABLE)('of the format %s (%s) can be written by QEMU, and here again', async (id, variant, blockBytes) => {
    const format = imageFormat(id);
    const path = join(makeTempFolder(), `disk.${id}`);
    const sizeBytes = vhdSizeFor(20 * MIB);
    await format.create(path, { sizeBytes, variant });
    const write = async (offset: number, fill: number) => {
      const disk = await format.open(path, { isReadOnly: false });
      await disk.write(offset, patternBytes(3000, fill));
      await disk.close();
    };
    await write(5 * blockBytes, 1);
    const writes = [`write -P 7 ${blockBytes} 4k`, `write -P 8 ${7 * blockBytes - 512} 1k`];
    await qemuIo('-f', QEMU_NAMES[id], ...writes.flatMap((command) => ['-c', command]), path);
    await write(blockBytes + 1000, 2);
    await write(8 * blockBytes, 3);
    const wanted = Buffer.alloc(sizeBytes);
    wanted.fill(7, blockBytes, blockBytes + 4096).fill(8, 7 * blockBytes - 512, 7 * blockBytes + 512);
    const pieces: [number, number][] = [
      [5 * blockBytes, 1],
      [blockBytes + 1000, 2],
      [8 * blockBytes, 3],
    ];
    for (const [offset, fill] of pieces) wanted.set(patternBytes(3000, fill), offset);
    const disk = await format.open(path, { isReadOnly: true });
    expectSame(await readAll(disk), wanted);
    await disk.close();
    expect(await format.check(path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
    await expectGoodForQemu(id, path, wanted);
  });

  it('of the format vmdk (streamOptimized) is sound and the same for QEMU', async () => {
    for (const [index, sizeBytes] of [40 * MIB, 70 * MIB + 512].entries()) {
      const folder = makeTempFolder();
      const raw = join(folder, 'disk.raw');
      const path = join(folder, 'disk.vmdk');
      const contents = randomContents(sizeBytes, 10 + index);
      await writeFile(raw, contents);
      await convertImage({ path: raw, format: 'raw' }, { path, format: 'vmdk' }, { variant: 'streamOptimized' });
      await expectGoodForQemu('vmdk', path, contents);
    }
  });

  it('is large enough for QEMU where the geometry of a VHD ends', async () => {
    const folder = makeTempFolder();
    for (const gib of [100, 127, 128, 200, 2040]) {
      const path = join(folder, `${gib}.vhd`);
      const sizeBytes = vhdSizeFor(gib * 1024 * MIB);
      await imageFormat('vhd').create(path, { sizeBytes });
      const info = JSON.parse(await qemuImg('info', '-f', 'vpc', '--output=json', path));
      expect(info).toMatchObject({ 'virtual-size': sizeBytes });
    }
  });
});

describe('converting', () => {
  const formats: [MediumFormat, ImageVariant | undefined][] = [
    ['raw', undefined],
    ['qcow2', undefined],
    ['vdi', undefined],
    ['vhd', undefined],
    ['vmdk', undefined],
    ['vmdk', 'streamOptimized'],
  ];
  const pairs = formats.flatMap(([from, variant]) =>
    formats.map(([to, toVariant]) => ({ from, variant, to, toVariant })),
  );

  it.each(pairs)(
    '$from $variant to $to $toVariant changes nothing of the contents',
    async ({ from, variant, to, toVariant }) => {
      const folder = makeTempFolder();
      const contents = randomContents(vhdSizeFor(6 * MIB), 77);
      const raw = join(folder, 'start.raw');
      const [first, second] = [join(folder, `first.${from}`), join(folder, `second.${to}`)];
      await writeFile(raw, contents);
      await convertImage({ path: raw, format: 'raw' }, { path: first, format: from }, variant ? { variant } : {});
      await convertImage(
        { path: first, format: from },
        { path: second, format: to },
        toVariant ? { variant: toVariant } : {},
      );
      await expectGoodForQemu(to, second, contents);
    },
  );
});
