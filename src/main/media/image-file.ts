import type { FileHandle } from 'node:fs/promises';
import { InnError } from '../../shared/errors.ts';

/** Bytes of a disk's sector; every image is a whole number of them. */
export const SECTOR = 512;

/** What a reader of one format gets: the open file, its length, and its first bytes. */
export interface ImageFile {
  path: string;
  handle: FileHandle;
  sizeBytes: number;
  head: Buffer;
}

/** Reads up to `length` bytes; fewer at the end of the file. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export function invalidImage(path: string, why: string, hint: string): InnError {
  return new InnError('IMAGE_INVALID', `'${path}' cannot be used: ${why}.`, { hint, details: { path } });
}

/** A size read from a header. @throws InnError `IMAGE_INVALID` when no disk has it. */
export function plausibleSize(path: string, bytes: bigint): number {
  if (bytes >= SECTOR && bytes <= 2n ** 52n) return Number(bytes);
  throw invalidImage(path, `its header names a size of ${bytes} bytes`, DAMAGED_HINT);
}

export const DAMAGED_HINT = 'The image is damaged, or was not copied to its end; copy or download it again.';

/** Whether the bytes at the offset are the text, one byte a character. */
export function hasText(buffer: Buffer, offset: number, text: string): boolean {
  return buffer.toString('latin1', offset, offset + text.length) === text;
}
