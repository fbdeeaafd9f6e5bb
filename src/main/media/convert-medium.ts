import { writeFile } from 'node:fs/promises';
import { InnError } from '../../shared/errors.ts';
import type { ChainLink } from './formats/backing-chain.ts';
import { type ConvertOptions, convertImage } from './formats/convert.ts';
import { imageFormat } from './formats/formats.ts';
import { HostFile } from './formats/host-file.ts';
import { makeAside, moveWithoutOverwriting } from './new-file.ts';
import { type QemuImgOptions, runQemuImg } from './qemu-img.ts';

export interface ConvertMediumOptions extends ConvertOptions, Pick<QemuImgOptions, 'searchPath'> {}

/** As `runQemuImg` is asked for formats that cannot be made here; their names there. */
const QEMU_NAMES: Partial<Record<ChainLink['format'], string>> = { vhdx: 'vhdx' };

/**
 * As `convertImage`, and also to formats that can only be read here, with `qemu-img` where that is installed
 * (docs/decisions/0009). It is given nothing but raw data written here, so nothing in the source can lead it to other files.
 * @throws InnError as `convertImage`; `NOT_SUPPORTED` without `qemu-img`.
 */
export async function convertMedium(from: ChainLink, to: ChainLink, options: ConvertMediumOptions = {}): Promise<void> {
  const name = imageFormat(to.format).canCreate ? undefined : QEMU_NAMES[to.format];
  if (name === undefined) return convertImage(from, to, options);
  if (from.format === 'raw') return makeWithQemuImg(from.path, to, name, options);
  const { onProgress } = options;
  await makeAside(to.path, async (raw) => {
    const first = { ...options, onProgress: (done: number, total: number) => onProgress?.(done / 2, total) };
    await convertImage(from, { path: raw, format: 'raw' }, { ...first, variant: 'dynamic' });
    const second = { ...options, onProgress: (done: number, total: number) => onProgress?.((total + done) / 2, total) };
    await makeWithQemuImg(raw, to, name, second);
  });
}

async function makeWithQemuImg(
  raw: string,
  to: ChainLink,
  name: string,
  { signal, onProgress, searchPath, variant = 'dynamic' }: ConvertMediumOptions,
): Promise<void> {
  if (variant === 'streamOptimized') {
    throw new InnError('NOT_SUPPORTED', `An image of the format '${to.format}' cannot be compressed.`, {
      hint: 'Use the vmdk format.',
    });
  }
  await makeAside(to.path, async (aside) => {
    const sizeBytes = await sizeOf(raw);
    await writeFile(aside, '', { flag: 'wx', mode: 0o600 }); // qemu-img would let others read it.
    const layout = ['-f', 'raw', '-O', name, '-o', `subformat=${variant}`];
    await runQemuImg(to.path, ['convert', '-p', ...layout, raw, aside], {
      ...(signal ? { signal } : {}),
      ...(searchPath === undefined ? {} : { searchPath }),
      onProgress: (fraction) => onProgress?.(Math.round(fraction * sizeBytes), sizeBytes),
    });
    await makeDurable(aside);
    await moveWithoutOverwriting(aside, to.path);
  });
}

async function sizeOf(path: string): Promise<number> {
  const file = await HostFile.open(path, { isReadOnly: true });
  await file.close();
  return file.sizeBytes;
}

/** `qemu-img` leaves what it wrote to the system, which may still lose it. */
async function makeDurable(path: string): Promise<void> {
  const file = await HostFile.open(path, { isReadOnly: false });
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
