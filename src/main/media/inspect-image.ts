import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import type { MediumKind } from '../../shared/model/medium.ts';
import { fileError } from '../file-error.ts';
import { DAMAGED_HINT, invalidImage, readAt } from './image-file.ts';
import { type SniffedImage, sniffFormat } from './sniff-format.ts';

export interface InspectedImage extends SniffedImage {
  /** Absolute path with symbolic links resolved. */
  location: string;
}

/**
 * Looks into a file that is to be a medium of this kind.
 * @throws InnError `INVALID_INPUT` when the path is relative; `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`;
 * `IMAGE_INVALID` when its contents cannot be such a medium.
 */
export async function inspectImage(path: string, kind: MediumKind): Promise<InspectedImage> {
  const location = await locateFile(path);
  try {
    const stats = await stat(location);
    if (!stats.isFile()) throw noFile(path); // Looked at before it is opened: opening a pipe would wait for ever.
    await using handle = await open(location, 'r');
    return { location, ...(await recognise[kind](path, handle, stats.size)) };
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function noFile(path: string): InnError {
  return new InnError('FILE_NOT_ACCESSIBLE', `'${path}' is no file.`, {
    hint: 'Name a file that holds the image.',
    details: { path },
  });
}

/** The file's absolute path with symbolic links resolved. @throws InnError as `inspectImage` */
export async function locateFile(path: string): Promise<string> {
  assertAbsolute(path);
  return realpath(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
}

/** @throws InnError `INVALID_INPUT` */
export function assertAbsolute(path: string): void {
  if (isAbsolute(path)) return;
  throw new InnError('INVALID_INPUT', `The path '${path}' is not absolute.`, {
    hint: 'Give the whole path: the program may run in another folder than you.',
    details: { path },
  });
}

type Recogniser = (path: string, handle: FileHandle, sizeBytes: number) => Promise<SniffedImage>;

const recognise: Record<MediumKind, Recogniser> = {
  disk: sniffFormat,
  optical: recogniseDisc,
  floppy: async (path, _handle, sizeBytes) => {
    if (FLOPPY_SIZES.has(sizeBytes)) return { format: 'raw', virtualSizeBytes: sizeBytes };
    throw invalidImage(
      path,
      `its length of ${sizeBytes} bytes is that of no floppy`,
      'A floppy image is as long as the floppy: 1474560 bytes for 1.44 MB.',
    );
  },
};

/** ECMA-119 §8.1 and ECMA-167 part 2 §9.1: sector 16 begins with a type byte, then the identifier. */
const VOLUME_IDENTIFIER_OFFSET = 0x8001;
const VOLUME_IDENTIFIERS = ['CD001', 'BEA01'];

async function recogniseDisc(path: string, handle: FileHandle, sizeBytes: number): Promise<SniffedImage> {
  const identifier = (await readAt(handle, VOLUME_IDENTIFIER_OFFSET, 5)).toString('latin1');
  if (VOLUME_IDENTIFIERS.includes(identifier)) return { format: 'raw', virtualSizeBytes: sizeBytes };
  const hint =
    sizeBytes < VOLUME_IDENTIFIER_OFFSET ? DAMAGED_HINT : 'Use an ISO 9660 or UDF image; add a disk image as a disk.';
  throw invalidImage(path, 'it is no image of an optical disc', hint);
}

/** Bytes of each floppy format: sectors × 512. */
const FLOPPY_SIZES: ReadonlySet<number> = new Set(
  [320, 360, 400, 410, 640, 720, 800, 820, 1280, 1440, 2400, 2880, 3360, 3444, 3520, 5760].map(
    (sectors) => sectors * 512,
  ),
);
