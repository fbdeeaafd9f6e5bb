import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { diskActions, newImage, patternBytes, playActions, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { COPY_TABLE, DIRECTORY, GIB, GRAIN, MIB, patch, SECTOR, SOUND, TABLE, threeGrains } from './vmdk-images.ts';

/** The tests that change bytes do so by their place; this shows that they know it. */
async function entriesOf(path: string): Promise<number[]> {
  const bytes = await readFile(path);
  return [9, 2, 40].map((grain) => bytes.readUInt32LE(TABLE + grain * 4));
}

describe('a sparse VMDK image', () => {
  it('keeps what is written like memory does', async () => {
    const sizeBytes = 34 * MIB + SECTOR; // More than one grain table, and a grain that is not whole.
    await fc.assert(
      fc.asyncProperty(diskActions(sizeBytes, GRAIN), async (actions) => {
        const path = join(makeTempFolder(), 'disk.vmdk');
        await vmdkFormat.create(path, { sizeBytes });
        await playActions(vmdkFormat, path, actions);
        expect(await vmdkFormat.check(path)).toMatchObject(SOUND);
      }),
      { numRuns: 25 },
    );
  });

  it('writes both directories, a new content id, and whether it was closed', async () => {
    const path = await threeGrains();
    const [first, second, third] = await entriesOf(path);
    expect(first).toBeGreaterThan(0);
    expect(second).toBe((first ?? 0) + 128);
    expect(third).toBe((first ?? 0) + 256);
    const before = await readFile(path);
    expect(before.subarray(COPY_TABLE, COPY_TABLE + 2048).equals(before.subarray(TABLE, TABLE + 2048))).toBe(true);
    expect(before[72]).toBe(0);
    const disk = await vmdkFormat.open(path, { isReadOnly: false });
    await disk.write(0, Uint8Array.of(1));
    const during = await readFile(path);
    expect(during[72]).toBe(1);
    await disk.close();
    const after = await readFile(path);
    expect(after[72]).toBe(0);
    const idOf = (bytes: Buffer) => /^CID=(.*)$/m.exec(bytes.toString('latin1', SECTOR, 2048))?.[1];
    expect(idOf(after)).toMatch(/^[\da-f]{8}$/);
    expect(idOf(after)).not.toBe(idOf(before));
  });

  it('makes the copy of a table like the table that counts, when a program was killed in between', async () => {
    const path = await threeGrains();
    await patch(path, (bytes) => {
      bytes.writeUInt32LE(9999, COPY_TABLE + 17 * 4);
      bytes.writeUInt32LE(0, COPY_TABLE + 9 * 4);
      return undefined;
    });
    expect(await vmdkFormat.check(path)).toMatchObject({ isConsistent: false, canRepair: true });
    expect(await vmdkFormat.repair?.(path)).toMatchObject(SOUND);
    const bytes = await readFile(path);
    expect(bytes.subarray(COPY_TABLE, COPY_TABLE + 2048).equals(bytes.subarray(TABLE, TABLE + 2048))).toBe(true);
  });

  it('makes grain tables that another program has left out', async () => {
    const path = join(makeTempFolder(), 'disk.vmdk');
    await vmdkFormat.create(path, { sizeBytes: 4 * MIB });
    await patch(path, (bytes) => {
      bytes.writeUInt32LE(0, DIRECTORY);
      bytes.writeUInt32LE(0, 21 * SECTOR);
      return undefined;
    });
    await playActions(vmdkFormat, path, [{ do: 'write', offset: MIB, length: 2 * MIB, fill: 3 }, { do: 'reopen' }]);
    expect(await vmdkFormat.check(path)).toMatchObject(SOUND);
  });

  it('reads grains of zeros as zeros where the header allows them, and refuses them elsewhere', async () => {
    const path = await threeGrains();
    const allow = (flag: number) => (bytes: Buffer) => {
      bytes.writeUInt32LE(3 | flag, 8);
      bytes.writeUInt32LE(1, TABLE + 9 * 4);
      return undefined;
    };
    await patch(path, allow(4));
    const disk = await vmdkFormat.open(path, { isReadOnly: true });
    expect(await disk.extentAt(9 * GRAIN, GRAIN)).toEqual({ kind: 'zero', lengthBytes: GRAIN });
    await disk.close();
    await patch(path, allow(0));
    const other = await vmdkFormat.open(path, { isReadOnly: true });
    await expect(other.read(9 * GRAIN, Buffer.alloc(9))).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    await other.close();
  });

  it('shows the image below when it builds on one that the caller opens, and is refused alone', async () => {
    const path = await threeGrains();
    await patch(path, (bytes) => {
      const text = bytes.toString('latin1', SECTOR, 21 * SECTOR).split('\0', 1)[0] ?? '';
      const child = text.replace('parentCID=ffffffff', 'parentCID=12345678\nparentFileNameHint="/etc/shadow"');
      bytes.write(child, SECTOR, 'latin1');
      return undefined;
    });
    const refused = await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }));
    expect(refused).toMatchObject({ code: 'IMAGE_INVALID' });
    const folder = makeTempFolder();
    const below = await newImage(vmdkFormat, folder, { sizeBytes: 4 * MIB });
    await below.write(0, patternBytes(3 * MIB, 5));
    const wanted = await readAll(below);
    await below.close();
    for (const grain of [9, 2, 40]) wanted.set(patternBytes(GRAIN, grain), grain * GRAIN);
    const openBacking = async () => vmdkFormat.open(join(folder, 'disk.vmdk'), { isReadOnly: true });
    await fc.assert(
      fc.asyncProperty(diskActions(4 * MIB, GRAIN), async (actions) => {
        const child = join(makeTempFolder(), 'child.vmdk');
        await writeFile(child, await readFile(path));
        await playActions(vmdkFormat, child, actions, { openBacking }, wanted);
      }),
      { numRuns: 10 },
    );
  });

  it('is never made over another file, nor of a size or kind that it cannot have', async () => {
    const path = await threeGrains();
    expect(await refusalOf(() => vmdkFormat.create(path, { sizeBytes: MIB }))).toMatchObject({ code: 'FILE_EXISTS' });
    const free = join(makeTempFolder(), 'disk.vmdk');
    for (const sizeBytes of [0, 1000, 2041 * GIB]) {
      expect(await refusalOf(() => vmdkFormat.create(free, { sizeBytes }))).toMatchObject({ code: 'INVALID_INPUT' });
    }
    const refused = await refusalOf(() => vmdkFormat.create(free, { sizeBytes: MIB, variant: 'fixed' }));
    expect(refused).toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});
