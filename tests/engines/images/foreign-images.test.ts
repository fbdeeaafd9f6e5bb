import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageFormat } from '../../../src/main/media/formats/formats.ts';
import { vhdxFormat } from '../../../src/main/media/formats/vhdx/vhdx-format.ts';
import type { MediumFormat } from '../../../src/shared/model/medium.ts';
import { expectSame, readAll } from '../../support/image-suite.ts';
import { QEMU_NAMES, qemuImg, qemuIo } from '../../support/qemu-img.ts';
import { randomContents } from '../../support/random-disk.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { sealVhdx, VHDX } from '../../support/vhdx-builder.ts';

const MIB = 1024 ** 2;

const KINDS: [format: MediumFormat, options: string[], variant: string][] = [
  ['vdi', [], 'dynamic'],
  ['vdi', ['static=on'], 'fixed'],
  ['vhd', [], 'dynamic'],
  ['vhd', ['force_size=on'], 'dynamic'],
  ['vhd', ['subformat=fixed'], 'fixed'],
  ['vhd', ['subformat=fixed', 'force_size=on'], 'fixed'],
  ['vmdk', [], 'dynamic'],
  ['vmdk', ['subformat=streamOptimized'], 'streamOptimized'],
  ['vmdk', ['subformat=monolithicFlat'], 'fixed'],
  ['vmdk', ['zeroed_grain=on'], 'dynamic'],
  ['vhdx', [], 'dynamic'],
  ['vhdx', ['subformat=fixed'], 'fixed'],
  ['vhdx', ['block_size=1M', 'block_state_zero=off'], 'dynamic'],
];

describe('an image that QEMU made', () => {
  it.each(KINDS)('of the format %s %j is read byte for byte', async (id, options, variant) => {
    const folder = makeTempFolder();
    const format = imageFormat(id);
    // The second size ends within a sector of the third kind of block there is, and within a grain.
    for (const [index, sizeBytes] of [40 * MIB, 33 * MIB + 7 * 512].entries()) {
      const contents = randomContents(sizeBytes, index + 1);
      const raw = join(folder, 'disk.raw');
      const path = join(folder, `disk${index}.${id}`);
      await writeFile(raw, contents);
      const flags = options.length > 0 ? ['-o', options.join(',')] : [];
      await qemuImg('convert', '-f', 'raw', '-O', QEMU_NAMES[id], ...flags, raw, path);
      expect(await format.info(path)).toMatchObject({ variant });
      expect(await format.check(path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
      const disk = await format.open(path, { isReadOnly: true });
      const seen = await readAll(disk);
      await disk.close();
      expectSame(seen.subarray(0, sizeBytes), contents);
      expectSame(seen.subarray(sizeBytes), Buffer.alloc(seen.length - sizeBytes)); // What a VHD is rounded up by.
    }
  });

  it('and did not close, a VHDX, is read like QEMU reads it when it has replayed the log', async () => {
    const path = join(makeTempFolder(), 'open.vhdx');
    await qemuImg('create', '-f', 'vhdx', '-o', 'block_size=1M', path, '64M');
    const writes = ['-c', 'write -P 5 3M 1M', '-c', 'write -P 6 10M 100k', '-c', 'write -P 7 40M 2M'];
    await qemuIo('-f', 'vhdx', ...writes, path);
    // QEMU empties its log at once, which leaves the entries there: the header is made to say that the last one counts.
    const image = await readFile(path);
    const last = image.lastIndexOf('loge', VHDX.table);
    const id = image.toString('hex', last + 32, last + 48);
    for (const offset of VHDX.headers) image.write(id, offset + 48, 'hex');
    image.fill(0, VHDX.table, VHDX.table + 4096);
    await writeFile(path, sealVhdx(image));
    const before = await readFile(path);
    const disk = await vhdxFormat.open(path, { isReadOnly: true });
    const seen = await readAll(disk);
    await disk.close();
    expect((await readFile(path)).equals(before)).toBe(true);
    const wanted = Buffer.alloc(64 * MIB);
    wanted
      .fill(5, 3 * MIB, 4 * MIB)
      .fill(6, 10 * MIB, 10 * MIB + 100 * 1024)
      .fill(7, 40 * MIB, 42 * MIB);
    expectSame(seen, wanted);
    await qemuImg('check', '-f', 'vhdx', '-r', 'all', path);
    const raw = `${path}.raw`;
    await qemuImg('convert', '-f', 'vhdx', '-O', 'raw', path, raw);
    expectSame(await readFile(raw), wanted);
  });
});
