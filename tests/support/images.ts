import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECTOR = 512;

/** Writes a file into the folder and returns its path. */
export function writeImage(folder: string, name: string, contents: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** The least that passes for an ISO 9660 image: the identifier of its volume descriptor. */
export function isoBytes(sizeBytes = 64 * 1024): Buffer {
  const iso = Buffer.alloc(sizeBytes);
  iso.write('\x01CD001\x01', 0x8000, 'latin1');
  return iso;
}

export const rawBytes = (sectors = 64): Buffer => Buffer.alloc(sectors * SECTOR);

export function qcow2Bytes(
  virtualSizeBytes: number,
  options: { backingFile?: boolean; dataFile?: boolean } = {},
): Buffer {
  const image = Buffer.alloc(64 * 1024);
  image.write('QFI\xfb', 0, 'latin1');
  image.writeUInt32BE(3, 4);
  if (options.backingFile) image.writeBigUInt64BE(0x200n, 8);
  image.writeBigUInt64BE(BigInt(virtualSizeBytes), 24);
  if (options.dataFile) image.writeBigUInt64BE(4n, 72);
  return image;
}

export function vdiBytes(virtualSizeBytes: number, type = 1): Buffer {
  const image = Buffer.alloc(1024 * 1024);
  image.write('<<< Oracle VM VirtualBox Disk Image >>>\n', 'latin1');
  image.writeUInt32LE(0xbeda107f, 0x40);
  image.writeUInt32LE(type, 0x4c);
  image.writeBigUInt64LE(BigInt(virtualSizeBytes), 0x170);
  return image;
}

export function vmdkBytes(virtualSizeBytes: number, descriptor = ''): Buffer {
  const image = Buffer.alloc(64 * 1024);
  image.write('KDMV', 0, 'latin1');
  image.writeBigUInt64LE(BigInt(virtualSizeBytes / SECTOR), 12);
  image.write(descriptor, SECTOR, 'latin1');
  return image;
}

export function vhdBytes(virtualSizeBytes: number, type = 2): Buffer {
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix', 0, 'latin1');
  footer.writeBigUInt64BE(BigInt(virtualSizeBytes), 48);
  footer.writeUInt32BE(type, 60);
  return Buffer.concat([Buffer.alloc(virtualSizeBytes), footer]);
}

/** A VHDX with the two tables that lead to its size ([MS-VHDX] 2.2.3 and 2.6). */
export function vhdxBytes(virtualSizeBytes: number, hasParent = false): Buffer {
  const image = Buffer.alloc(2 * 1024 * 1024);
  const metadata = 1024 * 1024;
  image.write('vhdxfile', 0, 'latin1');
  const regions = 192 * 1024;
  image.write('regi', regions, 'latin1');
  image.writeUInt32LE(1, regions + 8);
  image.write('06a27c8b90479a4bb8fe575f050f886e', regions + 16, 'hex');
  image.writeBigUInt64LE(BigInt(metadata), regions + 32);
  image.write('metadata', metadata, 'latin1');
  image.writeUInt16LE(2, metadata + 10);
  image.write('3767a1ca36fa434db3b633f0aa44e76b', metadata + 32, 'hex');
  image.writeUInt32LE(65536, metadata + 48);
  image.write('2442a52f1bcd7648b2115dbed83bf4b8', metadata + 64, 'hex');
  image.writeUInt32LE(65544, metadata + 80);
  image.writeUInt32LE(hasParent ? 2 : 0, metadata + 65536 + 4);
  image.writeBigUInt64LE(BigInt(virtualSizeBytes), metadata + 65544);
  return image;
}
