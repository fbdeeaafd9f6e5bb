import { crc32, deflateSync } from 'node:zlib';
import type { Screenshot } from '../engine.ts';

const WIDTH = 320;
const HEIGHT = 200;

/** A picture of a calm blue screen, as PNG (W3C PNG specification, sections 5 and 11). */
export function fakeScreenshot(): Screenshot {
  const row = Buffer.alloc(1 + WIDTH * 3); // filter type 0, then red, green, blue of each pixel
  for (let x = 0; x < WIDTH; x += 1) row.writeUInt8(0xa8, 1 + x * 3 + 2);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, truecolour, deflate, adaptive filters, not interlaced
  const pixels = deflateSync(Buffer.concat(Array.from({ length: HEIGHT }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const png = Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
  return { width: WIDTH, height: HEIGHT, png };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
