import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { expectSame, fuzzImage, patternBytes, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { SECTOR } from './vmdk-images.ts';

describe('a flat VMDK image', () => {
  /** A descriptor whose data are in a file of the name. */
  async function makeFlat(dataName: string, line = `RW 4096 FLAT "${dataName}" 0`): Promise<string> {
    const folder = makeTempFolder();
    const path = join(folder, 'disk.vmdk');
    await writeFile(path, `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n${line}\n`);
    await writeFile(join(folder, 'disk-flat.vmdk'), patternBytes(4096 * SECTOR, 9));
    await writeFile(join(folder, 'secret.txt'), patternBytes(4096 * SECTOR, 8));
    return path;
  }

  it('is read and written in the file beside its descriptor', async () => {
    const path = await makeFlat('disk-flat.vmdk');
    expect(await vmdkFormat.info(path)).toMatchObject({ variant: 'fixed', virtualSizeBytes: 4096 * SECTOR });
    const disk = await vmdkFormat.open(path, { isReadOnly: false });
    await disk.write(1000, Uint8Array.of(1, 2, 3));
    await disk.close();
    const wanted = Buffer.from(patternBytes(4096 * SECTOR, 9));
    wanted.set([1, 2, 3], 1000);
    const again = await vmdkFormat.open(path, { isReadOnly: true });
    expectSame(await readAll(again), wanted);
    await again.close();
  });

  it.each(['secret.txt', '/etc/passwd', '../disk-flat.vmdk', 'sub/disk-flat.vmdk'])(
    'is refused when its data are said to be in %s',
    async (name) => {
      const path = await makeFlat(name);
      const refused = await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }));
      expect(refused).toMatchObject({ code: 'IMAGE_INVALID' });
    },
  );

  it('is refused when the file beside it is a link, or too short', async () => {
    const path = await makeFlat('other-flat.vmdk', 'RW 4096 FLAT "other-flat.vmdk"');
    const other = path.replace('disk.vmdk', 'other.vmdk');
    await writeFile(other, await readFile(path));
    await symlink('secret.txt', path.replace('disk.vmdk', 'other-flat.vmdk'));
    expect(await refusalOf(() => vmdkFormat.open(other, { isReadOnly: true }))).toMatchObject({
      code: 'IMAGE_INVALID',
    });
    const short = await makeFlat('disk-flat.vmdk', 'RW 4097 FLAT "disk-flat.vmdk" 0');
    expect(await refusalOf(() => vmdkFormat.open(short, { isReadOnly: true }))).toMatchObject({
      code: 'IMAGE_INVALID',
    });
  });

  it.each([
    ['several files', 'RW 2048 FLAT "disk-flat.vmdk" 0\nRW 2048 FLAT "disk-flat.vmdk" 2048'],
    ['sparse parts', 'RW 4096 SPARSE "disk-flat.vmdk"'],
  ])('made of %s is not supported', async (_, lines) => {
    const path = await makeFlat('', lines);
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('never surprises, whatever its descriptor says', async () => {
    const path = await makeFlat('disk-flat.vmdk');
    await fuzzImage(vmdkFormat, path, [[0, 200]], 500);
    await writeFile(path, `# Disk DescriptorFile\n${'RW 1 FLAT "x" 0\n'.repeat(20_000)}`);
    expect(await refusalOf(() => vmdkFormat.open(path, { isReadOnly: true }))).toMatchObject({ code: 'IMAGE_INVALID' });
  }, 60_000);
});
