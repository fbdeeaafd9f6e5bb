import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ChainLink,
  MAX_CHAIN_LENGTH,
  openChain,
  openImageWithBacking,
} from '../../../src/main/media/formats/backing-chain.ts';
import { qcow2Format } from '../../../src/main/media/formats/qcow2/qcow2-format.ts';
import { expectSame, patternBytes, readAll } from '../../support/image-suite.ts';
import { refusalOf } from '../../support/refusal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SIZE = 256 * 1024;

/** So many images on top of each other, the top first; each says that it builds on a file of the host. */
async function makeChain(folder: string, length: number): Promise<[ChainLink, ...ChainLink[]]> {
  const base: ChainLink = { path: join(folder, 'base.img'), format: 'raw' };
  await writeFile(base.path, patternBytes(SIZE, 1));
  const links: [ChainLink, ...ChainLink[]] = [base];
  for (let number = 1; number < length; number++) {
    const path = join(folder, `${number}.qcow2`);
    const backing = { reference: '/etc/passwd', format: links[0].format, sizeBytes: SIZE };
    await qcow2Format.create(path, { sizeBytes: SIZE, backing });
    links.unshift({ path, format: 'qcow2' });
  }
  return links;
}

describe('a chain of images', () => {
  it('is read through to its base, by the paths of the caller and never by those of the images', async () => {
    const links = await makeChain(makeTempFolder(), MAX_CHAIN_LENGTH);
    const disk = await openChain(links, { isReadOnly: false });
    await disk.write(1000, patternBytes(500, 2));
    const wanted = Buffer.from(patternBytes(SIZE, 1));
    wanted.set(patternBytes(500, 2), 1000);
    expectSame(await readAll(disk), wanted);
    await disk.close();
  });

  it('is refused when it is longer than any that a person makes', async () => {
    const links = await makeChain(makeTempFolder(), MAX_CHAIN_LENGTH + 1);
    const refusal = await refusalOf(() => openChain(links, { isReadOnly: true }));
    expect(refusal).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(refusal.message).toContain(`more than ${MAX_CHAIN_LENGTH}`);
  });

  it('is refused when it comes back to itself, also by another name of the file', async () => {
    const folder = makeTempFolder();
    const [top] = await makeChain(folder, 2);
    const alias = { ...top, path: join(folder, 'alias.qcow2') };
    await link(top.path, alias.path);
    const refusal = await refusalOf(() => openImageWithBacking(top, { isReadOnly: true, locate: () => alias }));
    expect(refusal).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(refusal.message).toContain('builds on itself');
  });

  it('is refused when the caller knows less of it than the images do', async () => {
    const [top] = await makeChain(makeTempFolder(), 3);
    const refusal = await refusalOf(() => openChain([top], { isReadOnly: true }));
    expect(refusal).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(refusal.message).toContain('/etc/passwd');
  });

  it('says which of its files is missing', async () => {
    const links = await makeChain(makeTempFolder(), 2);
    const [top] = links;
    const missing = { path: `${top.path}.gone`, format: 'raw' } as const;
    const refusal = await refusalOf(() => openChain([top, missing], { isReadOnly: true }));
    expect(refusal).toMatchObject({ code: 'FILE_NOT_FOUND', details: { path: missing.path } });
  });
});
