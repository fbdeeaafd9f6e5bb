import { type ChainLink, openChain } from './backing-chain.ts';
import type { BlockDevice } from './block-device.ts';
import { type CopyOptions, mergeImage, zeroRange } from './copy-image.ts';
import { openImage } from './formats.ts';

/** An image with those that it builds on, nearest first. */
export type Chain = readonly [ChainLink, ...ChainLink[]];

const CHUNK_BYTES = 1024 ** 2;

/**
 * Writes the child's own data into the image that it builds on. The child is not changed: interrupted at any moment it
 * reads as before, and the merge can be done again. Nothing else may build on `base`.
 * @throws InnError as `openChain`; `CANCELLED`, `DISK_FULL`
 */
export async function mergeDown(child: ChainLink, base: Chain, options: CopyOptions): Promise<void> {
  const target = await openChain(base, { isReadOnly: false });
  try {
    const source = await openImage(child.path, child.format, {
      isReadOnly: true,
      openBacking: async () => borrowed(target),
    });
    try {
      await mergeImage(source, target, options);
    } finally {
      await source.close();
    }
    await target.flush();
  } finally {
    await target.close();
  }
}

/**
 * Writes into the child what it still reads from the image that it builds on. That image is not changed, and the child
 * reads as before at every moment: the merge can be interrupted and done again.
 * @param child the child, then what it builds on
 * @throws InnError as `openChain`; `CANCELLED`, `DISK_FULL`
 */
export async function mergeUp(child: Chain, options: CopyOptions): Promise<void> {
  const target = await openChain(child, { isReadOnly: false });
  try {
    const source = target.backing;
    if (source) await fillFrom(source, target, options);
    await target.flush();
  } finally {
    await target.close();
  }
}

async function fillFrom(source: BlockDevice, target: BlockDevice, { signal, onProgress }: CopyOptions): Promise<void> {
  const end = Math.min(source.sizeBytes, target.sizeBytes);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let offset = 0; offset < end; ) {
    signal?.throwIfAborted();
    const own = await target.extentAt(offset, end - offset);
    let length = own.lengthBytes;
    if (own.kind === 'absent') {
      const below = await source.extentAt(offset, Math.min(length, end - offset));
      length = below.kind === 'data' ? Math.min(below.lengthBytes, CHUNK_BYTES) : below.lengthBytes;
      if (below.kind === 'zero') await zeroRange(target, offset, length);
      if (below.kind === 'data') {
        const chunk = buffer.subarray(0, length);
        await source.read(offset, chunk);
        await target.write(offset, chunk);
      }
    }
    offset += length;
    onProgress?.(offset, end);
  }
}

/** The device for somebody who may not close it. */
function borrowed(device: BlockDevice): BlockDevice {
  return {
    sizeBytes: device.sizeBytes,
    isReadOnly: true,
    backing: device.backing,
    read: (offset, target) => device.read(offset, target),
    write: (offset, data) => device.write(offset, data),
    discard: (offset, lengthBytes) => device.discard(offset, lengthBytes),
    extentAt: (offset, lengthBytes) => device.extentAt(offset, lengthBytes),
    flush: async () => undefined,
    close: async () => undefined,
  };
}
