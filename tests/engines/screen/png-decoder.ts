import { crc32, inflateSync } from 'node:zlib';

export interface DecodedPng {
  width: number;
  height: number;
  colourType: number;
  /** As the framebuffer has them: bytes R, G, B, 255. */
  pixels: Uint32Array;
}

/** Reads the PNGs that we write: 8 bits a sample, RGB or palette, no filters. @throws when anything is amiss. */
export function decodePng(png: Uint8Array): DecodedPng {
  const bytes = Buffer.from(png);
  if (bytes.toString('latin1', 1, 4) !== 'PNG') throw new Error('no PNG');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(body)) throw new Error('checksum');
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  const header = chunk(chunks, 'IHDR');
  const [width, height, colourType] = [header.readUInt32BE(0), header.readUInt32BE(4), header.readUInt8(9)];
  const lines = inflateSync(chunk(chunks, 'IDAT'));
  const samples = colourType === 3 ? 1 : 3;
  if (lines.length !== height * (1 + width * samples)) throw new Error('length');
  const pixels = new Uint32Array(width * height);
  for (let at = 0; at < pixels.length; at += 1) {
    const start = Math.floor(at / width) * (1 + width * samples) + 1 + (at % width) * samples;
    const colour = samples === 3 ? lines : chunk(chunks, 'PLTE');
    const from = samples === 3 ? start : lines.readUInt8(start) * 3;
    pixels[at] = (0xff000000 | colour.readUIntLE(from, 3)) >>> 0;
  }
  return { width, height, colourType, pixels };
}

function chunk(chunks: Map<string, Buffer>, type: string): Buffer {
  const found = chunks.get(type);
  if (!found) throw new Error(`no ${type}`);
  return found;
}
