import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { InnError } from '../../../../shared/errors.ts';

/** Start of every state file: 16 bytes, then the length of the header in 4 bytes, highest first, the header, zstd. */
const MAGIC = Buffer.from('INNKEEPER STATE\n');
const FORMAT = 1;
const MAX_HEADER_BYTES = 1024 ** 2;
const CHUNK_BYTES = 1024 ** 2;
const COMPRESSION_LEVEL = 3;

/** What a state belongs to. Each entry is a fact in words, so that a difference can be told as it is. */
export interface StateOrigin {
  emulator: string;
  /** Without these the state makes no sense: memory, drives, adapter. */
  hardware: Record<string, string>;
  /** What may have changed since without the state being lost, but makes a warm start one of something else. */
  circumstances: Record<string, string>;
}

interface StateHeader extends StateOrigin {
  format: typeof FORMAT;
  savedAt: string;
  rawBytes: number;
}

/**
 * Writes a state aside, compressed, makes sure that it has reached the disk, and gives it its name.
 * @throws `AbortError` when aborted, else the system's error; nothing is left behind then
 */
export async function writeStateFile(
  file: string,
  origin: StateOrigin,
  state: ArrayBuffer,
  signal: AbortSignal,
): Promise<void> {
  const part = `${file}.part`;
  const header: StateHeader = {
    format: FORMAT,
    ...origin,
    savedAt: new Date().toISOString(),
    rawBytes: state.byteLength,
  };
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(frame(header));
      const params = { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
      const compress = createZstdCompress({ params, chunkSize: CHUNK_BYTES });
      const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
        for await (const chunk of chunks) await handle.writeFile(chunk);
      };
      await pipeline(Readable.from(slices(state)), compress, write, { signal });
      await handle.sync();
    } finally {
      await handle.close();
    }
    signal.throwIfAborted();
    await rename(part, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * Reads a state that was written for the same kind of machine.
 * @param isWarmStart also asks for the same circumstances
 * @throws InnError `IMAGE_INVALID` for a damaged file, `NOT_SUPPORTED` for one of another machine or program version
 */
export async function readStateFile(file: string, expected: StateOrigin, isWarmStart: boolean): Promise<ArrayBuffer> {
  await using handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_NOT_ACCESSIBLE';
    throw new InnError(code, `The saved state '${file}' cannot be opened: ${cause.message}`, { cause });
  });
  const { header, dataOffset } = await readHeader(handle, file);
  const difference =
    differenceOf({ emulator: header.emulator }, { emulator: expected.emulator }) ??
    differenceOf(header.hardware, expected.hardware) ??
    (isWarmStart ? differenceOf(header.circumstances, expected.circumstances) : undefined);
  if (difference) {
    throw new InnError('NOT_SUPPORTED', `The saved state '${file}' is of another machine: ${difference}.`, {
      hint: 'Give the machine the hardware it was saved with, or discard the saved state.',
    });
  }
  try {
    return await readData(handle, dataOffset, header.rawBytes);
  } catch (cause) {
    throw damaged(file, cause);
  }
}

function frame(header: StateHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([MAGIC, length, json]);
}

async function readHeader(handle: FileHandle, file: string): Promise<{ header: StateHeader; dataOffset: number }> {
  const start = Buffer.alloc(MAGIC.length + 4);
  await handle.read(start, 0, start.length, 0);
  const length = start.readUInt32BE(MAGIC.length);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC) || length > MAX_HEADER_BYTES) throw damaged(file);
  const json = Buffer.alloc(length);
  await handle.read(json, 0, length, start.length);
  try {
    const header = JSON.parse(json.toString()) as StateHeader;
    if (header.format !== FORMAT) {
      throw new InnError('NOT_SUPPORTED', `The saved state '${file}' was written by a newer program.`);
    }
    return { header, dataOffset: start.length + length };
  } catch (cause) {
    throw cause instanceof InnError ? cause : damaged(file, cause);
  }
}

async function readData(handle: FileHandle, start: number, rawBytes: number): Promise<ArrayBuffer> {
  const state = new Uint8Array(rawBytes);
  let length = 0;
  const decompress = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  await pipeline(Readable.from(chunksFrom(handle, start)), decompress, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      state.set(chunk, length); // RangeError when there is more than the header says
      length += chunk.length;
    }
  });
  if (length !== rawBytes) throw new Error(`${length} of ${rawBytes} bytes are there`);
  return state.buffer;
}

async function* chunksFrom(handle: FileHandle, start: number): AsyncIterable<Buffer> {
  for (let position = start; ; ) {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(CHUNK_BYTES), position });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

function* slices(state: ArrayBuffer): Iterable<Uint8Array> {
  for (let offset = 0; offset < state.byteLength; offset += CHUNK_BYTES) {
    yield new Uint8Array(state, offset, Math.min(CHUNK_BYTES, state.byteLength - offset));
  }
}

function differenceOf(saved: Record<string, string>, present: Record<string, string>): string | undefined {
  const names = new Set([...Object.keys(saved), ...Object.keys(present)]);
  for (const name of names) {
    if (saved[name] !== present[name]) return `${name} was ${saved[name] ?? 'none'}, is ${present[name] ?? 'none'}`;
  }
  return undefined;
}

function damaged(file: string, cause?: unknown): InnError {
  return new InnError('IMAGE_INVALID', `The saved state '${file}' is damaged.`, {
    cause,
    hint: 'Discard the saved state: the machine then starts from its disks.',
  });
}

/** A new name is only there for good when its folder is written, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
