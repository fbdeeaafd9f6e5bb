import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockDevice } from '../../../src/main/media/formats/block-device.ts';
import { createQcow2, type Qcow2Layout } from '../../../src/main/media/formats/qcow2/create.ts';
import { partsOf, Qcow2Device } from '../../../src/main/media/formats/qcow2/device.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { openRawFile } from '../../../src/main/media/formats/raw-file.ts';
import { type DiskAction, diskActions, patternBytes, readAll } from '../../support/image-suite.ts';
import { writeImage } from '../../support/images.ts';
import { FailingFile, makeDice } from '../../support/power-failure.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SIZE = 80 * 1024;
const MOMENTS = 12;

/** What the disk may hold after a failure: what was flushed last, or for each byte anything that was written since. */
class Expectation {
  readonly #current: Buffer;
  /** Contents at each flush, and everything that was written before the next one. */
  readonly #epochs: { afterStep: number; flushed: Buffer; writes: { offset: number; data: Uint8Array }[] }[];

  constructor(before: Uint8Array) {
    this.#current = Buffer.from(before);
    this.#epochs = [{ afterStep: 0, flushed: Buffer.from(before), writes: [] }];
  }

  write(offset: number, data: Uint8Array): void {
    this.#current.set(data, offset);
    this.#epochs.at(-1)?.writes.push({ offset, data });
  }

  flushed(afterStep: number): void {
    this.#epochs.push({ afterStep, flushed: Buffer.from(this.#current), writes: [] });
  }

  /** The first byte that cannot be there after so many steps, or undefined. */
  firstWrong(seen: Buffer, done: number): string | undefined {
    const first = this.#epochs.findLastIndex(({ afterStep }) => afterStep <= done);
    const since = this.#epochs.slice(first);
    const flushed = this.#epochs[first]?.flushed ?? Buffer.alloc(0);
    for (const [at, byte] of seen.entries()) {
      if (byte === flushed[at]) continue;
      const isLater = since.some(({ writes }) =>
        writes.some(({ offset, data }) => at >= offset && at < offset + data.length && data[at - offset] === byte),
      );
      if (!isLater) return `byte ${at} is ${byte}, and was ${flushed[at]} when flushed`;
    }
    return undefined;
  }
}

const FLUSH: DiskAction = { do: 'flush' };

async function play(device: BlockDevice, failing: FailingFile, actions: readonly DiskAction[], expected: Expectation) {
  for (const action of actions.flatMap((each, index) => (index % 3 === 2 ? [each, FLUSH] : [each]))) {
    if (action.do === 'write') {
      const data = patternBytes(action.length, action.fill);
      expected.write(action.offset, data);
      await device.write(action.offset, data);
    } else if (action.do === 'discard') {
      expected.write(action.offset, Buffer.alloc(action.length));
      await device.discard(action.offset, action.length);
      const seen = Buffer.alloc(action.length);
      await device.read(action.offset, seen);
      expected.write(action.offset, seen);
    } else {
      await device.flush();
      expected.flushed(failing.steps.length);
    }
  }
}

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
          await play(device, failing, actions, expected);
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
