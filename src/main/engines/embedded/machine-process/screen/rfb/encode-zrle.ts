import type { Framebuffer, Rectangle } from '../framebuffer.ts';
import type { PixelTranslator } from './pixel-format.ts';
import { TileRuns } from './tile-runs.ts';

const TILE = 64;
/** Subencodings of a tile. Source: RFC 6143, 7.7.5. */
const SUBENCODING = { raw: 0, solid: 1, plainRle: 128, paletteRle: 128 } as const;
const MAX_PACKED = 16;

const runs = new TileRuns();
const values = new Uint32Array(TILE * TILE);

/**
 * The data of a ZRLE rectangle before its compression: each tile in whichever of raw, solid, packed palette, plain RLE
 * and palette RLE is shortest. The rectangle lies inside of the picture.
 */
export function encodeZrle(framebuffer: Framebuffer, area: Rectangle, translator: PixelTranslator): Buffer {
  const tiles = Math.ceil(area.width / TILE) * Math.ceil(area.height / TILE);
  const pixelBytes = area.width * area.height * translator.bytesPerCompressedPixel;
  const bytes = Buffer.allocUnsafe(tiles + pixelBytes);
  let at = 0;
  for (let y = area.y; y < area.y + area.height; y += TILE) {
    const height = Math.min(TILE, area.y + area.height - y);
    for (let x = area.x; x < area.x + area.width; x += TILE) {
      const width = Math.min(TILE, area.x + area.width - x);
      gather(framebuffer, { x, y, width, height }, translator);
      at = writeTile(bytes, at, width, height, translator);
    }
  }
  return bytes.subarray(0, at);
}

/** Fills `values` and `runs` from a tile; translates a colour once per run of it. */
function gather(framebuffer: Framebuffer, tile: Rectangle, translator: PixelTranslator): void {
  const { pixels, width: stride } = framebuffer;
  let count = 0;
  let last = -1;
  let value = 0;
  for (let y = tile.y; y < tile.y + tile.height; y += 1) {
    const start = y * stride + tile.x;
    for (let at = start; at < start + tile.width; at += 1) {
      const pixel = pixels[at] ?? 0;
      if (pixel !== last) {
        last = pixel;
        value = translator.value(pixel);
      }
      values[count] = value;
      count += 1;
    }
  }
  runs.analyse(values, count);
}

function writeTile(to: Buffer, at: number, width: number, height: number, translator: PixelTranslator): number {
  const pixelBytes = translator.bytesPerCompressedPixel;
  if (runs.hasPalette && runs.paletteSize === 1) {
    to[at] = SUBENCODING.solid;
    return translator.writeCompressedPixel(to, at + 1, values[0] ?? 0);
  }
  const paletteBytes = runs.paletteSize * pixelBytes;
  const raw = width * height * pixelBytes;
  const canPack = runs.hasPalette && runs.paletteSize <= MAX_PACKED;
  const packed = canPack ? paletteBytes + height * Math.ceil((width * packedBits()) / 8) : Number.POSITIVE_INFINITY;
  const plain = runLengthBytes(pixelBytes, pixelBytes);
  const palette = runs.hasPalette ? paletteBytes + runLengthBytes(1, 0) : Number.POSITIVE_INFINITY;
  const shortest = Math.min(raw, packed, plain, palette);
  if (shortest === packed) return writePacked(to, at, width, translator);
  if (shortest === palette) return writePaletteRuns(to, at, translator);
  if (shortest === plain) return writePlainRuns(to, at, translator);
  return writeRaw(to, at, width * height, translator);
}

function packedBits(): 1 | 2 | 4 {
  return runs.paletteSize <= 2 ? 1 : runs.paletteSize <= 4 ? 2 : 4;
}

/** Bytes of all runs, where a run has `runBytes` and its length, except that a single pixel may go without a length. */
function runLengthBytes(runBytes: number, singleLengthBytes: number): number {
  let total = 0;
  for (let run = 0; run < runs.count; run += 1) {
    const length = runs.lengths[run] ?? 1;
    total += runBytes + (length === 1 && singleLengthBytes === 0 ? 0 : Math.floor((length - 1) / 255) + 1);
  }
  return total;
}

function writeRaw(to: Buffer, start: number, count: number, translator: PixelTranslator): number {
  to[start] = SUBENCODING.raw;
  let at = start + 1;
  for (let index = 0; index < count; index += 1) at = translator.writeCompressedPixel(to, at, values[index] ?? 0);
  return at;
}

function writePalette(to: Buffer, start: number, translator: PixelTranslator): number {
  let at = start;
  for (let index = 0; index < runs.paletteSize; index += 1) {
    at = translator.writeCompressedPixel(to, at, runs.palette[index] ?? 0);
  }
  return at;
}

/** Palette numbers in 1, 2 or 4 bits, leftmost in the high bits; each row begins on a byte. */
function writePacked(to: Buffer, start: number, width: number, translator: PixelTranslator): number {
  to[start] = runs.paletteSize;
  let at = writePalette(to, start + 1, translator);
  const bits = packedBits();
  let [column, shift, byte] = [0, 8, 0];
  for (let run = 0; run < runs.count; run += 1) {
    const index = runs.indices[run] ?? 0;
    for (let left = runs.lengths[run] ?? 0; left > 0; left -= 1) {
      shift -= bits;
      byte |= index << shift;
      column += 1;
      if (column !== width && shift !== 0) continue;
      to[at] = byte;
      at += 1;
      [shift, byte] = [8, 0];
      if (column === width) column = 0;
    }
  }
  return at;
}

function writePaletteRuns(to: Buffer, start: number, translator: PixelTranslator): number {
  to[start] = SUBENCODING.paletteRle + runs.paletteSize;
  let at = writePalette(to, start + 1, translator);
  for (let run = 0; run < runs.count; run += 1) {
    const index = runs.indices[run] ?? 0;
    const length = runs.lengths[run] ?? 1;
    to[at] = length === 1 ? index : index | 0x80;
    at = length === 1 ? at + 1 : writeLength(to, at + 1, length);
  }
  return at;
}

function writePlainRuns(to: Buffer, start: number, translator: PixelTranslator): number {
  to[start] = SUBENCODING.plainRle;
  let at = start + 1;
  for (let run = 0; run < runs.count; run += 1) {
    at = translator.writeCompressedPixel(to, at, runs.colours[run] ?? 0);
    at = writeLength(to, at, runs.lengths[run] ?? 1);
  }
  return at;
}

/** One less than the length, in as many bytes of 255 as it takes and one smaller. */
function writeLength(to: Buffer, start: number, length: number): number {
  let at = start;
  let left = length - 1;
  for (; left >= 255; left -= 255) {
    to[at] = 255;
    at += 1;
  }
  to[at] = left;
  return at + 1;
}
