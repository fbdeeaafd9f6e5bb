import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createQcow2 } from '../../../src/main/media/formats/qcow2/create.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { fuzzImage, patternBytes, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const CLUSTER = 4096;
const SIZE = 64 * CLUSTER;
const L1 = 3 * CLUSTER;
const INCOMPATIBLE = 72;
const COMPATIBLE = 80;
const AUTOCLEAR = 88;

/** Header, table of counts, block of counts, L1, then data and the L2 table in the order of writing. */
async function writtenImage(): Promise<string> {
  const path = join(makeTempFolder(), 'disk.qcow2');
  await createQcow2(path, { sizeBytes: SIZE }, { version: 3, clusterBits: 12, refcountOrder: 4 });
  const disk = await qcow2Format.open(path, { isReadOnly: false });
  await disk.write(0, patternBytes(4 * CLUSTER, 1));
  await disk.write(40 * CLUSTER, patternBytes(CLUSTER, 2));
  await disk.close();
  return path;
}

async function patch(path: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

/** Offset of the only L2 table. */
const l2Of = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(L1) & 0x00ff_ffff_ffff_fe00n);

describe('a hostile or damaged qcow2 image', () => {
  it.each<[string, (bytes: Buffer) => void, string, string]>([
    ['clusters of 2^8 bytes', (b) => b.writeUInt32BE(8, 20), 'IMAGE_INVALID', '2^8'],
    ['clusters of 2^22 bytes', (b) => b.writeUInt32BE(22, 20), 'IMAGE_INVALID', '2^22'],
    ['clusters of 2^4294967295 bytes', (b) => b.writeUInt32BE(0xffffffff, 20), 'IMAGE_INVALID', 'clusters'],
    ['a disk of exabytes', (b) => b.writeBigUInt64BE(2n ** 62n, 24), 'IMAGE_INVALID', 'size'],
    ['a disk larger than its L1 table', (b) => b.writeBigUInt64BE(2n ** 40n, 24), 'IMAGE_INVALID', 'too small'],
    ['an L1 table of 32 GiB', (b) => b.writeUInt32BE(0xffffffff, 36), 'IMAGE_INVALID', 'L1'],
    ['an L1 table in the header', (b) => b.writeBigUInt64BE(0n, 40), 'IMAGE_INVALID', 'overlap'],
    ['an L1 table behind the end', (b) => b.writeBigUInt64BE(2n ** 40n, 40), 'IMAGE_INVALID', 'outside'],
    ['an L1 table beyond all numbers', (b) => b.writeBigUInt64BE(2n ** 63n, 40), 'IMAGE_INVALID', 'offset'],
    ['an L1 table amid a cluster', (b) => b.writeBigUInt64BE(BigInt(L1 + 512), 40), 'IMAGE_INVALID', 'begin'],
    ['counts in the L1 table', (b) => b.writeBigUInt64BE(BigInt(L1), 48), 'IMAGE_INVALID', 'overlap'],
    ['a table of counts of terabytes', (b) => b.writeUInt32BE(0xffffffff, 56), 'IMAGE_INVALID', 'counts'],
    ['no table of counts', (b) => b.writeUInt32BE(0, 56), 'IMAGE_INVALID', 'counts'],
    ['counts of 2^7 bits', (b) => b.writeUInt32BE(7, 96), 'IMAGE_INVALID', '2^7'],
    ['a million snapshots', (b) => b.writeUInt32BE(1_000_000, 60), 'IMAGE_INVALID', 'snapshots'],
    ['a header of 2 GiB', (b) => b.writeUInt32BE(2 ** 31, 100), 'IMAGE_INVALID', 'header'],
    ['version 4', (b) => b.writeUInt32BE(4, 4), 'NOT_SUPPORTED', 'version 4'],
    ['encryption', (b) => b.writeUInt32BE(2, 32), 'NOT_SUPPORTED', 'encrypted'],
    ['a data file', (b) => b.writeBigUInt64BE(4n, INCOMPATIBLE), 'IMAGE_INVALID', 'another file'],
    ['extended L2 entries', (b) => b.writeBigUInt64BE(16n, INCOMPATIBLE), 'NOT_SUPPORTED', 'extended L2'],
    ['an unknown feature', (b) => b.writeBigUInt64BE(2n ** 40n, INCOMPATIBLE), 'NOT_SUPPORTED', 'bit 40'],
    ['a backing image that nobody allowed', (b) => nameBacking(b, '/etc/passwd'), 'IMAGE_INVALID', '/etc/passwd'],
    ['a name of a backing image outside of the header', (b) => b.writeBigUInt64BE(9999n, 8), 'IMAGE_INVALID', 'name'],
    ['no header at all', (b) => b.fill(0, 0, 4), 'IMAGE_INVALID', 'header'],
  ])('is refused when opened: %s', async (_name, damage, code, word) => {
    const path = await writtenImage();
    await patch(path, damage);
    for (const isReadOnly of [true, false]) {
      const refusal = await refusalOf(() => qcow2Format.open(path, { isReadOnly }));
      expect(refusal.code).toBe(code);
      expect(`${refusal.message} ${refusal.hint}`).toContain(word);
    }
  });

  it.each<[string, (bytes: Buffer) => void]>([
    ['an L2 table in the header', (b) => b.writeBigUInt64BE((1n << 63n) | 0n, L1)],
    ['an L2 table in L1', (b) => b.writeBigUInt64BE((1n << 63n) | BigInt(L1), L1)],
    ['an L2 table behind the end', (b) => b.writeBigUInt64BE((1n << 63n) | (1n << 40n), L1)],
    ['an L2 table beyond all numbers', (b) => b.writeBigUInt64BE((1n << 63n) | (1n << 55n), L1)],
    ['a block of counts in the header', (b) => b.writeBigUInt64BE(1n, CLUSTER)],
    ['a block of counts behind the end', (b) => b.writeBigUInt64BE(1n << 40n, CLUSTER)],
    ['a block of counts twice', (b) => b.copy(b, CLUSTER + 8, CLUSTER, CLUSTER + 8)],
    ['the mark of damage', (b) => b.writeBigUInt64BE(2n, INCOMPATIBLE)],
  ])('is not written: %s', async (_name, damage) => {
    const path = await writtenImage();
    await patch(path, damage);
    const before = await readFile(path);
    const work = async (): Promise<void> => {
      const disk = await qcow2Format.open(path, { isReadOnly: false });
      try {
        await disk.write(0, patternBytes(CLUSTER, 9));
      } finally {
        await disk.close();
      }
    };
    expect((await refusalOf(work)).code).toBe('IMAGE_INVALID');
    expect((await readFile(path)).equals(before)).toBe(true);
    expect((await qcow2Format.check(path)).isConsistent).toBe(false);
  });

  it.each<[string, (bytes: Buffer, l2: number) => void]>([
    ['in the header', (b, l2) => b.writeBigUInt64BE(1n << 63n, l2)],
    ['in L1', (b, l2) => b.writeBigUInt64BE((1n << 63n) | BigInt(L1), l2)],
    ['in its own table', (b, l2) => b.writeBigUInt64BE((1n << 63n) | BigInt(l2), l2)],
    ['behind the end', (b, l2) => b.writeBigUInt64BE((1n << 63n) | (1n << 40n), l2)],
    ['amid a cluster', (b, l2) => b.writeBigUInt64BE((1n << 63n) | BigInt(4 * CLUSTER + 512), l2)],
    ['compressed, in what is not compressed', (b, l2) => b.writeBigUInt64BE((1n << 62n) | BigInt(4 * CLUSTER), l2)],
  ])('does not let its guest write to a cluster %s', async (_name, damage) => {
    const path = await writtenImage();
    await patch(path, (bytes) => damage(bytes, l2Of(bytes)));
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    expect((await refusalOf(() => disk.write(512, patternBytes(512, 9)))).code).toBe('IMAGE_INVALID');
    await disk.write(40 * CLUSTER, patternBytes(CLUSTER, 3));
    await disk.close();
  });

  it('does not take a table for free space because its count says so', async () => {
    const path = await writtenImage();
    await patch(path, (bytes) => bytes.fill(0, 2 * CLUSTER, 3 * CLUSTER));
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    expect((await refusalOf(() => disk.write(50 * CLUSTER, patternBytes(CLUSTER, 9)))).code).toBe('IMAGE_INVALID');
    await disk.close();
    expect((await qcow2Format.check(path)).canRepair).toBe(true);
    expect(await qcow2Format.repair?.(path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
  });

  it('that was cut short is refused where something is missing', async () => {
    const path = await writtenImage();
    await truncate(path, 6 * CLUSTER);
    const disk = await qcow2Format.open(path, { isReadOnly: true });
    expect((await refusalOf(() => readAll(disk))).code).toBe('IMAGE_INVALID');
    await disk.close();
    await truncate(path, 100);
    for (const call of [qcow2Format.info, qcow2Format.check]) {
      expect((await refusalOf(() => call(path))).code).toBe('IMAGE_INVALID');
    }
  });

  it('is counted anew when its last writer did not close it, before it is written again', async () => {
    const path = await writtenImage();
    const before = await readDisk(path);
    await patch(path, (bytes) => {
      bytes.writeBigUInt64BE(1n, INCOMPATIBLE);
      bytes.fill(0, 2 * CLUSTER, 3 * CLUSTER);
    });
    expect(await readDisk(path)).toEqual(before);
    expect((await qcow2Format.check(path)).errors).not.toEqual([]);
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    await disk.write(50 * CLUSTER, patternBytes(CLUSTER, 9));
    await disk.close();
    expect(await qcow2Format.check(path)).toMatchObject({ isConsistent: true, leakedBytes: 0 });
    expect((await readDisk(path)).subarray(0, 40 * CLUSTER)).toEqual(before.subarray(0, 40 * CLUSTER));
  });

  it('keeps features that need not be known, and clears those that a writer must clear, once it writes', async () => {
    const path = await writtenImage();
    await patch(path, (bytes) => {
      bytes.writeBigUInt64BE(2n ** 50n, COMPATIBLE);
      bytes.writeBigUInt64BE(2n ** 51n, AUTOCLEAR);
    });
    const before = await readFile(path);
    await (await qcow2Format.open(path, { isReadOnly: false })).close();
    expect((await readFile(path)).equals(before)).toBe(true);
    const disk = await qcow2Format.open(path, { isReadOnly: false });
    await disk.write(0, patternBytes(10, 3));
    await disk.close();
    const after = await readFile(path);
    expect(after.readBigUInt64BE(COMPATIBLE)).toBe(2n ** 50n);
    expect(after.readBigUInt64BE(AUTOCLEAR)).toBe(0n);
  });

  it('never crashes or hangs, whatever its bytes are', async () => {
    const path = await writtenImage();
    const l2 = l2Of(await readFile(path));
    const tables = [
      [0, 112],
      [CLUSTER, CLUSTER + 64],
      [2 * CLUSTER, 2 * CLUSTER + 64],
      [L1, L1 + 16],
      [l2, l2 + 512],
    ] as const;
    await fuzzImage(qcow2Format, path, tables, 800);
  });
});

async function readDisk(path: string): Promise<Buffer> {
  const disk = await qcow2Format.open(path, { isReadOnly: true });
  try {
    return await readAll(disk);
  } finally {
    await disk.close();
  }
}

function nameBacking(bytes: Buffer, name: string): void {
  bytes.writeBigUInt64BE(512n, 8);
  bytes.writeUInt32BE(name.length, 16);
  bytes.write(name, 512);
}
