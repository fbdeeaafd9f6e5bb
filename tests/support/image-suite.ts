import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { BlockDevice } from '../../src/main/media/formats/block-device.ts';
import type { CreateOptions, ImageFormat, OpenOptions } from '../../src/main/media/formats/image-format.ts';
import { isAllZeros } from '../../src/main/media/formats/mapped-device.ts';
import { InnError } from '../../src/shared/errors.ts';

/** One thing that a guest does to its disk. */
export type DiskAction =
  | { do: 'write'; offset: number; length: number; fill: number }
  | { do: 'discard'; offset: number; length: number }
  | { do: 'reopen' }
  | { do: 'flush' };

/** Writes small and large, over and beside each other, often around `blockBytes`' borders; now and then something else. */
export function diskActions(sizeBytes: number, blockBytes: number): fc.Arbitrary<DiskAction[]> {
  const offset = fc.oneof(
    fc.integer({ min: 0, max: sizeBytes - 1 }),
    fc
      .tuple(fc.integer({ min: 0, max: Math.floor((sizeBytes - 1) / blockBytes) }), fc.integer({ min: -600, max: 600 }))
      .map(([block, shift]) => Math.min(sizeBytes - 1, Math.max(0, block * blockBytes + shift))),
  );
  const length = fc.oneof(
    fc.integer({ min: 1, max: 2000 }),
    fc.constantFrom(512, 4096, blockBytes, 2 * blockBytes, 3 * blockBytes + 512),
  );
  const place = fc
    .tuple(offset, length)
    .map(([at, wanted]) => ({ offset: at, length: Math.min(wanted, sizeBytes - at) }));
  const write = fc
    .tuple(place, fc.integer({ min: 0, max: 255 }))
    .map(([at, fill]) => ({ do: 'write' as const, ...at, fill }));
  const discard = place.map((at) => ({ do: 'discard' as const, ...at }));
  const rest = fc.constantFrom<DiskAction>({ do: 'reopen' }, { do: 'flush' });
  return fc.array(
    fc.oneof({ weight: 8, arbitrary: write }, { weight: 2, arbitrary: discard }, { weight: 1, arbitrary: rest }),
    {
      minLength: 1,
      maxLength: 24,
    },
  );
}

/** Does the actions to an image and to bytes in memory, and expects the same contents at the end. Answers the contents. */
export async function playActions(
  format: ImageFormat,
  path: string,
  actions: readonly DiskAction[],
  options: Pick<OpenOptions, 'openBacking'> = {},
  before?: Uint8Array,
): Promise<Uint8Array> {
  let device = await format.open(path, { isReadOnly: false, ...options });
  const model = before ? Buffer.from(before) : Buffer.alloc(device.sizeBytes);
  try {
    for (const action of actions) {
      if (action.do === 'write') {
        const data = patternBytes(action.length, action.fill);
        model.set(data, action.offset);
        await device.write(action.offset, data);
      } else if (action.do === 'discard') {
        await device.discard(action.offset, action.length);
        await takeOver(device, model, action.offset, action.length);
      } else if (action.do === 'flush') {
        await device.flush();
      } else {
        await device.close();
        device = await format.open(path, { isReadOnly: false, ...options });
      }
    }
    expectSame(await readAll(device), model);
  } finally {
    await device.close();
  }
  return model;
}

/** A discarded sector may read as before or as zeros, and must then stay so. */
async function takeOver(device: BlockDevice, model: Buffer, offset: number, length: number): Promise<void> {
  const seen = Buffer.alloc(length);
  await device.read(offset, seen);
  for (let index = 0; index < length; index += 1) {
    if (seen[index] !== 0 && seen[index] !== model[offset + index]) {
      expect.fail(`byte ${offset + index} became ${seen[index]} by a discard`);
    }
  }
  model.set(seen, offset);
}

/** Zeros for fill 0; else bytes of which no two neighbours are alike, so that a shift is seen. */
export function patternBytes(length: number, fill: number): Uint8Array {
  const data = new Uint8Array(length);
  if (fill !== 0)
    for (let index = 0; index < length; index += 1) data[index] = (fill * 31 + index * 7 + (index >> 8)) & 255;
  return data;
}

