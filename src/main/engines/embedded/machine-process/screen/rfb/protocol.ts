/** Encodings and pseudo-encodings. Source: RFC 6143, 7.6.1, and the rfbproto registry for the later ones. */
export const ENCODING = {
  raw: 0,
  zrle: 16,
  desktopSize: -223,
  cursor: -239,
  pointerMotionChange: -257,
  extendedKeyEvent: -258,
  extendedDesktopSize: -308,
} as const;

/** A client said something that the protocol does not allow. Ends that client only. */
export class RfbProtocolError extends Error {
  override readonly name = 'RfbProtocolError';
}

/** One rectangle of a FramebufferUpdate, ready to be sent. */
export interface EncodedRectangle {
  x: number;
  y: number;
  width: number;
  height: number;
  encoding: number;
  data: Buffer[];
}

/** Source: RFC 6143, 7.6.1. */
export function framebufferUpdate(rectangles: readonly EncodedRectangle[]): Buffer[] {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(rectangles.length, 2);
  return [head, ...rectangles.flatMap((rectangle) => [rectangleHeader(rectangle), ...rectangle.data])];
}

function rectangleHeader({ x, y, width, height, encoding }: EncodedRectangle): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(x, 0);
  header.writeUInt16BE(y, 2);
  header.writeUInt16BE(width, 4);
  header.writeUInt16BE(height, 6);
  header.writeInt32BE(encoding, 8);
  return header;
}
