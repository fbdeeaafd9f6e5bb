import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { imageFormat } from '../../../src/main/media/formats/formats.ts';
import { vhdSizeFor } from '../../../src/main/media/formats/vhd/vhd-geometry.ts';
import type { MediumFormat } from '../../../src/shared/model/medium.ts';
import { expectSame, readAll } from '../../support/image-suite.ts';
import { qemuCheck, qemuCompare, qemuImg } from '../../support/qemu-img.ts';
import { findLost } from '../../support/stamped-writes.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const VICTIM = join(import.meta.dirname, '../../support/image-victim.ts');
const ROUNDS = 10;

/** Runs the writer until it has told this many flushes, kills it, and answers the number of the last write it told. */
async function killAfter(flushes: number, id: MediumFormat, path: string): Promise<number> {
  const victim = spawn(process.execPath, [VICTIM, id, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(victim, 'exit');
  let told = 0;
  let last = 0;
  for await (const line of createInterface({ input: victim.stdout })) {
    last = Number(line);
    told += 1;
    if (told === flushes) victim.kill('SIGKILL');
  }
  expect(await gone).toEqual([null, 'SIGKILL']);
  return last;
}

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
        const flushed = await killAfter(1 + round, id, path);
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
