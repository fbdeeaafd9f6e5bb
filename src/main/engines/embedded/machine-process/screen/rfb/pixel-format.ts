import { RfbProtocolError } from './protocol.ts';

/** Source: RFC 6143, 7.4. Always true colour. */
export interface PixelFormat {
  bitsPerPixel: 8 | 16 | 32;
  depth: number;
  isBigEndian: boolean;
  redMax: number;
  greenMax: number;
  blueMax: number;
  redShift: number;
  greenShift: number;
  blueShift: number;
}

export const PIXEL_FORMAT_BYTES = 16;

/** The framebuffer's own format: viewers that take it get their pixels copied. It is also the one that noVNC asks for. */
export const NATIVE_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  isBigEndian: false,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 0,
  greenShift: 8,
  blueShift: 16,
};

/** @throws RfbProtocolError for colour maps and formats that contradict themselves. */
export function parsePixelFormat(bytes: Buffer): PixelFormat {
  const bitsPerPixel = bytes.readUInt8(0);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) {
    throw new RfbProtocolError(`pixel format of ${bitsPerPixel} bits per pixel`);
  }
  if (bytes.readUInt8(3) === 0) throw new RfbProtocolError('pixel format with a colour map');
  const format: PixelFormat = {
    bitsPerPixel,
    depth: bytes.readUInt8(1),
    isBigEndian: bytes.readUInt8(2) !== 0,
    redMax: bytes.readUInt16BE(4),
    greenMax: bytes.readUInt16BE(6),
    blueMax: bytes.readUInt16BE(8),
    redShift: bytes.readUInt8(10),
    greenShift: bytes.readUInt8(11),
    blueShift: bytes.readUInt8(12),
  };
  for (const [max, shift] of channels(format)) {
    if (max === 0 || max * 2 ** shift >= 2 ** bitsPerPixel) {
      throw new RfbProtocolError(`pixel format whose channel of maximum ${max} is shifted by ${shift}`);
    }
  }
  return format;
}

export function pixelFormatBytes(format: PixelFormat): Buffer {
  const bytes = Buffer.alloc(PIXEL_FORMAT_BYTES);
  bytes.writeUInt8(format.bitsPerPixel, 0);
  bytes.writeUInt8(format.depth, 1);
  bytes.writeUInt8(format.isBigEndian ? 1 : 0, 2);
  bytes.writeUInt8(1, 3);
  channels(format).forEach(([max, shift], index) => {
    bytes.writeUInt16BE(max, 4 + index * 2);
    bytes.writeUInt8(shift, 10 + index);
  });
  return bytes;
}

function channels(format: PixelFormat): [max: number, shift: number][] {
  return [
    [format.redMax, format.redShift],
    [format.greenMax, format.greenShift],
    [format.blueMax, format.blueShift],
  ];
}

/** Turns the framebuffer's pixels into those of one viewer. */
export class PixelTranslator {
  readonly isNative: boolean;
  readonly bytesPerPixel: 1 | 2 | 4;
  /** Bytes of a ZRLE "compressed pixel": three where one byte of four is never used (RFC 6143, 7.7.5). */
  readonly bytesPerCompressedPixel: 1 | 2 | 3 | 4;
  readonly #isBigEndian: boolean;
  readonly #compressedShift: 0 | 8;
  readonly #red: Uint32Array;
  readonly #green: Uint32Array;
  readonly #blue: Uint32Array;

  constructor(format: PixelFormat) {
    this.isNative = pixelFormatBytes(format).equals(pixelFormatBytes(NATIVE_FORMAT));
    this.bytesPerPixel = (format.bitsPerPixel / 8) as 1 | 2 | 4;
    this.#isBigEndian = format.isBigEndian;
    const [red, green, blue] = channels(format).map(([max, shift]) => channelTable(max, shift));
    this.#red = red ?? new Uint32Array(256);
    this.#green = green ?? new Uint32Array(256);
    this.#blue = blue ?? new Uint32Array(256);
    const used = channels(format).reduce((bits, [max, shift]) => bits | (max << shift), 0) >>> 0;
    const isPacked = format.bitsPerPixel === 32 && format.depth <= 24;
    const [fitsLow, fitsHigh] = [used >>> 24 === 0, (used & 0xff) === 0];
    this.bytesPerCompressedPixel = isPacked && (fitsLow || fitsHigh) ? 3 : this.bytesPerPixel;
    this.#compressedShift = isPacked && fitsHigh && !fitsLow ? 8 : 0;
  }

  /** The viewer's number for a pixel of the framebuffer. */
  value(pixel: number): number {
    return (
      ((this.#red[pixel & 0xff] ?? 0) |
        (this.#green[(pixel >> 8) & 0xff] ?? 0) |
        (this.#blue[(pixel >> 16) & 0xff] ?? 0)) >>>
      0
    );
  }

  /** Writes a viewer's pixel; returns where the next one goes. */
  writePixel(to: Buffer, at: number, value: number): number {
    return writeBytes(to, at, value, this.bytesPerPixel, this.#isBigEndian);
  }

  /** Writes a viewer's pixel as a ZRLE compressed pixel; returns where the next one goes. */
  writeCompressedPixel(to: Buffer, at: number, value: number): number {
    return writeBytes(to, at, value >>> this.#compressedShift, this.bytesPerCompressedPixel, this.#isBigEndian);
  }
}

/** The shifted value of a channel for each of 256 levels. */
function channelTable(max: number, shift: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => Math.round((level * max) / 255) * 2 ** shift);
}

function writeBytes(to: Buffer, at: number, value: number, count: number, isBigEndian: boolean): number {
  for (let index = 0; index < count; index += 1) {
    to[at + (isBigEndian ? count - 1 - index : index)] = value >>> (index * 8);
  }
  return at + count;
}
