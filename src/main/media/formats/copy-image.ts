import { InnError } from '../../../shared/errors.ts';
import { MIB } from '../../../shared/units.ts';
import type { BlockDevice, Extent } from './block-device.ts';

export interface CopyOptions {
  signal?: AbortSignal | undefined;
  /** Called now and then, and at the end. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Bytes read at a time: large enough that the calls cost nothing, small enough to stay in the processor's cache. */
const CHUNK_BYTES = 2 * MIB;
/** Zeros are left out in pieces of the cluster size that most formats use. */
const BLOCK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/**
 * Copies what the guest sees of `source`, backing images included, to a blank `target` that is at least as large. Zeros are
 * not written, so that the target stays small. Does not flush.
 * @throws InnError `INVALID_INPUT` (size), `CANCELLED`; the devices' errors.
 */
export async function copyImage(source: BlockDevice, target: BlockDevice, options: CopyOptions = {}): Promise<void> {
  await copyChunks(source, target, options, (offset) => resolveExtent(source, offset, source.sizeBytes - offset), {
    write: (offset, data) => target.write(offset, data),
    zero: async () => {},
  });
}

/**
 * Writes what `source` itself holds, without its backing image, over `target`: a child into the image that it builds on, or
 * into a fresh child of the same image. Does not flush.
 * @throws InnError as `copyImage`.
 */
export async function mergeImage(source: BlockDevice, target: BlockDevice, options: CopyOptions = {}): Promise<void> {
  await copyChunks(source, target, options, (offset) => source.extentAt(offset, source.sizeBytes - offset), {
    write: (offset, data) => target.write(offset, data),
    zero: (offset, lengthBytes) => zeroRange(target, offset, lengthBytes),
  });
}

/** Makes the range read as zeros, without taking space where the format can. @throws the device's errors. */
export async function zeroRange(device: BlockDevice, offset: number, lengthBytes: number): Promise<void> {
  await device.discard(offset, lengthBytes);
  const end = offset + lengthBytes;
  for (let position = offset; position < end; ) {
    const extent = await device.extentAt(position, end - position);
    const length = extent.kind === 'zero' ? extent.lengthBytes : Math.min(extent.lengthBytes, BLOCK_BYTES);
    if (extent.kind !== 'zero') await device.write(position, ZEROS.subarray(0, length));
    position += length;
  }
}

/** What the guest sees there: `data`, wherever in the chain it is, or `zero`. */
async function resolveExtent(device: BlockDevice, offset: number, lengthBytes: number): Promise<Extent> {
  const extent = await device.extentAt(offset, lengthBytes);
  if (extent.kind !== 'absent') return extent;
  const { backing } = device;
  if (!backing || offset >= backing.sizeBytes) return { kind: 'zero', lengthBytes: extent.lengthBytes };
  return resolveExtent(backing, offset, Math.min(extent.lengthBytes, backing.sizeBytes - offset));
}

interface Sink {
  write(offset: number, data: Uint8Array): Promise<void>;
  zero(offset: number, lengthBytes: number): Promise<void>;
}

/** Reads the next chunk while the one before is being written. */
async function copyChunks(
  source: BlockDevice,
  target: BlockDevice,
  options: CopyOptions,
  extentAt: (offset: number) => Promise<Extent>,
  sink: Sink,
): Promise<void> {
  assertFits(source, target);
  const total = source.sizeBytes;
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
  let writing: Promise<void> = Promise.resolve();
  let turn: 0 | 1 = 0;
  try {
    for (let offset = 0; offset < total; ) {
      assertNotCancelled(options.signal);
      const { kind, lengthBytes } = await extentAt(offset);
      const length = kind === 'data' ? Math.min(lengthBytes, CHUNK_BYTES) : lengthBytes;
      if (kind === 'data') {
        const chunk = buffers[turn].subarray(0, length);
        await source.read(offset, chunk);
        await writing;
        writing = writeBlocks(offset, chunk, sink);
        writing.catch(() => {}); // Seen at the next `await writing`; not unhandled meanwhile.
        turn = turn === 0 ? 1 : 0;
      } else if (kind === 'zero') {
        await writing;
        await sink.zero(offset, length);
      }
      offset += length;
      options.onProgress?.(offset, total);
    }
  } finally {
    await writing;
  }
}

async function writeBlocks(offset: number, chunk: Buffer, sink: Sink): Promise<void> {
  for (let start = 0; start < chunk.length; ) {
    const isZero = isZeroBlock(chunk, start);
    let end = start + BLOCK_BYTES;
    while (end < chunk.length && isZeroBlock(chunk, end) === isZero) end += BLOCK_BYTES;
    const run = chunk.subarray(start, Math.min(end, chunk.length));
    if (isZero) await sink.zero(offset + start, run.length);
    else await sink.write(offset + start, run);
    start = end;
  }
}

function isZeroBlock(chunk: Buffer, start: number): boolean {
  const block = chunk.subarray(start, start + BLOCK_BYTES);
  return block.equals(block.length === BLOCK_BYTES ? ZEROS : ZEROS.subarray(0, block.length));
}

function assertFits(source: BlockDevice, target: BlockDevice): void {
  if (source.sizeBytes <= target.sizeBytes) return;
  throw new InnError(
    'INVALID_INPUT',
    `${source.sizeBytes} bytes do not fit into a disk of ${target.sizeBytes} bytes.`,
    {
      hint: 'Make the target at least as large as the source.',
    },
  );
}

/** @throws the reason, where whoever aborted gave one of the program's own; `CANCELLED` otherwise. */
function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof InnError) throw signal.reason;
  throw new InnError('CANCELLED', 'Copying the image was cancelled.', { cause: signal.reason });
}
