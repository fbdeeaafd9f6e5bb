import type { ChainLink } from '../../../media/formats/backing-chain.ts';
import type { BlockDevice, Extent } from '../../../media/formats/block-device.ts';
import { zeroRange } from '../../../media/formats/copy-image.ts';
import { openImage } from '../../../media/formats/formats.ts';

/** Copied between two requests of the guest: it waits a few milliseconds at most. */
const CHUNK_BYTES = 1024 ** 2;

/**
 * Opens a chain of images of which, besides the first one, `written` may be written. Each file is open once: what one
 * image has cached of it would not know what another one writes.
 * @returns the devices, from the first to the one that stands alone; closing the first one closes them all
 * @throws InnError as `openImage`; none stays open then
 */
export async function openMergeChain(links: readonly ChainLink[], written: number): Promise<BlockDevice[]> {
  const devices: BlockDevice[] = [];
  const openAt = async (index: number): Promise<BlockDevice> => {
    const link = links[index];
    if (link === undefined) throw new RangeError('The chain of images ends too early.');
    const isReadOnly = index !== 0 && index !== written;
    const hasMore = index + 1 < links.length;
    const device = await openImage(link.path, link.format, {
      isReadOnly,
      ...(hasMore ? { openBacking: () => openAt(index + 1) } : {}),
    });
    devices[index] = device;
    return device;
  };
  await openAt(0);
  return devices;
}

/** Writes what the child holds itself at the offset into the image below. Answers how many bytes are dealt with. */
export async function copyDown(child: BlockDevice, hidden: BlockDevice, offset: number): Promise<number> {
  const extent = await child.extentAt(offset, child.sizeBytes - offset);
  if (extent.kind === 'absent') return extent.lengthBytes;
  return copyExtent(child, hidden, offset, extent);
}

/** Writes what the child still reads from the image below at the offset into the child. Answers as `copyDown`. */
export async function copyUp(child: BlockDevice, hidden: BlockDevice, offset: number): Promise<number> {
  const end = Math.min(child.sizeBytes, hidden.sizeBytes);
  if (offset >= end) return child.sizeBytes - offset;
  const own = await child.extentAt(offset, end - offset);
  if (own.kind !== 'absent') return own.lengthBytes;
  const below = await hidden.extentAt(offset, own.lengthBytes);
  if (below.kind === 'absent') return below.lengthBytes;
  return copyExtent(hidden, child, offset, below);
}

async function copyExtent(from: BlockDevice, to: BlockDevice, offset: number, extent: Extent): Promise<number> {
  const length = Math.min(extent.lengthBytes, CHUNK_BYTES);
  if (extent.kind === 'zero') {
    await zeroRange(to, offset, length);
  } else {
    const chunk = new Uint8Array(length);
    await from.read(offset, chunk);
    await to.write(offset, chunk);
  }
  return length;
}

/** A device whose writes also go into another one, so that either of them can be gone on with. */
export function mirrored(device: BlockDevice, twin: BlockDevice): BlockDevice {
  return {
    sizeBytes: device.sizeBytes,
    isReadOnly: false,
    backing: device.backing,
    read: (offset, target) => device.read(offset, target),
    async write(offset, data) {
      await device.write(offset, data);
      await twin.write(offset, data);
    },
    discard: async () => undefined, // a hint, and the two would differ
    extentAt: (offset, lengthBytes) => device.extentAt(offset, lengthBytes),
    async flush() {
      await device.flush();
      await twin.flush();
    },
    close: () => device.close(), // the twin is below it
  };
}
