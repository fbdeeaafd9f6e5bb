import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQcow2 } from '../../../src/main/media/formats/qcow2/create.ts';
import { partsOf, Qcow2Device } from '../../../src/main/media/formats/qcow2/device.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { openRawFile } from '../../../src/main/media/formats/raw-file.ts';
import { expectSame, patternBytes, readAll } from '../../support/image-suite.ts';
import { killAfter } from '../../support/killed-writer.ts';
import { FailingFile, makeDice } from '../../support/power-failure.ts';
import { qemuCheck, qemuCompare, qemuImg, qemuIo } from '../../support/qemu-img.ts';
import { findLost } from '../../support/stamped-writes.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const KIB = 1024;
const MIB = 1024 ** 2;

describe('a qcow2 image whose writer was killed', () => {
  it.each([
    [9, 5],
    [16, 20],
  ])('has all that was flushed, and leaks at worst (clusters of 2^%i, %i times)', async (clusterBits, rounds) => {
    const folder = makeTempFolder();
    const sizeBytes = 16 * MIB;
    const before = Buffer.from(patternBytes(sizeBytes, 7));
    const base = join(folder, 'base.raw');
    await writeFile(base, before);
    const openBacking = () => openRawFile(base, { isReadOnly: true });
    const backing = { reference: base, format: 'raw', sizeBytes } as const;
    for (let round = 0; round < rounds; round++) {
      const path = join(folder, 'disk.qcow2');
      await rm(path, { force: true });
      await createQcow2(path, { sizeBytes, backing }, { version: 3, clusterBits, refcountOrder: 4 });
      const flushed = await killAfter(1 + round * 2, 'qcow2-victim.ts', [path, base]);
      const { errors, leaks } = await qemuCheck(path, 'qcow2');
      expect(errors).toBe(0);
      const report = await qcow2Format.check(path);
      expect(report).toMatchObject({ isConsistent: true, leakedBytes: leaks << clusterBits });
      const disk = await qcow2Format.open(path, { isReadOnly: true, openBacking });
      const seen = await readAll(disk);
      await disk.close();
      expect(findLost(seen, before, flushed)).toBeUndefined();
      await qcow2Format.repair?.(path);
      expect(await qemuCheck(path, 'qcow2')).toEqual({ errors: 0, leaks: 0 });
      const again = await qcow2Format.open(path, { isReadOnly: true, openBacking });
      expectSame(await readAll(again), seen);
      await again.close();
    }
  });
});

describe('a qcow2 image with snapshots and compressed clusters, when the power fails', () => {
  it('loses neither what was flushed nor what a snapshot holds', async () => {
    const folder = makeTempFolder();
    const made = join(folder, 'made.qcow2');
    const contents = Buffer.alloc(96 * KIB, 'text that can be compressed ');
    const raw = join(folder, 'disk.raw');
    await writeFile(raw, contents);
    await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', 'cluster_size=1k', raw, made);
    await qemuIo('-f', 'qcow2', '-c', 'write -P 5 10k 20k', made);
    await qemuImg('snapshot', '-c', 'first', made);
    const image = await readFile(made);
    const first = Buffer.from(contents).fill(5, 10 * KIB, 30 * KIB);
    const write = fc.record({ at: fc.integer({ min: 0, max: 90 }), sectors: fc.integer({ min: 1, max: 12 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 8 }),
        fc.nat(1000),
        fc.integer({ min: 1 }),
        async (writes, moment, seed) => {
          const path = join(folder, 'disk.qcow2');
          await writeFile(path, image);
          const failing = await FailingFile.open(path);
          const device = new Qcow2Device(await partsOf(failing.file, { isReadOnly: false }));
          const flushed = [{ step: 0, model: Buffer.from(first) }];
          for (const [index, { at, sectors }] of writes.entries()) {
            const data = patternBytes(sectors * 512, index + 1);
            await device.write(at * KIB, data);
            await device.flush();
            const model = Buffer.from(flushed.at(-1)?.model ?? first);
            model.set(data, at * KIB);
            flushed.push({ step: failing.steps.length, model });
          }
          await device.close();
          const done = Math.round((moment / 1000) * failing.steps.length);
          const dice = makeDice(seed);
          const isLost = () => dice() < 0.5;
          await writeFile(path, failing.contentsAfter(done, isLost));
          expect((await qemuCheck(path, 'qcow2')).errors).toBe(0);
          const last = flushed.findLastIndex(({ step }) => step <= done);
          const disk = await qcow2Format.open(path, { isReadOnly: true });
          const seen = await readAll(disk);
          await disk.close();
          const [old, next] = [flushed[last]?.model ?? first, flushed[last + 1]?.model];
          const wrong = seen.findIndex((byte, index) => byte !== old[index] && byte !== next?.[index]);
          expect(wrong).toBe(-1);
          await qemuImg('snapshot', '-a', 'first', path);
          await writeFile(raw, first);
          await qemuCompare(path, 'qcow2', raw, 'raw');
        },
      ),
      { numRuns: 120 },
    );
  });
});
