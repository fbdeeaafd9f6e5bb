import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import { InnError } from '../../../shared/errors.ts';

const compress = promisify<Buffer, Buffer>(deflate);
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGB = 2;

/**
 * Turns a binary PPM with 8 bits per sample (ppm(5), `P6`) into a PNG (PNG specification, third edition).
 * @throws InnError `ENGINE_FAILED` when it is none
 */
export async function pngFromPpm(ppm: Buffer): Promise<Buffer> {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString('latin1', 0, 64));
  const [width, height] = [Number(header?.[1]), Number(header?.[2])];
  const pixels = ppm.subarray(header?.[0].length ?? 0);
  if (!header || pixels.length < width * height * 3) {
    throw new InnError('ENGINE_FAILED', 'QEMU wrote a screenshot that cannot be read.');
  }
  const lines = Buffer.alloc(height * (width * 3 + 1)); // each line begins with its filter type; 0 is none
  for (let y = 0; y < height; y += 1) {
    pixels.copy(lines, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  }
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size[8] = 8;
  size[9] = RGB;
  return Buffer.concat([SIGNATURE, chunk('IHDR', size), chunk('IDAT', await compress(lines)), chunk('IEND')]);
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
