import type { Framebuffer, Rectangle } from '../framebuffer.ts';
import { encodeRaw } from './encode-raw.ts';
import { encodeZrle } from './encode-zrle.ts';
import { NATIVE_FORMAT, type PixelFormat, PixelTranslator } from './pixel-format.ts';
import { ENCODING, type EncodedRectangle } from './protocol.ts';
import {
  type CursorShape,
  cursorRectangle,
  desktopSizeRectangle,
  extendedDesktopSizeRectangle,
  extendedKeyEventRectangle,
  pointerMotionRectangle,
} from './pseudo-rectangles.ts';
import { ViewerDamage } from './viewer-damage.ts';
import { ZlibStream } from './zlib-stream.ts';

/** What viewers are told of the guest's pointer. */
export interface PointerState {
  isAbsolute: boolean;
  cursor: CursorShape;
}

/** What one viewer can take, what it was told already, and what it still has to be sent. */
export class ViewerState {
  readonly #framebuffer: Framebuffer;
  readonly #damage: ViewerDamage;
  readonly #zlib = new ZlibStream();
  #translator = new PixelTranslator(NATIVE_FORMAT);
  #encodings = new Set<number>();
  #pixelEncoding: number = ENCODING.raw;
  #width: number;
  #height: number;
  #isLayoutOwed = false;
  #isKeyEventOwed = false;
  #isRefusalOwed = false;
  #cursor: CursorShape | undefined;
  #isAbsolute = true;
  /** Open request; undefined while the viewer has not asked for more. */
  #requested: Rectangle | undefined;

  constructor(framebuffer: Framebuffer) {
    this.#framebuffer = framebuffer;
    this.#damage = new ViewerDamage(framebuffer);
    this.#width = framebuffer.width;
    this.#height = framebuffer.height;
  }

  /** The size that the viewer believes in. */
  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** Whether the viewer sends positions of its pointer, and not movements. */
  get sendsPositions(): boolean {
    return this.#isAbsolute;
  }

  get isWaiting(): boolean {
    return this.#requested !== undefined;
  }

  setPixelFormat(format: PixelFormat): void {
    this.#translator = new PixelTranslator(format);
    this.#cursor = undefined;
    this.#damage.addAll();
  }

  /** In the viewer's order of preference; what we do not know is passed over. */
  setEncodings(encodings: readonly number[]): void {
    this.#encodings = new Set(encodings);
    this.#pixelEncoding = encodings.find((code) => code === ENCODING.zrle || code === ENCODING.raw) ?? ENCODING.raw;
    this.#isLayoutOwed = this.#encodings.has(ENCODING.extendedDesktopSize);
    this.#isKeyEventOwed = this.#encodings.has(ENCODING.extendedKeyEvent);
    this.#cursor = undefined;
    this.#isAbsolute = true;
  }

  refuseResize(): void {
    this.#isRefusalOwed = this.#encodings.has(ENCODING.extendedDesktopSize);
  }

  request(area: Rectangle, isIncremental: boolean): void {
    if (!isIncremental) this.#damage.add(area);
    this.#requested = this.#requested ? union(this.#requested, area) : area;
  }

  /**
   * What the viewer is to be sent now, with which its request is met; undefined when it has not asked, or nothing
   * changed. The pixels are those of this moment, however long their compression takes.
   */
  takeUpdate(pointer: PointerState): Promise<EncodedRectangle[]> | undefined {
    if (!this.#requested) return undefined;
    const resize = this.#takeResize();
    const pseudo = [...resize, ...this.#takeNotices(pointer)];
    // After a resize the viewer has to ask anew: what it asked for was meant for the old picture.
    const areas = resize.length > 0 ? [] : this.#takeAreas(this.#requested);
    if (pseudo.length === 0 && areas.length === 0) return undefined;
    this.#requested = undefined;
    return this.#encode(areas, pseudo);
  }

  /** Changed rectangles, cut to the size that a viewer which cannot resize still believes in. */
  #takeAreas(requested: Rectangle): Rectangle[] {
    return this.#damage.take(requested).flatMap(({ x, y, width, height }) => {
      const visible = { x, y, width: Math.min(width, this.#width - x), height: Math.min(height, this.#height - y) };
      return visible.width > 0 && visible.height > 0 ? [visible] : [];
    });
  }

  #takeResize(): EncodedRectangle[] {
    const { width, height } = this.#framebuffer;
    const isResized = width !== this.#width || height !== this.#height;
    const isExtended = this.#encodings.has(ENCODING.extendedDesktopSize);
    if (!isResized && !this.#isLayoutOwed) return [];
    if (!isExtended && !this.#encodings.has(ENCODING.desktopSize)) return [];
    this.#width = width;
    this.#height = height;
    this.#isLayoutOwed = false;
    return [isExtended ? extendedDesktopSizeRectangle(width, height, 'server') : desktopSizeRectangle(width, height)];
  }

  #takeNotices({ cursor, isAbsolute }: PointerState): EncodedRectangle[] {
    const notices: EncodedRectangle[] = [];
    if (this.#isKeyEventOwed) notices.push(extendedKeyEventRectangle());
    if (this.#isRefusalOwed) notices.push(extendedDesktopSizeRectangle(this.#width, this.#height, 'refused'));
    if (this.#encodings.has(ENCODING.cursor) && cursor !== this.#cursor) {
      notices.push(cursorRectangle(cursor, this.#translator));
      this.#cursor = cursor;
    }
    if (this.#encodings.has(ENCODING.pointerMotionChange) && isAbsolute !== this.#isAbsolute) {
      notices.push(pointerMotionRectangle(isAbsolute, this.#width, this.#height));
      this.#isAbsolute = isAbsolute;
    }
    this.#isKeyEventOwed = false;
    this.#isRefusalOwed = false;
    return notices;
  }

  /** Takes the pixels of all areas before it compresses any, so that they belong to one moment. */
  async #encode(areas: readonly Rectangle[], before: readonly EncodedRectangle[]): Promise<EncodedRectangle[]> {
    const encoding = this.#pixelEncoding;
    const encode = encoding === ENCODING.zrle ? encodeZrle : encodeRaw;
    const taken = areas.map((area) => ({ area, bytes: encode(this.#framebuffer, area, this.#translator) }));
    const rectangles = taken.map(async ({ area, bytes }) => ({
      ...area,
      encoding,
      data: encoding === ENCODING.zrle ? await this.#compress(bytes) : [bytes],
    }));
    return [...before, ...(await Promise.all(rectangles))];
  }

  /** The length of the compressed data, and the data. Source: RFC 6143, 7.7.5. */
  async #compress(bytes: Buffer): Promise<Buffer[]> {
    const pieces = await this.#zlib.next(bytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(pieces.reduce((sum, piece) => sum + piece.length, 0));
    return [length, ...pieces];
  }
}

function union(a: Rectangle, b: Rectangle): Rectangle {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  return { x, y, width, height: Math.max(a.y + a.height, b.y + b.height) - y };
}
