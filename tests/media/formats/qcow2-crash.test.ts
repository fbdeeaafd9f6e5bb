import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQcow2, type Qcow2Layout } from '../../../src/main/media/formats/qcow2/create.ts';
import { partsOf, Qcow2Device } from '../../../src/main/media/formats/qcow2/device.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { openRawFile } from '../../../src/main/media/formats/raw-file.ts';
import { Expectation, playFlushing } from '../../support/crash-expectation.ts';
import { diskActions, patternBytes, readAll } from '../../support/image-suite.ts';
import { writeImage } from '../../support/images.ts';
import { FailingFile, makeDice } from '../../support/power-failure.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SIZE = 80 * 1024;
const MOMENTS = 12;

describe('a qcow2 image whose writer ends at any moment', () => {
  it.each<[string, Qcow2Layout, boolean, number]>([
    ['the process is killed', { version: 3, clusterBits: 9, refcountOrder: 6 }, false, 0],
    ['the power fails', { version: 3, clusterBits: 9, refcountOrder: 6 }, false, 0.5],
    ['the power fails, and nothing else was written', { version: 2, clusterBits: 10, refcountOrder: 4 }, false, 1],
    ['the process is killed, on a backing image', { version: 3, clusterBits: 10, refcountOrder: 4 }, true, 0],
    ['the power fails, on a backing image', { version: 3, clusterBits: 10, refcountOrder: 4 }, true, 0.5],
  ])('is sound but for leaks, and has all that was flushed: %s', async (_name, layout, hasBacking, loss) => {
    await fc.assert(
      fc.asyncProperty(
        diskActions(SIZE, 1 << layout.clusterBits),
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: MOMENTS, maxLength: MOMENTS }),
        fc.integer({ min: 1 }),
        async (actions, moments, seed) => {
          const folder = makeTempFolder();
          const path = join(folder, 'disk.qcow2');
          const base = hasBacking ? patternBytes(SIZE, 9) : Buffer.alloc(SIZE);
          const basePath = writeImage(folder, 'base.img', Buffer.from(base));
          const backing = { reference: 'base.img', format: 'raw', sizeBytes: SIZE } as const;
          await createQcow2(path, { sizeBytes: SIZE, ...(hasBacking ? { backing } : {}) }, layout);
          const openBacking = () => openRawFile(basePath, { isReadOnly: true });
          const failing = await FailingFile.open(path);
          const device = new Qcow2Device(await partsOf(failing.file, { isReadOnly: false, openBacking }));
          const expected = new Expectation(base);
          await playFlushing(device, failing, actions, expected);
          await device.close();
          const dice = makeDice(seed);
          for (const moment of moments) {
            const done = Math.round((moment / 1000) * failing.steps.length);
            const isLost = () => dice() < loss;
            const broken = join(folder, 'broken.qcow2');
            await writeFile(broken, failing.contentsAfter(done, isLost));
            const { errors } = await qcow2Format.check(broken);
            expect(errors).toEqual([]);
            const again = await qcow2Format.open(broken, { isReadOnly: true, openBacking });
            expect(expected.firstWrong(await readAll(again), done)).toBeUndefined();
            await again.close();
          }
          expect(await qcow2Format.repair?.(join(folder, 'broken.qcow2'))).toMatchObject({
            isConsistent: true,
            leakedBytes: 0,
          });
        },
      ),
      { numRuns: 20 },
    );
  });
});
