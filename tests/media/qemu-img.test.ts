import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertMedium } from '../../src/main/media/convert-medium.ts';
import { parseProgress } from '../../src/main/media/qemu-img.ts';
import { refusalOf } from '../support/refusal.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** A raw disk, and a folder with a program that calls itself qemu-img. */
async function withProgram(script: string) {
  const [folder, searchPath] = [makeTempFolder(), makeTempFolder()];
  const path = join(folder, 'disk.raw');
  await writeFile(path, Buffer.alloc(4096));
  const program = join(searchPath, 'qemu-img');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const from = { path, format: 'raw' } as const;
  return { folder, from, to: { path: join(folder, 'disk.vhdx'), format: 'vhdx' } as const, searchPath };
}

describe('converting with qemu-img', () => {
  it('says what to install where it is missing, and leaves nothing behind', async () => {
    const { folder, from, to } = await withProgram('');
    const refused = await refusalOf(() => convertMedium(from, to, { searchPath: makeTempFolder() }));
    expect(refused).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(refused.hint).toContain('qemu-utils');
    expect(await readdir(folder)).toEqual(['disk.raw']);
  });

  it.each([
    ['DISK_FULL', 'qemu-img: error while writing: No space left on device'],
    ['FILE_NOT_ACCESSIBLE', 'qemu-img: it has no mind to'],
  ])('that fails is %s, and leaves nothing behind', async (code, says) => {
    const { folder, from, to, searchPath } = await withProgram(`echo '${says}' >&2; exit 1`);
    expect(await refusalOf(() => convertMedium(from, to, { searchPath }))).toMatchObject({ code });
    expect(await readdir(folder)).toEqual(['disk.raw']);
  });

  it('ends when it is cancelled, and leaves nothing behind', async () => {
    const { folder, from, to, searchPath } = await withProgram("printf '    (12.50/100%%)\\r'; exec /bin/sleep 1000");
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => {
      seen.push(done / total);
      abort.abort();
    };
    const refused = await refusalOf(() => convertMedium(from, to, { searchPath, signal: abort.signal, onProgress }));
    expect(refused).toMatchObject({ code: 'CANCELLED' });
    expect(seen).toEqual([0.125]);
    expect(await readdir(folder)).toEqual(['disk.raw']);
  });

  it('tells how far it is', () => {
    expect(parseProgress('    (1.00/100%)\r    (37.25/100%)\r')).toBe(0.3725);
    expect(parseProgress('    (100.00/100%)\r\n')).toBe(1);
    expect(parseProgress('nothing of it')).toBeUndefined();
  });

  it('is not needed for what can be made here', async () => {
    const { folder, from } = await withProgram('');
    await convertMedium(from, { path: join(folder, 'disk.vdi'), format: 'vdi' }, { searchPath: makeTempFolder() });
    expect((await readdir(folder)).sort()).toEqual(['disk.raw', 'disk.vdi']);
  });
});
