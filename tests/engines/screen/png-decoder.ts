import { decode } from 'fast-png';

export interface DecodedPng {
  width: number;
  height: number;
  hasPalette: boolean;
  /** As the framebuffer has them: bytes R, G, B, 255. */
  pixels: Uint32Array;
}

/** Reads a PNG by a library that is not ours, checksums included. @throws when anything is amiss. */
export function decodePng(png: Uint8Array): DecodedPng {
  const { width, height, data, channels, palette } = decode(png, { checkCrc: true });
  const pixels = new Uint32Array(width * height);
  for (let at = 0; at < pixels.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = palette
      ? (palette[data[at] ?? 0] ?? [])
      : data.subarray(at * channels, at * channels + 3);
    pixels[at] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return { width, height, hasPalette: palette !== undefined, pixels };
}
