import type { PixelTranslator } from './pixel-format.ts';
import { ENCODING, type EncodedRectangle } from './protocol.ts';

/** `dot`: the viewer shows where its pointer is. `none`: the guest draws the pointer itself, in the same place. */
export type CursorShape = 'dot' | 'none';

const DOT = ['.....', '.###.', '.###.', '.###.', '.....'];
const WHITE = 0xffffffff;
const BLACK = 0xff000000;

/** Source: RFC 6143, 7.8.1. */
export function cursorRectangle(shape: CursorShape, translator: PixelTranslator): EncodedRectangle {
  const rows = shape === 'dot' ? DOT : [];
  const width = rows[0]?.length ?? 0;
  const pixels = Buffer.alloc(width * rows.length * translator.bytesPerPixel);
  let at = 0;
  for (const character of rows.join('')) {
    at = translator.writePixel(pixels, at, translator.value(character === '#' ? WHITE : BLACK));
  }
  const mask = Buffer.alloc(Math.ceil(width / 8) * rows.length, 0xff << (8 - width));
  const hotspot = Math.floor(width / 2);
  return { x: hotspot, y: hotspot, width, height: rows.length, encoding: ENCODING.cursor, data: [pixels, mask] };
}

/** Source: RFC 6143, 7.8.2. */
export function desktopSizeRectangle(width: number, height: number): EncodedRectangle {
  return { x: 0, y: 0, width, height, encoding: ENCODING.desktopSize, data: [] };
}

/** Why an ExtendedDesktopSize rectangle is sent: the guest changed its mode, or the viewer asked to and may not. */
export type ResizeReason = 'server' | 'refused';

/** One screen over everything. Source: rfbproto, "ExtendedDesktopSize Pseudo-encoding". */
export function extendedDesktopSizeRectangle(width: number, height: number, reason: ResizeReason): EncodedRectangle {
  const screens = Buffer.alloc(4 + 16);
  screens.writeUInt8(1, 0);
  screens.writeUInt16BE(width, 12);
  screens.writeUInt16BE(height, 14);
  // As "x" the cause (1: this client), as "y" the outcome (1: administratively prohibited).
  const [x, y] = reason === 'refused' ? [1, 1] : [0, 0];
  return { x, y, width, height, encoding: ENCODING.extendedDesktopSize, data: [screens] };
}

/** Tells that QEMU's extended key events are understood. Source: rfbproto, "QEMU Extended Key Event". */
export function extendedKeyEventRectangle(): EncodedRectangle {
  return { x: 0, y: 0, width: 0, height: 0, encoding: ENCODING.extendedKeyEvent, data: [] };
}

/** Tells whether PointerEvents shall carry positions or movements. Source: rfbproto, "QEMU Pointer Motion Change". */
export function pointerMotionRectangle(isAbsolute: boolean, width: number, height: number): EncodedRectangle {
  return { x: isAbsolute ? 1 : 0, y: 0, width, height, encoding: ENCODING.pointerMotionChange, data: [] };
}
