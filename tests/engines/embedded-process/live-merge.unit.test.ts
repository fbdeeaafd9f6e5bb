import { rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { DiskMerge } from '../../../src/main/engines/disk-merge.ts';
import { type Drive, Drives } from '../../../src/main/engines/embedded/machine-process/drives.ts';
import { LiveMerge } from '../../../src/main/engines/embedded/machine-process/live-merge.ts';
import type { ResolvedMedium } from '../../../src/main/engines/start-spec.ts';
import { makeEmptyOverlay } from '../../../src/main/machines/snapshots/overlays.ts';
import { openChain } from '../../../src/main/media/formats/backing-chain.ts';
import { MediumId } from '../../../src/shared/model/medium.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const DISK_BYTES = 4 * 1024 ** 2;
const SECTOR_BYTES = 512;

type Image = ResolvedMedium['backing'][number];
const mediumOf = ([top, ...backing]: [Image, ...Image[]]): ResolvedMedium => {
  const id = MediumId.parse(crypto.randomUUID());
  return { id, ...top, sizeBytes: DISK_BYTES, isReadOnly: false, backing };
};

async function overlayOn(base: Image, name: string): Promise<Image> {
  const file = path.join(path.dirname(base.path), `${name}.qcow2`);
  await makeEmptyOverlay(file, { ...base, sizeBytes: DISK_BYTES });
  return { path: file, format: 'qcow2' };
}

/** What a guest writes to its disk, and reads back. */
async function write(drive: Drive, sector: number, byte: number): Promise<void> {
  await new Promise<void>((done) => {
    drive.disk?.set(sector * SECTOR_BYTES, new Uint8Array(SECTOR_BYTES).fill(byte), done);
  });
}
const readFrom = async (images: [Image, ...Image[]], sectors: number[]): Promise<(number | undefined)[]> => {
  const device = await openChain(images, { isReadOnly: true });
  const bytes: (number | undefined)[] = [];
  for (const sector of sectors) {
    const target = new Uint8Array(1);
    await device.read(sector * SECTOR_BYTES, target);
    bytes.push(target[0]);
  }
  await device.close();
  return bytes;
};

/** A disk of two images, of which the lower one is of no use any more, and how they are merged. */
async function openDisk() {
  const base: Image = { path: path.join(makeTempFolder(), 'base.img'), format: 'raw' };
  writeFileSync(base.path, Buffer.alloc(DISK_BYTES, 1));
  const child = await overlayOn(base, 'child');
  const medium = mediumOf([child, base]);
  const plan = { id: 'ide0-0', bus: 'ide', channel: 0, unit: 0, kind: 'disk', medium } as const;
  const drives = await Drives.open([plan], { onFailure: () => undefined, guard: (callback) => callback() });
  onTestFinished(() => drives.close());
  const [drive] = drives.all;
  if (drive === undefined) throw new Error('There is no drive.');
  const place = { controller: 'ide', controllerName: 'IDE', port: 0, device: 0, kind: 'disk' } as const;
  const merge: DiskMerge = { drive: { ...place, medium }, child: child.path, hidden: base.path, way: 'down' };
  return { base, child, drives, drive, merge };
}

it('goes on without the image that went, which nothing asks for any more', async () => {
  const { base, child, drives, drive, merge } = await openDisk();
  await write(drive, 5, 55);
  const merging = new LiveMerge(drive, merge);
  await merging.settled();
  expect(merging.status).toBe('ready');
  await write(drive, 6, 66); // into both
  await merging.finish();
  expect(drive.medium?.path).toBe(base.path);
  rmSync(child.path);
  const overlay = await overlayOn(base, 'next');
  await drives.flush();
  await drives.switchDisks([{ drive, medium: mediumOf([overlay, base]) }]);
  await write(drive, 7, 77);
  await drives.flush();
  expect(await readFrom([base], [5, 6, 7])).toEqual([55, 66, 1]);
  expect(await readFrom([overlay, base], [5, 6, 7])).toEqual([55, 66, 77]);
});

it('leaves a disk alone that went on in another image before the merge was finished', async () => {
  const { base, drives, drive, merge } = await openDisk();
  const merging = new LiveMerge(drive, merge);
  await merging.settled();
  await drives.flush();
  const overlay = await overlayOn(base, 'next');
  await drives.switchDisks([{ drive, medium: mediumOf([overlay, base]) }]);
  await merging.finish();
  expect(merging.status).toBe('finished');
  expect(drive.medium?.path).toBe(overlay.path);
  await write(drive, 7, 77);
  await drives.flush();
  expect(await readFrom([base], [7])).toEqual([1]);
  expect(await readFrom([overlay, base], [7])).toEqual([77]);
});

it('refuses to let the disk go on in another image while it copies', async () => {
  const { base, child, drives, drive, merge } = await openDisk();
  const overlay = await overlayOn(child, 'next');
  const merging = new LiveMerge(drive, merge);
  const switching = drives.switchDisks([{ drive, medium: mediumOf([overlay, child, base]) }]);
  await expect(switching).rejects.toMatchObject({ code: 'INVALID_STATE' });
  await merging.settled();
  expect(merging.status).toBe('ready');
  expect(drive.medium?.path).toBe(child.path);
  expect(statSync(overlay.path).size).toBeGreaterThan(0);
});
