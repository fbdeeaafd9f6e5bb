import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageFormat } from '../../../src/main/media/formats/image-format.ts';
import { vdiFormat } from '../../../src/main/media/formats/vdi/vdi-format.ts';
import { vhdFormat } from '../../../src/main/media/formats/vhd/vhd-format.ts';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { expectSame, newImage, patternBytes, readAll } from '../../support/image-suite.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

interface Growing {
  format: ImageFormat;
  /** As large as a disk of the format is made here. */
  largestBytes: number;
  /** What an image of that size may take on the host's disk with one write in it: its tables. */
  emptyBytes: number;
  /** A disk, and the parts that it is written in from its start: smaller than a block, so that they meet in blocks. */
  diskBytes: number;
  parts: { count: number; sizeBytes: number };
}

const formats: Growing[] = [
  {
    ...{ format: vdiFormat, largestBytes: 2048 * GIB, emptyBytes: 10 * MIB },
    ...{ diskBytes: 6 * MIB, parts: { count: 48, sizeBytes: 128 * KIB } },
  },
  {
    ...{ format: vhdFormat, largestBytes: 2040 * GIB, emptyBytes: 6 * MIB },
    ...{ diskBytes: 9 * MIB, parts: { count: 36, sizeBytes: 256 * KIB } },
  },
  {
    ...{ format: vmdkFormat, largestBytes: 2040 * GIB, emptyBytes: 2 * MIB },
    ...{ diskBytes: 4 * MIB, parts: { count: 64, sizeBytes: 40 * KIB } },
  },
];

describe.each(formats)('a growing $format.id image', ({ format, largestBytes, emptyBytes, diskBytes, parts }) => {
  it('opens at once and stays small, however large the disk is', async () => {
    const folder = makeTempFolder();
    const disk = await newImage(format, folder, { sizeBytes: largestBytes });
    await disk.write(largestBytes - 3, Uint8Array.of(1, 2, 3));
    const seen = Buffer.alloc(4);
    await disk.read(largestBytes - 4, seen);
    expect([...seen]).toEqual([0, 1, 2, 3]);
    await disk.close();
    expect((await stat(join(folder, `disk.${format.id}`))).blocks * 512).toBeLessThan(emptyBytes);
  });

  it('takes writes of all at once without mixing them up', async () => {
    const disk = await newImage(format, makeTempFolder(), { sizeBytes: diskBytes });
    const written = Array.from({ length: parts.count }, (_, index) => patternBytes(parts.sizeBytes, index + 1));
    await Promise.all(written.map((part, index) => disk.write(index * part.length, part)));
    expectSame((await readAll(disk)).subarray(0, parts.count * parts.sizeBytes), Buffer.concat(written));
    await disk.close();
  });
});
