import { open, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRawFile } from '../../src/main/media/formats/raw-file.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

async function makeImage(sizeBytes: number): Promise<string> {
  const file = path.join(makeTempFolder(), 'disk.img');
  await writeFile(file, '');
  await truncate(file, sizeBytes);
  return file;
}

describe('a raw image', () => {
  it('keeps what is written where it was written, and stays sparse', async () => {
    const file = await makeImage(20 * 1024 ** 3);
    const disk = await openRawFile(file, { isReadOnly: false });
    expect(disk.sizeBytes).toBe(20 * 1024 ** 3);
    const offset = 17 * 1024 ** 3 + 1;
    await disk.write(offset, Uint8Array.of(1, 2, 3));
    await disk.flush();
    await disk.close();
    const again = await openRawFile(file, { isReadOnly: true });
    const seen = new Uint8Array(5);
    await again.read(offset - 1, seen);
    await again.close();
    expect([...seen]).toEqual([0, 1, 2, 3, 0]);
    expect((await stat(file)).blocks * 512).toBeLessThan(1024 ** 2);
  });

  it('is not written when it is read-only', async () => {
    const file = await makeImage(4096);
    const disk = await openRawFile(file, { isReadOnly: true });
    await expect(disk.write(0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'EROFS' });
    await disk.close();
  });

  it('that was truncated meanwhile is an I/O error, not zeros', async () => {
    const file = await makeImage(4096);
    const disk = await openRawFile(file, { isReadOnly: false });
    await truncate(file, 1024);
    await expect(disk.read(512, new Uint8Array(1024))).rejects.toMatchObject({ code: 'EIO' });
    await disk.close();
  });

  it('must be a file that is there', async () => {
    await expect(openRawFile(makeTempFolder(), { isReadOnly: true })).rejects.toMatchObject({ code: 'EINVAL' });
    const missing = path.join(makeTempFolder(), 'none');
    await expect(openRawFile(missing, { isReadOnly: false })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(open(missing)).rejects.toThrow(); // and was not made
  });
});
