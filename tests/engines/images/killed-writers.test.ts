import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageFormat } from '../../../src/main/media/formats/formats.ts';
import { vhdSizeFor } from '../../../src/main/media/formats/vhd/vhd-geometry.ts';
import type { MediumFormat } from '../../../src/shared/model/medium.ts';
import { expectSame, readAll } from '../../support/image-suite.ts';
import { killAfter } from '../../support/killed-writer.ts';
import { qemuCheck, qemuCompare, qemuImg } from '../../support/qemu-img.ts';
import { findLost } from '../../support/stamped-writes.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const ROUNDS = 10;

async function contentsOf(id: MediumFormat, path: string): Promise<Buffer> {
  const disk = await imageFormat(id).open(path, { isReadOnly: true });
  try {
    return await readAll(disk);
  } finally {
    await disk.close();
  }
}

describe('an image whose writer was killed', () => {
  const cases: [MediumFormat, sizeBytes: number][] = [
    ['vdi', 32 * MIB],
    ['vhd', vhdSizeFor(48 * MIB)],
    ['vmdk', 32 * MIB],
  ];

  it.each(cases)(
    `of the format %s has all that was flushed, and leaks at worst (${ROUNDS} times)`,
    async (id, sizeBytes) => {
      const folder = makeTempFolder();
      const format = imageFormat(id);
      for (let round = 0; round < ROUNDS; round += 1) {
        const path = join(folder, `disk.${id}`);
        await rm(path, { force: true });
        await format.create(path, { sizeBytes });
        const flushed = await killAfter(1 + round, 'image-victim.ts', [id, path]);
        expect((await format.check(path)).errors).toEqual([]);
        const seen = await contentsOf(id, path);
        expect(findLost(seen, Buffer.alloc(sizeBytes), flushed)).toBeUndefined();
        const raw = `${path}.raw`;
        await rm(raw, { force: true });
        await qemuImg('convert', '-f', id === 'vhd' ? 'vpc' : id, '-O', 'raw', path, raw);
        expectSame(await contentsOf('raw', raw), seen);
        await format.repair?.(path);
        if (id !== 'vhd') expect(await qemuCheck(path, id)).toEqual({ errors: 0, leaks: 0 });
        await qemuCompare(path, id, raw, 'raw');
      }
    },
  );
});