export async function readAll(device: BlockDevice): Promise<Buffer> {
  const all = Buffer.alloc(device.sizeBytes, 0xee);
  await device.read(0, all);
  return all;
}

export function expectSame(seen: Uint8Array, wanted: Uint8Array): void {
  expect(seen.length).toBe(wanted.length);
  if (Buffer.compare(seen, wanted) === 0) return;
  expect.fail(`the first wrong byte is ${seen.findIndex((byte, index) => byte !== wanted[index])}`);
}

/** Makes an empty image and opens it for writing. */
export async function newImage(format: ImageFormat, folder: string, options: CreateOptions): Promise<BlockDevice> {
  const path = join(folder, `disk.${format.id}`);
  await format.create(path, options);
  return format.open(path, { isReadOnly: false });
}

/** Where the bytes of an image that decide about everything else are. */
export type FuzzRange = readonly [start: number, end: number];

/**
 * Changes bytes of the image in the ranges at random, or cuts it, `runs` times: to open, to read and to check it then either
 * works or is refused in words; never hangs, crashes, or reads what is outside of it. `seal` makes checksums right again, which
 * is done for most of the runs: they would end there.
 */
export async function fuzzImage(
  format: ImageFormat,
  path: string,
  ranges: readonly FuzzRange[],
  runs: number,
  seal: (bytes: Buffer) => void = () => {},
): Promise<void> {
  const good = await readFile(path);
  const fuzzed = `${path}.fuzzed`;
  const place = fc.oneof(...ranges.map(([min, end]) => fc.integer({ min, max: Math.min(end, good.length) - 1 })));
  const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  const change = fc.tuple(place, fc.array(value, { minLength: 1, maxLength: 8 }));
  const cut = fc.oneof(
    { weight: 9, arbitrary: fc.constant(good.length) },
    { weight: 1, arbitrary: fc.nat(good.length) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), cut, async (changes, length) => {
      const bytes = Buffer.from(good);
      for (const [offset, values] of changes) bytes.set(values.slice(0, bytes.length - offset), offset);
      const rest = bytes.subarray(0, length);
      if (changes.length !== 3) seal(rest);
      writeSparse(fuzzed, rest);
      await expectNoSurprise(() => useOnce(format, fuzzed, true));
      if (format.canWrite) await expectNoSurprise(() => useOnce(format, fuzzed, false));
      await expectNoSurprise(() => format.info(fuzzed));
      await expectNoSurprise(() => format.check(fuzzed));
    }),
    { numRuns: runs },
  );
}

/** Writes only the pages that are not zeros: images are mostly zeros, and there are thousands of them. */
function writeSparse(path: string, bytes: Buffer): void {
  const page = 4096;
  const file = openSync(path, 'w');
  try {
    ftruncateSync(file, bytes.length);
    for (let start = 0; start < bytes.length; start += page) {
      const part = bytes.subarray(start, start + page);
      if (!isAllZeros(part)) writeSync(file, part, 0, part.length, start);
    }
  } finally {
    closeSync(file);
  }
}

const SAMPLE = Buffer.alloc(8192);

async function useOnce(format: ImageFormat, path: string, isReadOnly: boolean): Promise<void> {
  const device = await format.open(path, { isReadOnly });
  try {
    const last = Math.max(0, device.sizeBytes - SAMPLE.length);
    for (const offset of [0, Math.floor(last / 2), last]) {
      const part = SAMPLE.subarray(0, Math.min(SAMPLE.length, device.sizeBytes));
      await expectNoSurprise(() => device.read(offset, part));
      if (!isReadOnly) await expectNoSurprise(() => device.write(offset, part.fill(7)));
      await expectNoSurprise(async () => void (await device.extentAt(offset, part.length)));
    }
  } finally {
    await device.close();
  }
}

/** Passes refusals in the program's words and the system's I/O errors. */
async function expectNoSurprise(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InnError && ['IMAGE_INVALID', 'NOT_SUPPORTED'].includes(error.code)) return;
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return;
    throw error;
  }
}
