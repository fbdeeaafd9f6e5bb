import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageFormat } from '../../../src/main/media/formats/image-format.ts';
import { createQcow2, type Qcow2Layout } from '../../../src/main/media/formats/qcow2/create.ts';
import { partsOf, Qcow2Device } from '../../../src/main/media/formats/qcow2/device.ts';
import { growQcow2 } from '../../../src/main/media/formats/qcow2/grow.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { openRawFile } from '../../../src/main/media/formats/raw-file.ts';
import { diskActions, expectSame, newImage, patternBytes, playActions, readAll } from '../../support/image-suite.ts';
import { writeImage } from '../../support/images.ts';
import { openOnFullDisk } from '../../support/power-failure.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };

/** The format with other clusters than usual: small ones fill tables soon. */
function withLayout(layout: Qcow2Layout): ImageFormat {
  return { ...qcow2Format, create: (path, options) => createQcow2(path, options, layout) };
}

const tiny = withLayout({ version: 3, clusterBits: 9, refcountOrder: 4 });

describe('a qcow2 image', () => {
  it.each<Qcow2Layout>([
    { version: 3, clusterBits: 16, refcountOrder: 4 },
    { version: 3, clusterBits: 9, refcountOrder: 6 },
    { version: 3, clusterBits: 12, refcountOrder: 0 },
    { version: 2, clusterBits: 10, refcountOrder: 4 },
  ])('keeps what is written like memory does ($version, 2^$clusterBits, $refcountOrder)', async (layout) => {
    const format = withLayout(layout);
    const clusterSize = 1 << layout.clusterBits;
    const sizeBytes = Math.min(2 * MIB, 37 * clusterSize) + 512;
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, clusterSize), async (actions) => {
        const path = join(makeTempFolder(), 'disk.qcow2');
        await format.create(path, { sizeBytes });
        await playActions(format, path, actions);
        expect(await format.check(path)).toMatchObject(SOUND);
      }),
      { numRuns: 30 },
    );
  });

  it.each([3, 2] as const)(
    'on a backing image keeps what is written, and shows the rest of it (version %i)',
    async (version) => {
      const format = withLayout({ version, clusterBits: 10, refcountOrder: 4 });
      const sizeBytes = 40 * KIB;
      await fc.assert(
        fc.asyncProperty(
          diskActions(sizeBytes, KIB),
          fc.integer({ min: 1, max: 100 }).map((sectors) => sectors * 512),
          async (actions, backingBytes) => {
            const folder = makeTempFolder();
            const base = patternBytes(backingBytes, 5);
            const basePath = writeImage(folder, 'base.img', Buffer.from(base));
            const path = join(folder, 'child.qcow2');
            const backing = { reference: 'base.img', format: 'raw', sizeBytes: backingBytes } as const;
            await format.create(path, { sizeBytes, backing });
            const openBacking = () => openRawFile(basePath, { isReadOnly: true });
            const before = Buffer.concat([base, Buffer.alloc(sizeBytes)]).subarray(0, sizeBytes);
            await playActions(format, path, actions, { openBacking }, before);
            expect(await format.check(path)).toMatchObject(SOUND);
            expectSame(await readFile(basePath), base);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  it('opens at once and stays small, however large the disk is', async () => {
    const sizeBytes = 1024 ** 5;
    const folder = makeTempFolder();
    const disk = await newImage(qcow2Format, folder, { sizeBytes });
    await disk.write(sizeBytes - 3, Uint8Array.of(1, 2, 3));
    const seen = Buffer.alloc(4);
    await disk.read(sizeBytes - 4, seen);
    expect([...seen]).toEqual([0, 1, 2, 3]);
    expect(await disk.extentAt(0, sizeBytes)).toMatchObject({ kind: 'zero' });
    await disk.close();
    expect((await stat(join(folder, 'disk.qcow2'))).blocks * 512).toBeLessThan(MIB);
  });

  it('takes reads and writes of all at once without mixing them up', async () => {
    const disk = await newImage(tiny, makeTempFolder(), { sizeBytes: MIB });
    const parts = Array.from({ length: 256 }, (_, index) => patternBytes(4096, index + 1));
    const halves = parts.flatMap((part, index) => [
      disk.write(index * 4096 + 100, part.subarray(100)),
      disk.read(index * 4096, Buffer.alloc(4096)),
      disk.write(index * 4096, part.subarray(0, 100)),
    ]);
    await Promise.all([...halves, disk.flush()]);
    expectSame(await readAll(disk), Buffer.concat(parts));
    await disk.close();
  });

  it('frees discarded clusters at the next flush, and uses them again', async () => {
    const folder = makeTempFolder();
    const disk = await newImage(tiny, folder, { sizeBytes: MIB });
    const path = join(folder, 'disk.qcow2');
    await disk.write(0, patternBytes(256 * KIB, 1));
    await disk.flush();
    const { size } = await stat(path);
    for (const round of [2, 3, 4]) {
      await disk.discard(0, 256 * KIB);
      await disk.flush();
      await disk.write(512 * KIB, patternBytes(256 * KIB, round));
      await disk.discard(512 * KIB, 256 * KIB);
      await disk.flush();
      await disk.write(0, patternBytes(256 * KIB, round));
      await disk.flush();
    }
    await disk.close();
    expect((await stat(path)).size).toBeLessThan(size + 16 * KIB);
    expect(await qcow2Format.check(path)).toMatchObject(SOUND);
  });

  it('does not give a reader the new contents of a cluster that was freed under it', async () => {
    const disk = await newImage(tiny, makeTempFolder(), { sizeBytes: MIB });
    await disk.write(0, Buffer.alloc(64 * KIB, 1));
    await disk.flush();
    const seen = Buffer.alloc(64 * KIB);
    const reading = disk.read(0, seen);
    await disk.discard(0, 64 * KIB);
    await disk.flush();
    await disk.write(128 * KIB, Buffer.alloc(64 * KIB, 2));
    await reading;
    expect(seen.includes(2)).toBe(false);
    await disk.close();
  });

  it('says when the disk is full, and goes on as if nothing had been once there is space', async () => {
    const path = join(makeTempFolder(), 'disk.qcow2');
    await tiny.create(path, { sizeBytes: MIB });
    const limit = { bytes: 100 * KIB };
    const file = await openOnFullDisk(path, limit);
    const disk = new Qcow2Device(await partsOf(file, { isReadOnly: false }));
    const model = Buffer.alloc(MIB);
    let refused = 0;
    for (let part = 0; part < 256; part++) {
      const data = patternBytes(4096, part + 1);
      const offset = ((part * 37) % 256) * 4096;
      model.set(data, offset);
      while (!(await succeeds(async () => disk.write(offset, data)))) {
        refused += 1;
        limit.bytes += 3000;
      }
      while (part % 16 === 0 && !(await succeeds(() => disk.flush()))) limit.bytes += 700;
    }
    expect(refused).toBeGreaterThan(20);
    limit.bytes = 2 * MIB;
    expectSame(await readAll(disk), model);
    await disk.close();
    expect(await tiny.check(path)).toMatchObject(SOUND);
  });

  it('grows, and shows zeros in its new part even over a larger backing image', async () => {
    const folder = makeTempFolder();
    const base = patternBytes(64 * KIB, 3);
    const basePath = writeImage(folder, 'base.img', Buffer.from(base));
    const openBacking = () => openRawFile(basePath, { isReadOnly: true });
    const path = join(folder, 'child.qcow2');
    const sizeBytes = 20 * KIB + 512;
    const backing = { reference: 'base.img', format: 'raw', sizeBytes: base.length } as const;
    await tiny.create(path, { sizeBytes, backing });
    await growQcow2(path, 8 * MIB, { openBacking });
    const disk = await tiny.open(path, { isReadOnly: true, openBacking });
    expectSame(await readAll(disk), Buffer.concat([base.subarray(0, sizeBytes), Buffer.alloc(8 * MIB - sizeBytes)]));
    await disk.close();
    expect(await tiny.check(path)).toMatchObject(SOUND);
    expect((await refusalOf(() => growQcow2(path, MIB, { openBacking }))).code).toBe('INVALID_INPUT');
  });

  it('tells what it is, and what it builds on', async () => {
    const folder = makeTempFolder();
    const path = join(folder, 'child.qcow2');
    const backing = { reference: '../Wärter/base.vhd', format: 'vhd', sizeBytes: MIB } as const;
    await qcow2Format.create(path, { sizeBytes: 2 * MIB, backing });
    expect(await qcow2Format.info(path)).toEqual({
      format: 'qcow2',
      virtualSizeBytes: 2 * MIB,
      variant: 'dynamic',
      backingReference: '../Wärter/base.vhd',
      backingFormat: 'vhd',
      internalSnapshots: 0,
      clusterSizeBytes: 64 * KIB,
    });
    expect((await refusalOf(() => qcow2Format.open(path, { isReadOnly: true }))).message).toContain(
      'builds on another',
    );
  });

  it('is not made in place of another file, nor of a size that cannot be', async () => {
    const path = writeImage(makeTempFolder(), 'disk.qcow2', Buffer.from('mine'));
    expect((await refusalOf(() => qcow2Format.create(path, { sizeBytes: MIB }))).code).toBe('FILE_EXISTS');
    expect(await readFile(path, 'utf8')).toBe('mine');
    for (const sizeBytes of [0, 100, 2 ** 60]) {
      expect((await refusalOf(() => qcow2Format.create(`${path}2`, { sizeBytes }))).code).toBe('INVALID_INPUT');
    }
    await expect(stat(`${path}2`)).rejects.toThrow();
  });

  it('refuses what is outside of it, and everything once it is closed', async () => {
    const disk = await newImage(qcow2Format, makeTempFolder(), { sizeBytes: MIB });
    await expect(disk.read(MIB - 1, Buffer.alloc(2))).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(disk.write(-1, Buffer.alloc(1))).rejects.toMatchObject({ code: 'EINVAL' });
    await disk.close();
    await expect(disk.read(0, Buffer.alloc(1))).rejects.toMatchObject({ code: 'EBADF' });
    await disk.close();
  });
});

/** False when the disk is full; other errors are thrown on. */
async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
    return false;
  }
}
