import type { PixelFormat } from '../../../src/main/engines/embedded/machine-process/screen/rfb/pixel-format.ts';

/** Decoders of a viewer, from RFC 6143, 7.7; pixels come out as numbers of the viewer's format. */

export function pixelBytes(format: PixelFormat): number {
  return format.bitsPerPixel / 8;
}

export function decodeRaw(bytes: Buffer, format: PixelFormat): Uint32Array {
  const size = pixelBytes(format);
  const { redMax, redShift, greenMax, greenShift, blueMax, blueShift } = format;
  // What lies outside of the channels is padding and may be anything.
  const used = (redMax << redShift) | (greenMax << greenShift) | (blueMax << blueShift);
  return Uint32Array.from(
    { length: bytes.length / size },
    (_, index) => number(bytes.subarray(index * size, (index + 1) * size), format.isBigEndian) & used,
  );
}

/** @throws when bytes are left over or missing. */
export function decodeZrle(bytes: Buffer, width: number, height: number, format: PixelFormat): Uint32Array {
  const reader = new Reader(bytes, format);
  const picture = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 64) {
    for (let x = 0; x < width; x += 64) {
      const [tileWidth, tileHeight] = [Math.min(64, width - x), Math.min(64, height - y)];
      const tile = decodeTile(reader, tileWidth, tileHeight);
      for (let row = 0; row < tileHeight; row += 1) {
        picture.set(tile.slice(row * tileWidth, (row + 1) * tileWidth), (y + row) * width + x);
      }
    }
  }
  if (reader.left > 0) throw new Error(`${reader.left} bytes left over`);
  return picture;
}

function decodeTile(reader: Reader, width: number, height: number): number[] {
  const subencoding = reader.byte();
  const count = width * height;
  if (subencoding === 0) return Array.from({ length: count }, () => reader.pixel());
  if (subencoding === 1) return new Array<number>(count).fill(reader.pixel());
  if (subencoding <= 16) return decodePacked(reader, width, height, subencoding);
  if (subencoding === 128) return decodeRuns(count, () => ({ pixel: reader.pixel(), length: reader.runLength() }));
  if (subencoding < 130) throw new Error(`subencoding ${subencoding}`);
  const palette = Array.from({ length: subencoding - 128 }, () => reader.pixel());
  return decodeRuns(count, () => {
    const index = reader.byte();
    return { pixel: entry(palette, index & 0x7f), length: index & 0x80 ? reader.runLength() : 1 };
  });
}

function decodePacked(reader: Reader, width: number, height: number, size: number): number[] {
  const palette = Array.from({ length: size }, () => reader.pixel());
  const bits = size === 2 ? 1 : size <= 4 ? 2 : 4;
  const pixels: number[] = [];
  for (let y = 0; y < height; y += 1) {
    let [byte, left] = [0, 0];
    for (let x = 0; x < width; x += 1) {
      if (left === 0) [byte, left] = [reader.byte(), 8];
      left -= bits;
      pixels.push(entry(palette, (byte >> left) & ((1 << bits) - 1)));
    }
  }
  return pixels;
}

function decodeRuns(count: number, next: () => { pixel: number; length: number }): number[] {
  const pixels: number[] = [];
  while (pixels.length < count) {
    const { pixel, length } = next();
    for (let left = length; left > 0; left -= 1) pixels.push(pixel);
  }
  if (pixels.length !== count) throw new Error('a run leaves its tile');
  return pixels;
}

function entry(palette: number[], index: number): number {
  const pixel = palette[index];
  if (pixel === undefined) throw new Error(`palette has no entry ${index}`);
  return pixel;
}

function number(bytes: Uint8Array, isBigEndian: boolean): number {
  const ordered = isBigEndian ? [...bytes] : [...bytes].reverse();
  return ordered.reduce((value, byte) => value * 256 + byte, 0);
}

class Reader {
  readonly #bytes: Buffer;
  readonly #format: PixelFormat;
  #at = 0;

  constructor(bytes: Buffer, format: PixelFormat) {
    this.#bytes = bytes;
    this.#format = format;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  runLength(): number {
    let length = 1;
    for (;;) {
      const byte = this.byte();
      length += byte;
      if (byte !== 255) return length;
    }
  }

  /** A CPIXEL: three bytes when one of four is unused. */
  pixel(): number {
    const { bitsPerPixel, depth, isBigEndian, redMax, greenMax, blueMax, redShift, greenShift, blueShift } =
      this.#format;
    const top = (max: number, shift: number): number => Math.log2(max + 1) + shift;
    const fitsLow = [top(redMax, redShift), top(greenMax, greenShift), top(blueMax, blueShift)].every(
      (bit) => bit <= 24,
    );
    const fitsHigh = [redShift, greenShift, blueShift].every((shift) => shift >= 8);
    const isShort = bitsPerPixel === 32 && depth <= 24 && (fitsLow || fitsHigh);
    const size = isShort ? 3 : bitsPerPixel / 8;
    if (this.left < size) throw new Error('pixels are missing');
    const value = number(this.#bytes.subarray(this.#at, this.#at + size), isBigEndian);
    this.#at += size;
    return isShort && !fitsLow ? value * 256 : value;
  }
}
