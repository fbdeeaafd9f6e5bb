import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framebuffer, type Rectangle } from '../../../src/main/engines/embedded/machine-process/screen/framebuffer.ts';
import { encodeRaw } from '../../../src/main/engines/embedded/machine-process/screen/rfb/encode-raw.ts';
import { encodeZrle } from '../../../src/main/engines/embedded/machine-process/screen/rfb/encode-zrle.ts';
import {
  NATIVE_FORMAT,
  type PixelFormat,
  PixelTranslator,
} from '../../../src/main/engines/embedded/machine-process/screen/rfb/pixel-format.ts';
import { anyPixelFormat, expectedPixel } from './pixel-format-arbitrary.ts';
import { decodeRaw, decodeZrle } from './rfb-decoders.ts';

/** Pictures with as many colours, and runs as long, as make each kind of ZRLE tile the shortest for some. */
const anyPicture = fc
  .record({
    width: fc.integer({ min: 1, max: 150 }),
    height: fc.integer({ min: 1, max: 150 }),
    colours: fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 100, 127, 128, 5000),
    runLength: fc.constantFrom(1, 2, 7, 60, 300, 5000),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .map(({ width, height, colours, runLength, seed }) => {
    const framebuffer = new Framebuffer(width, height);
    const random = randomNumbers(seed);
    const palette = Array.from({ length: colours }, () => (0xff000000 | random()) >>> 0);
    let [left, pixel] = [0, 0];
    for (let at = 0; at < framebuffer.pixels.length; at += 1) {
      if (left === 0) [left, pixel] = [1 + (random() % runLength), palette[random() % colours] ?? 0];
      left -= 1;
      framebuffer.pixels[at] = pixel;
    }
    return framebuffer;
  });

const anyCase = fc
  .tuple(anyPicture, anyPixelFormat, fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()))
  .map(([framebuffer, format, [a, b, c, d]]) => {
    const [x, y] = [a % framebuffer.width, b % framebuffer.height];
    const area = { x, y, width: 1 + (c % (framebuffer.width - x)), height: 1 + (d % (framebuffer.height - y)) };
    return { framebuffer, format, area };
  });

describe('encodings', () => {
  it('give back every pixel of a Raw rectangle in any pixel format', () => {
    fc.assert(
      fc.property(anyCase, ({ framebuffer, format, area }) => {
        const bytes = encodeRaw(framebuffer, area, new PixelTranslator(format));
        expect(decodeRaw(bytes, format)).toEqual(expectedArea(framebuffer, area, format));
      }),
      { numRuns: 100 },
    );
  });

  it('give back every pixel of a ZRLE rectangle in any pixel format', () => {
    fc.assert(
      fc.property(anyCase, ({ framebuffer, format, area }) => {
        const bytes = encodeZrle(framebuffer, area, new PixelTranslator(format));
        expect(decodeZrle(bytes, area.width, area.height, format)).toEqual(expectedArea(framebuffer, area, format));
      }),
      { numRuns: 300 },
    );
  });

  it('choose the shortest kind of ZRLE tile', () => {
    const kinds = new Map<string, number>([
      ['solid', 1],
      ['two colours', 2],
      ['sixteen colours', 16],
      ['long runs of many colours', 128],
      ['short runs of twenty colours', 148],
      ['noise', 0],
    ]);
    const tiles: Record<string, (at: number) => number> = {
      solid: () => 0x123456,
      'two colours': (at) => at % 2,
      'sixteen colours': (at) => at % 16,
      'long runs of many colours': (at) => Math.floor(at / 24),
      'short runs of twenty colours': (at) => Math.floor(at / 12) % 20,
      noise: (at) => at * 7919,
    };
    for (const [name, colourAt] of Object.entries(tiles)) {
      const framebuffer = new Framebuffer(64, 64);
      framebuffer.pixels.forEach((_, at) => {
        framebuffer.pixels[at] = (0xff000000 | colourAt(at)) >>> 0;
      });
      const area = { x: 0, y: 0, width: 64, height: 64 };
      expect([name, encodeZrle(framebuffer, area, new PixelTranslator(NATIVE_FORMAT))[0]]).toEqual([
        name,
        kinds.get(name),
      ]);
    }
  });
});

function expectedArea(framebuffer: Framebuffer, area: Rectangle, format: PixelFormat): Uint32Array {
  const values = new Uint32Array(area.width * area.height);
  for (let at = 0; at < values.length; at += 1) {
    const [x, y] = [area.x + (at % area.width), area.y + Math.floor(at / area.width)];
    values[at] = expectedPixel(format, framebuffer.pixels[y * framebuffer.width + x] ?? 0);
  }
  return values;
}

/** Numbers of 24 bits by a linear congruential generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
