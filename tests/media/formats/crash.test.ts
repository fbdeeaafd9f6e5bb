import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockDevice } from '../../../src/main/media/formats/block-device.ts';
import { imageFormat } from '../../../src/main/media/formats/formats.ts';
import type { HostFile } from '../../../src/main/media/formats/host-file.ts';
import type { OpenOptions } from '../../../src/main/media/formats/image-format.ts';
import { openVdi } from '../../../src/main/media/formats/vdi/vdi-format.ts';
import { openVhd } from '../../../src/main/media/formats/vhd/vhd-format.ts';
import { vhdSizeFor } from '../../../src/main/media/formats/vhd/vhd-geometry.ts';
import { openVmdk } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import type { MediumFormat } from '../../../src/shared/model/medium.ts';
import { Expectation, playFlushing } from '../../support/crash-expectation.ts';
import { diskActions, patternBytes, readAll } from '../../support/image-suite.ts';
import { FailingFile, makeDice } from '../../support/power-failure.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 ** 2;
const MOMENTS = 5;

interface Case {
  id: MediumFormat;
  open: (file: HostFile, options: OpenOptions) => Promise<BlockDevice>;
  sizeBytes: number;
  blockBytes: number;
  runs: number;
}

const CASES: Case[] = [
  { id: 'vdi', open: openVdi, sizeBytes: 3 * MIB, blockBytes: MIB, runs: 5 },
  { id: 'vhd', open: openVhd, sizeBytes: vhdSizeFor(5 * MIB), blockBytes: 2 * MIB, runs: 5 },
  { id: 'vmdk', open: openVmdk, sizeBytes: MIB, blockBytes: 64 * 1024, runs: 15 },
];

const ENDS = [
  { end: 'its process is killed', loss: 0 },
  { end: 'the power fails', loss: 0.5 },
  { end: 'the power fails, and nothing else was written', loss: 1 },
];

describe('an image whose writer ends at any moment', () => {
  it.each(CASES.flatMap((each) => ENDS.map((end) => ({ ...each, ...end }))))(
    '($id) has all that was flushed, can be written again and repaired: $end',
    async ({ id, open, sizeBytes, blockBytes, runs, loss }) => {
      const format = imageFormat(id);
      await fc.assert(
        fc.asyncProperty(
          diskActions(sizeBytes, blockBytes),
          fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: MOMENTS, maxLength: MOMENTS }),
          fc.integer({ min: 1 }),
          async (actions, moments, seed) => {
            const folder = makeTempFolder();
            const path = join(folder, `disk.${id}`);
            await format.create(path, { sizeBytes });
            const failing = await FailingFile.open(path);
            const device = await open(failing.file, { isReadOnly: false });
            const expected = new Expectation(Buffer.alloc(sizeBytes));
            await playFlushing(device, failing, actions, expected);
            await device.close();
            const dice = makeDice(seed);
            for (const moment of moments) {
              const done = Math.round((moment / 1000) * failing.steps.length);
              const broken = join(folder, `broken.${id}`);
              await writeFile(
                broken,
                failing.contentsAfter(done, () => dice() < loss),
              );
              if (loss === 0) expect((await format.check(broken)).errors).toEqual([]);
              const again = await format.open(broken, { isReadOnly: false });
              expect(expected.firstWrong(await readAll(again), done)).toBeUndefined();
              await again.write(blockBytes / 2, patternBytes(blockBytes, 3));
              await again.close();
              await format.repair?.(broken);
              expect(await format.check(broken)).toMatchObject({ isConsistent: true, errors: [] });
            }
          },
        ),
        { numRuns: runs },
      );
    },
    60_000,
  );
});
