import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../src/main/engines/embedded/machine-process/screen/png.ts';
import { decodePng } from './png-decoder.ts';

describe('PNG', () => {
  it.each([
    ['a palette for 256 colours', 256, true],
    ['true colour for 257', 257, false],
  ])('has %s', async (_name, colours, hasPalette) => {
    const pixels = Uint32Array.from({ length: 37 * 23 }, (_, at) => (0xff000000 | ((at % colours) * 0x010307)) >>> 0);
    const decoded = decodePng(await encodePng(pixels, 37, 23));
    expect(decoded).toEqual({ width: 37, height: 23, hasPalette, pixels });
  });
});
