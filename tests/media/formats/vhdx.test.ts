import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/main/media/formats/vhdx/crc32c.ts';
import { vhdxFormat } from '../../../src/main/media/formats/vhdx/vhdx-format.ts';
import { expectSame, fuzzImage, patternBytes, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { buildVhdx, LOG_ID, sealVhdx, VHDX, writeLog } from '../../support/vhdx-builder.ts';

const MIB = 1024 ** 2;
const SIZE = 6 * MIB + 512;
const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };

/** A disk whose blocks 4 and 1 are present, in this order in the file. */
const sample = () => buildVhdx(SIZE, new Map([4, 1].map((block) => [block, patternBytes(MIB, block)])));

function sampleContents(blocks: readonly number[] = [1, 4]): Buffer {
  const contents = Buffer.alloc(SIZE);
  for (const block of blocks) contents.set(patternBytes(MIB, block), block * MIB);
  return contents;
}

async function save(image: Buffer): Promise<string> {
  const path = join(makeTempFolder(), 'disk.vhdx');
  await writeFile(path, image);
  return path;
}

async function contentsOf(image: Buffer): Promise<Buffer> {
  const disk = await vhdxFormat.open(await save(image), { isReadOnly: true });
  try {
    return await readAll(disk);
  } finally {
    await disk.close();
  }
}

/** A page of the table of blocks, as the image has it. */
const tablePage = (image: Buffer) => Buffer.from(image.subarray(VHDX.table, VHDX.table + 4096));

describe('a VHDX image', () => {
  it('is read block by block, and zeros where there is none', async () => {
    const path = await save(sample());
    expectSame(await contentsOf(sample()), sampleContents());
    expect(await vhdxFormat.info(path)).toMatchObject({
      virtualSizeBytes: SIZE,
      variant: 'dynamic',
      clusterSizeBytes: MIB,
    });
    expect(await vhdxFormat.check(path)).toMatchObject(SOUND);
    const disk = await vhdxFormat.open(path, { isReadOnly: true });
    expect(await disk.extentAt(2 * MIB + 5, SIZE - 2 * MIB - 5)).toEqual({ kind: 'zero', lengthBytes: 2 * MIB - 5 });
    await disk.close();
  });

  it('is read with the header that was written last, and without one that is damaged', async () => {
    const image = sample();
    image.writeUInt16LE(9, VHDX.headers[0] + 66); // A version that nobody knows, in the older one.
    expectSame(await contentsOf(sealVhdx(image)), sampleContents());
    image.fill(0xff, VHDX.headers[0] + 8, VHDX.headers[0] + 16);
    expectSame(await contentsOf(image), sampleContents());
    image.fill(0, VHDX.regions[0], VHDX.regions[0] + 100);
    expectSame(await contentsOf(image), sampleContents());
  });

  it('is neither written nor made', async () => {
    const path = await save(sample());
    expect(await refusalOf(() => vhdxFormat.open(path, { isReadOnly: false }))).toMatchObject({
      code: 'NOT_SUPPORTED',
    });
    expect(await refusalOf(() => vhdxFormat.create(path, { sizeBytes: MIB }))).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('has the checksum of the standard', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283); // The check value in every list of CRCs.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa); // RFC 3720, appendix B.4.
  });
});

