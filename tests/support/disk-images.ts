import { openChain } from '../../src/main/media/formats/backing-chain.ts';
import type { MediumService } from '../../src/main/media/medium-service.ts';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import type { MediumId } from '../../src/shared/model/medium.ts';

/** Size of a test's disk: enough for some clusters of qcow2 (64 KiB). */
export const DISK_BYTES = 1024 * 1024;
export const BLOCK_BYTES = 64 * 1024;
export const BLOCKS = DISK_BYTES / BLOCK_BYTES;

interface Resolver {
  media: Pick<MediumService, 'resolve'>;
}

/** The first disk of a machine, a record or a snapshot. */
export const diskOf = ({ config }: { config: MachineConfig }): MediumId => {
  const drives = config.storage.flatMap(({ attachments }) => attachments);
  const disk = drives.find(({ kind }) => kind === 'disk')?.mediumId;
  if (!disk) throw new Error('the machine has no disk');
  return disk;
};

/** The first byte of each block, as the guest would read it. */
export async function readDisk(house: Resolver, disk: MediumId): Promise<number[]> {
  const { path, format, backing } = await house.media.resolve(disk);
  const device = await openChain([{ path, format }, ...backing], { isReadOnly: true });
  try {
    const content = Buffer.alloc(DISK_BYTES);
    await device.read(0, content);
    return Array.from({ length: BLOCKS }, (_, block) => content[block * BLOCK_BYTES] ?? -1);
  } finally {
    await device.close();
  }
}

/** Fills a block with the byte, as the guest would. */
export async function writeDisk(house: Resolver, disk: MediumId, block: number, byte: number): Promise<void> {
  const { path, format, backing } = await house.media.resolve(disk);
  const device = await openChain([{ path, format }, ...backing], { isReadOnly: false });
  try {
    await device.write(block * BLOCK_BYTES, Buffer.alloc(BLOCK_BYTES / 2, byte));
    await device.flush();
  } finally {
    await device.close();
  }
}
