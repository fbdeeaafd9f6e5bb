import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vmdkFormat } from '../../../src/main/media/formats/vmdk/vmdk-format.ts';
import { patternBytes } from '../../support/image-suite.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

export const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
export const GRAIN = 64 * KIB;
export const SECTOR = 512;
export const SOUND = { isConsistent: true, errors: [], leakedBytes: 0 };
/** Of an image of up to 64 MiB, which has two grain tables: header, descriptor, then the copy, then the one that counts. */
export const COPY_TABLE = 22 * SECTOR;
export const DIRECTORY = COPY_TABLE + 4 * SECTOR;
export const TABLE = DIRECTORY + SECTOR;

/** An image of 4 MiB whose grains 9, 2 and 40 were written, in this order. */
export async function threeGrains(): Promise<string> {
  const path = join(makeTempFolder(), 'disk.vmdk');
  await vmdkFormat.create(path, { sizeBytes: 4 * MIB });
  const disk = await vmdkFormat.open(path, { isReadOnly: false });
  for (const grain of [9, 2, 40]) await disk.write(grain * GRAIN, patternBytes(GRAIN, grain));
  await disk.close();
  return path;
}

/** Changes the file's bytes, or puts others in their place. */
export async function patch(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, change(bytes) ?? bytes);
}