describe('the log of a VHDX image that was not closed', () => {
  it('is replayed in memory: data, zeros, and later entries over earlier ones', async () => {
    const image = sample();
    const before = tablePage(image);
    const page = Buffer.from(before);
    page.writeBigUInt64LE(0n, 8); // Block 1 goes.
    let at = writeLog(image, 8192, { sequence: 7, tail: 8192, changes: [{ offset: VHDX.table, data: page }] });
    expectSame(await contentsOf(image), sampleContents([4]));
    at = writeLog(image, at, { sequence: 8, tail: 8192, changes: [{ offset: VHDX.table, zeros: 4096 }] });
    expectSame(await contentsOf(image), sampleContents([]));
    writeLog(image, at, { sequence: 9, tail: 8192, changes: [{ offset: VHDX.table, data: before }] });
    expectSame(await contentsOf(image), sampleContents());
  });

  it('goes round: an entry begins at the end and goes on at the beginning', async () => {
    const image = sample();
    const page = tablePage(image);
    image.fill(0, VHDX.table, VHDX.table + 4096);
    const at = MIB - 4096;
    writeLog(image, at, { sequence: 3, tail: at, changes: [{ offset: VHDX.table, data: page }] });
    expectSame(await contentsOf(image), sampleContents());
  });

  it('counts from where its last entry says, and only the newest sequence', async () => {
    const image = sample();
    const page = tablePage(image);
    const wipe = [{ offset: VHDX.table, zeros: 4096 }];
    writeLog(image, 0, { sequence: 5, tail: 0, changes: wipe }); // An older sequence.
    const second = writeLog(image, 65_536, { sequence: 40, tail: 65_536, changes: wipe });
    writeLog(image, second, { sequence: 41, tail: second, changes: [{ offset: VHDX.table, data: page }] });
    expectSame(await contentsOf(image), sampleContents());
  });

  it('ends where an entry is torn', async () => {
    const image = sample();
    const page = tablePage(image);
    const at = writeLog(image, 0, { sequence: 1, tail: 0, changes: [{ offset: VHDX.table, data: page }] });
    writeLog(image, at, { sequence: 2, tail: 0, changes: [{ offset: VHDX.table, zeros: 4096 }] });
    image.writeUInt8(1, VHDX.log + at + 200);
    expectSame(await contentsOf(image), sampleContents());
  });

  it('without a whole entry refuses the image', async () => {
    const image = sample();
    writeLog(image, 0, { sequence: 1, tail: 0, changes: [{ offset: VHDX.table, zeros: 4096 }] });
    image.writeUInt8(1, VHDX.log + 100);
    const path = await save(image);
    expect(await refusalOf(() => vhdxFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('that was made to take long does not', async () => {
    const image = sample();
    for (let offset = 0; offset < MIB; offset += 4096) {
      image.write('loge', VHDX.log + offset, 'latin1');
      image.writeUInt32LE(MIB, VHDX.log + offset + 8);
      image.write(LOG_ID, VHDX.log + offset + 32, 'hex');
    }
    for (const offset of VHDX.headers) image.write(LOG_ID, offset + 48, 'hex');
    const path = await save(sealVhdx(image));
    expect(await refusalOf(() => vhdxFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });
});

describe('a damaged VHDX image', () => {
  const HUGE = 2n ** 62n;
  const damages: [string, (image: Buffer) => unknown][] = [
    ['of exabytes', (image) => image.writeBigUInt64LE(HUGE, VHDX.items + 8)],
    ['with absurd blocks', (image) => image.writeUInt32LE(0x80000000, VHDX.items)],
    ['with blocks of nothing', (image) => image.writeUInt32LE(0, VHDX.items)],
    ['with absurd sectors', (image) => image.writeUInt32LE(7, VHDX.items + 16)],
    ['whose metadata lie outside of themselves', (image) => image.writeUInt32LE(0xfffffff0, VHDX.metadata + 32 + 16)],
    ['without a size', (image) => image.fill(0, VHDX.metadata + 64, VHDX.metadata + 96)],
    ['whose region tables are gone', (image) => VHDX.regions.map((offset) => image.fill(0, offset, offset + 99))],
    [
      'whose table lies outside of the file',
      (image) => VHDX.regions.map((offset) => image.writeBigUInt64LE(HUGE, offset + 32)),
    ],
    ['whose table is too short', (image) => VHDX.regions.map((offset) => image.writeUInt32LE(8, offset + 40))],
  ];

  it.each(damages)('is refused: one %s', async (_, change) => {
    const image = sample();
    change(image);
    const path = await save(sealVhdx(image));
    expect(await refusalOf(() => vhdxFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('that builds on another is not supported', async () => {
    const image = sample();
    image.writeUInt32LE(2, VHDX.items + 4);
    const path = await save(image);
    expect(await refusalOf(() => vhdxFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it.each([
    ['lies outside of the file', 99n],
    ['lies at the beginning', 0n],
    ['shares its place with another', 4n],
  ])('is found by a check when a block %s', async (_, place) => {
    const image = sample();
    image.writeBigUInt64LE((place << 20n) | 6n, VHDX.table + 8);
    expect(await vhdxFormat.check(await save(image))).toMatchObject({ isConsistent: false, canRepair: false });
  });

  it('that was truncated is an I/O error where the end is read', async () => {
    const path = await save(sample().subarray(0, VHDX.data + MIB + 500));
    const disk = await vhdxFormat.open(path, { isReadOnly: true });
    await disk.read(4 * MIB, Buffer.alloc(MIB));
    await expect(disk.read(MIB, Buffer.alloc(MIB))).rejects.toMatchObject({ code: 'EIO' });
    await disk.close();
  });

  it('never surprises, whatever its headers, tables and log say', async () => {
    const small = buildVhdx(3 * MIB, new Map([[1, patternBytes(100, 1)]])).subarray(0, VHDX.data + 4096);
    writeLog(small, 0, { sequence: 1, tail: 0, changes: [{ offset: VHDX.table, data: tablePage(small) }] });
    const path = await save(small);
    const ranges = [
      [VHDX.headers[1], VHDX.headers[1] + 80],
      [VHDX.regions[0], VHDX.regions[0] + 80],
      [VHDX.metadata, VHDX.metadata + 128],
      [VHDX.items, VHDX.items + 24],
      [VHDX.table, VHDX.table + 24],
      [VHDX.log, VHDX.log + 96],
    ] as const;
    await fuzzImage(vhdxFormat, path, ranges, 1000, (image) => void sealVhdx(image));
  }, 60_000);
});
