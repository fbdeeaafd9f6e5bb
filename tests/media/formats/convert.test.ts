import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openChain } from '../../../src/main/media/formats/backing-chain.ts';
import { compactImage, convertImage } from '../../../src/main/media/formats/convert.ts';
import { mergeImage } from '../../../src/main/media/formats/copy-image.ts';
import { openImage } from '../../../src/main/media/formats/formats.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { InnError } from '../../../src/shared/errors.ts';
import { expectSame, patternBytes, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const SIZE = 6 * MIB + 512;

/** A raw disk with data at both ends, and a qcow2 child that has changed some of it, written zeros and discarded. */
async function chain(folder: string) {
  const base = { path: join(folder, 'base.img'), format: 'raw' as const };
  const child = { path: join(folder, 'child.qcow2'), format: 'qcow2' as const };
  const model = Buffer.alloc(SIZE);
  model.set(patternBytes(MIB, 1));
  model.set(patternBytes(MIB, 2), SIZE - MIB);
  await writeFile(base.path, model);
  const backing = { reference: base.path, format: 'raw' as const, sizeBytes: SIZE };
  await qcow2Format.create(child.path, { sizeBytes: SIZE, backing });
  const disk = await openChain([child, base], { isReadOnly: false });
  for (const [offset, data] of [
    [2 * MIB, patternBytes(70_000, 3)],
    [MIB / 2, Buffer.alloc(100_000)],
  ] as const) {
    model.set(data, offset);
    await disk.write(offset, data);
  }
  model.fill(0, 0, 128 * 1024);
  await disk.discard(0, 128 * 1024);
  await disk.close();
  return { base, child, model, openBacking: () => openImage(base.path, 'raw', { isReadOnly: true }) };
}

async function contentsOf(path: string, format: 'raw' | 'qcow2'): Promise<Buffer> {
  const disk = await openImage(path, format, { isReadOnly: true });
  try {
    return await readAll(disk);
  } finally {
    await disk.close();
  }
}

describe('converting an image', () => {
  it.each(['raw', 'qcow2'] as const)(
    'writes what the guest sees, through the whole chain, and no zeros (%s)',
    async (format) => {
      const folder = makeTempFolder();
      const { child, model, openBacking } = await chain(folder);
      const to = { path: join(folder, 'new'), format };
      const progress: number[] = [];
      await convertImage(child, to, { openBacking, onProgress: (done) => progress.push(done) });
      expectSame(await contentsOf(to.path, format), model);
      expect((await stat(to.path)).blocks * 512).toBeLessThan(3 * MIB);
      expect(progress.at(-1)).toBe(SIZE);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect((await readdir(folder)).sort()).toEqual(['base.img', 'child.qcow2', 'new']);
    },
  );

  it('leaves nothing behind when it is cancelled, refused or fails', async () => {
    const folder = makeTempFolder();
    const { child, openBacking } = await chain(folder);
    const before = (await readdir(folder)).sort();
    const to = { path: join(folder, 'new'), format: 'qcow2' as const };
    const cancel = new AbortController();
    const onProgress = () => cancel.abort();
    const cancelled = () => convertImage(child, to, { openBacking, signal: cancel.signal, onProgress });
    expect((await refusalOf(cancelled)).code).toBe('CANCELLED');
    const full = AbortSignal.abort(new InnError('DISK_FULL', 'Full.'));
    expect((await refusalOf(() => convertImage(child, to, { openBacking, signal: full }))).code).toBe('DISK_FULL');
    expect((await refusalOf(() => convertImage(child, to))).code).toBe('IMAGE_INVALID');
    const there = { path: child.path, format: 'raw' as const };
    expect((await refusalOf(() => convertImage(child, there, { openBacking }))).code).toBe('FILE_EXISTS');
    expect((await readdir(folder)).sort()).toEqual(before);
  });

  it('says so before it begins when the disk is too full for the whole image', async () => {
    const folder = makeTempFolder();
    const huge = { path: join(folder, 'huge.img'), format: 'raw' as const };
    await writeFile(huge.path, '');
    await truncate(huge.path, 2 ** 43);
    const to = { path: join(folder, 'new.img'), format: 'raw' as const };
    const refusal = await refusalOf(() => convertImage(huge, to, { variant: 'fixed' }));
    expect(refusal.code).toBe('DISK_FULL');
    expect(await readdir(folder)).toEqual(['huge.img']);
  });
});

describe('compacting an image', () => {
  it('keeps what the guest sees and what the image builds on, and gives back the rest', async () => {
    const folder = makeTempFolder();
    const { base, child, model, openBacking } = await chain(folder);
    const disk = await openChain([child, base], { isReadOnly: false });
    await disk.write(3 * MIB, patternBytes(2 * MIB, 4));
    await disk.write(3 * MIB, Buffer.alloc(2 * MIB));
    await disk.close();
    model.fill(0, 3 * MIB, 5 * MIB);
    expect(await compactImage(child, { openBacking })).toBeGreaterThan(1.9 * MIB);
    const again = await openChain([child, base], { isReadOnly: true });
    expectSame(await readAll(again), model);
    await again.close();
    expect((await qcow2Format.info(child.path)).backingReference).toBe(base.path);
    expect(await qcow2Format.check(child.path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
  });

  it('leaves the image alone when it is cancelled', async () => {
    const folder = makeTempFolder();
    const { child, openBacking } = await chain(folder);
    const before = await readFile(child.path);
    const refusal = await refusalOf(() => compactImage(child, { openBacking, signal: AbortSignal.abort() }));
    expect(refusal.code).toBe('CANCELLED');
    expect((await readFile(child.path)).equals(before)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['base.img', 'child.qcow2']);
  });
});

describe('merging an image into the one it builds on', () => {
  it('makes the lower one read as the upper one did', async () => {
    const folder = makeTempFolder();
    const { base, child, model } = await chain(folder);
    const source = await openChain([child, base], { isReadOnly: true });
    const target = await openImage(base.path, 'raw', { isReadOnly: false });
    await mergeImage(source, target);
    await target.flush();
    await target.close();
    await source.close();
    expectSame(await readFile(base.path), model);
  });

  it('refuses a target that is too small', async () => {
    const folder = makeTempFolder();
    const { base, child } = await chain(folder);
    await truncate(base.path, MIB);
    const source = await openChain([child, base], { isReadOnly: true });
    const target = await openImage(base.path, 'raw', { isReadOnly: false });
    expect((await refusalOf(() => mergeImage(source, target))).code).toBe('INVALID_INPUT');
    await target.close();
    await source.close();
  });
});
