import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const deflateInPool = promisify<Buffer, { level: number }, Buffer>(deflate);
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOUR_TYPE = { rgb: 2, palette: 3 } as const;

/**
 * Encodes pixels (bytes R, G, B, any) as PNG: with a palette when 256 colours are enough, as they are for text screens,
 * else as 24-bit RGB. Compression runs outside of the thread that runs the guest.
 * Source: W3C Portable Network Graphics (PNG) Specification (Third Edition), 5, 9 and 11.
 */
export async function encodePng(pixels: Uint32Array, width: number, height: number): Promise<Buffer> {
  const palette = collectPalette(pixels);
  const scanLines = palette ? indexedLines(pixels, width, height, palette) : rgbLines(pixels, width, height);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = palette ? COLOUR_TYPE.palette : COLOUR_TYPE.rgb;
  const parts = [SIGNATURE, chunk('IHDR', header)];
  if (palette) parts.push(chunk('PLTE', paletteBytes(palette)));
  parts.push(chunk('IDAT', await deflateInPool(scanLines, { level: palette ? 6 : 1 })), chunk('IEND', Buffer.alloc(0)));
  return Buffer.concat(parts);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** Colours and their numbers; undefined when there are more than 256. */
function collectPalette(pixels: Uint32Array): Map<number, number> | undefined {
  const palette = new Map<number, number>();
  let last = -1;
  for (const pixel of pixels) {
    if (pixel === last) continue;
    last = pixel;
    if (palette.has(pixel)) continue;
    if (palette.size === 256) return undefined;
    palette.set(pixel, palette.size);
  }
  return palette;
}

function paletteBytes(palette: Map<number, number>): Buffer {
  const bytes = Buffer.alloc(palette.size * 3);
  for (const [pixel, index] of palette) writeRgb(bytes, index * 3, pixel);
  return bytes;
}

/** Each scan line begins with its filter type; 0 is none. */
function indexedLines(pixels: Uint32Array, width: number, height: number, palette: Map<number, number>): Buffer {
  const lines = Buffer.alloc(height * (width + 1));
  let last = -1;
  let index = 0;
  for (let y = 0; y < height; y += 1) {
    const line = y * (width + 1) + 1;
    for (let x = 0; x < width; x += 1) {
      const pixel = pixels[y * width + x] ?? 0;
      if (pixel !== last) index = palette.get(pixel) ?? 0;
      last = pixel;
      lines[line + x] = index;
    }
  }
  return lines;
}

function rgbLines(pixels: Uint32Array, width: number, height: number): Buffer {
  const lines = Buffer.alloc(height * (width * 3 + 1));
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    at += 1;
    for (let x = 0; x < width; x += 1) {
      writeRgb(lines, at, pixels[y * width + x] ?? 0);
      at += 3;
    }
  }
  return lines;
}

function writeRgb(bytes: Buffer, at: number, pixel: number): void {
  bytes[at] = pixel & 0xff;
  bytes[at + 1] = (pixel >> 8) & 0xff;
  bytes[at + 2] = (pixel >> 16) & 0xff;
}
