import type { Framebuffer, Rectangle } from '../framebuffer.ts';
import type { PixelTranslator } from './pixel-format.ts';

/** Pixels of a rectangle, row by row (RFC 6143, 7.7.1). The rectangle lies inside of the picture. */
export function encodeRaw(framebuffer: Framebuffer, area: Rectangle, translator: PixelTranslator): Buffer {
  const { pixels, width: stride } = framebuffer;
  const bytes = Buffer.allocUnsafe(area.width * area.height * translator.bytesPerPixel);
  let at = 0;
  for (let y = area.y; y < area.y + area.height; y += 1) {
    const row = pixels.subarray(y * stride + area.x, y * stride + area.x + area.width);
    if (translator.isNative) {
      bytes.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), at);
      at += row.byteLength;
      continue;
    }
    for (const pixel of row) at = translator.writePixel(bytes, at, translator.value(pixel));
  }
  return bytes;
}
