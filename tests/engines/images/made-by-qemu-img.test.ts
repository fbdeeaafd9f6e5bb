import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertMedium } from '../../../src/main/media/convert-medium.ts';
import { convertImage } from '../../../src/main/media/formats/convert.ts';
import { vhdxFormat } from '../../../src/main/media/formats/vhdx/vhdx-format.ts';
import { expectSame, readAll } from '../../support/image-suite.ts';
import { qemuCheck, qemuCompare } from '../../support/qemu-img.ts';
import { randomContents } from '../../support/random-disk.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;

describe('a VHDX image, made with qemu-img', () => {
  it.each(['raw', 'vdi', 'qcow2'] as const)('is the same as its source of the format %s', async (format) => {
    const folder = makeTempFolder();
    const contents = randomContents(20 * MIB, 5);
    const [raw, from, path] = ['start.img', `source.${format}`, 'disk.vhdx'].map((name) => join(folder, name));
    if (raw === undefined || from === undefined || path === undefined) throw new Error('no names');
    await writeFile(raw, contents);
    await convertImage({ path: raw, format: 'raw' }, { path: from, format });
    const progress: number[] = [];
    const onProgress = (done: number, total: number) => void progress.push(done / total);
    await convertMedium({ path: from, format }, { path, format: 'vhdx' }, { onProgress });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await qemuCheck(path, 'vhdx')).toEqual({ errors: 0, leaks: 0 });
    await qemuCompare(path, 'vhdx', raw, 'raw');
    const disk = await vhdxFormat.open(path, { isReadOnly: true });
    expectSame(await readAll(disk), contents);
    await disk.close();
    expect((await readdir(folder)).sort()).toEqual(['disk.vhdx', `source.${format}`, 'start.img']);
  });
});
