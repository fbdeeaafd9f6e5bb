import fc from 'fast-check';
import type { PixelFormat } from '../../../src/main/engines/embedded/machine-process/screen/rfb/pixel-format.ts';

interface Layout {
  bitsPerPixel: 8 | 16 | 32;
  depth: number;
  /** Bits of red, green and blue. */
  bits: [number, number, number];
  lowestBit: number;
}

const LAYOUTS: Layout[] = [
  { bitsPerPixel: 8, depth: 8, bits: [3, 3, 2], lowestBit: 0 },
  { bitsPerPixel: 8, depth: 6, bits: [2, 2, 2], lowestBit: 0 },
  { bitsPerPixel: 8, depth: 3, bits: [1, 1, 1], lowestBit: 0 },
  { bitsPerPixel: 16, depth: 16, bits: [5, 6, 5], lowestBit: 0 },
  { bitsPerPixel: 16, depth: 15, bits: [5, 5, 5], lowestBit: 1 },
  { bitsPerPixel: 32, depth: 24, bits: [8, 8, 8], lowestBit: 0 },
  { bitsPerPixel: 32, depth: 24, bits: [8, 8, 8], lowestBit: 8 },
  { bitsPerPixel: 32, depth: 24, bits: [8, 8, 8], lowestBit: 4 },
  { bitsPerPixel: 32, depth: 30, bits: [10, 10, 10], lowestBit: 0 },
];

/** True-colour formats of all widths, both byte orders, any order of the channels. */
export const anyPixelFormat: fc.Arbitrary<PixelFormat> = fc
  .tuple(fc.constantFrom(...LAYOUTS), fc.boolean(), fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 2, 0]))
  .map(([{ bitsPerPixel, depth, bits, lowestBit }, isBigEndian, order]) => {
    const shifts: [number, number, number] = [0, 0, 0];
    let next = lowestBit;
    for (const channel of order) {
      shifts[channel as 0 | 1 | 2] = next;
      next += bits[channel as 0 | 1 | 2];
    }
    const [redMax, greenMax, blueMax] = bits.map((count) => 2 ** count - 1) as [number, number, number];
    const [redShift, greenShift, blueShift] = shifts;
    return { bitsPerPixel, depth, isBigEndian, redMax, greenMax, blueMax, redShift, greenShift, blueShift };
  });

/** The viewer's number for a colour, by RFC 6143, 7.4. */
export function expectedValue(format: PixelFormat, red: number, green: number, blue: number): number {
  const channel = (level: number, max: number, shift: number): number => Math.round((level * max) / 255) * 2 ** shift;
  return (
    channel(red, format.redMax, format.redShift) +
    channel(green, format.greenMax, format.greenShift) +
    channel(blue, format.blueMax, format.blueShift)
  );
}

/** The viewer's number for a pixel of the framebuffer (bytes R, G, B, 255). */
export function expectedPixel(format: PixelFormat, pixel: number): number {
  return expectedValue(format, pixel & 0xff, (pixel >>> 8) & 0xff, (pixel >>> 16) & 0xff);
}
