import { BLACK, type Framebuffer } from './framebuffer.ts';

/** Flags of a cell, as the VGA device passes them back to us. */
export const FLAG_BLINKING = 1;
export const FLAG_FONT_PAGE_B = 2;

const GLYPH_BYTES = 32;
const FONT_BYTES = 256 * GLYPH_BYTES;
const HIDDEN = 1 << 16;
const CURSOR = 1 << 17;
const NEVER_DRAWN = -1;

interface Font {
  height: number;
  width: 8 | 9 | 16;
  /** Line-drawing characters (0xC0 to 0xDF) repeat their eighth column in the ninth. */
  hasLineGraphics: boolean;
  /** The VGA's plane 2: 8 fonts of 256 glyphs of 32 bytes, one byte a line. */
  plane: Uint8Array;
}

/** A VGA text screen: what the guest wrote into its cells, painted with the font that the guest loaded. */
export class TextScreen {
  #columns = 80;
  #rows = 25;
  #characters = new Int32Array(0);
  #backgrounds = new Int32Array(0);
  #foregrounds = new Int32Array(0);
  #drawnGlyphs = new Int32Array(0);
  #drawnBackgrounds = new Int32Array(0);
  #drawnForegrounds = new Int32Array(0);
  #changedRows = new Uint8Array(0);
  #font: Font = { height: 16, width: 9, hasLineGraphics: true, plane: new Uint8Array(8 * FONT_BYTES) };
  #pages = { a: 0, b: 0 };
  #cursor = { row: 0, column: 0, start: 14, end: 15, isVisible: false };
  #isBlinkPhaseVisible = true;

  constructor() {
    this.#allocate();
  }

  get widthPixels(): number {
    return this.#columns * this.#font.width;
  }

  get heightPixels(): number {
    return this.#rows * this.#font.height;
  }

  get rows(): number {
    return this.#rows;
  }

  setSize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#allocate();
  }

  /** Forgets the cells, as before a state is put back. */
  clear(): void {
    this.#allocate();
  }

  /** Takes the guest's font. `plane` stays the VGA's own memory: it is read at each drawing, not copied. */
  setFont(height: number, width: 8 | 9 | 16, hasLineGraphics: boolean, plane: Uint8Array): void {
    this.#font = { height: Math.min(height, GLYPH_BYTES), width, hasLineGraphics, plane };
    this.invalidate();
  }

  setFontPages(a: number, b: number): void {
    if (a === this.#pages.a && b === this.#pages.b) return;
    this.#pages = { a, b };
    this.invalidate();
  }

  /** Colours are 0xRRGGBB. Cells outside of the screen are ignored. */
  putCharacter(row: number, column: number, character: number, flags: number, background: number, foreground: number) {
    if (row >= this.#rows || column >= this.#columns) return;
    const cell = row * this.#columns + column;
    const code = (character & 0xff) | (flags << 8);
    if (
      this.#characters[cell] === code &&
      this.#backgrounds[cell] === background &&
      this.#foregrounds[cell] === foreground
    ) {
      return;
    }
    this.#characters[cell] = code;
    this.#backgrounds[cell] = background;
    this.#foregrounds[cell] = foreground;
    this.#changedRows[row] = 1;
  }

  moveCursor(row: number, column: number): void {
    this.#markCursorRow();
    this.#cursor.row = row;
    this.#cursor.column = column;
    this.#markCursorRow();
  }

  /** Scan lines `start` to `end` of the cell, both included, become the cursor. */
  shapeCursor(start: number, end: number, isVisible: boolean): void {
    Object.assign(this.#cursor, { start, end, isVisible });
    this.#markCursorRow(true);
  }

  /** Everything has to be drawn again: the picture was lost, or the font changed. */
  invalidate(): void {
    this.#drawnGlyphs.fill(NEVER_DRAWN);
    this.#changedRows.fill(1);
  }

  /** Whether the picture changes by itself, with the blink phase. */
  isBlinking(): boolean {
    const { row, column, isVisible } = this.#cursor;
    if (isVisible && row < this.#rows && column < this.#columns) return true;
    return this.#characters.some((character) => (character >> 8) & FLAG_BLINKING);
  }

  /** Paints the cells that changed. The framebuffer must have `widthPixels` × `heightPixels`. */
  draw(framebuffer: Framebuffer, isBlinkPhaseVisible: boolean): void {
    if (isBlinkPhaseVisible !== this.#isBlinkPhaseVisible) {
      this.#isBlinkPhaseVisible = isBlinkPhaseVisible;
      this.#markBlinkingRows();
    }
    for (let row = 0; row < this.#rows; row += 1) {
      if (this.#changedRows[row] === 0) continue;
      this.#changedRows[row] = 0;
      for (let column = 0; column < this.#columns; column += 1) this.#drawCell(framebuffer, row, column);
    }
  }

  /** Character codes of a row, as the guest wrote them. */
  rowCharacters(row: number): number[] {
    const start = row * this.#columns;
    return Array.from(this.#characters.subarray(start, start + this.#columns), (character) => character & 0xff);
  }

  #allocate(): void {
    const cells = this.#columns * this.#rows;
    this.#characters = new Int32Array(cells);
    this.#backgrounds = new Int32Array(cells);
    this.#foregrounds = new Int32Array(cells);
    this.#drawnGlyphs = new Int32Array(cells);
    this.#drawnBackgrounds = new Int32Array(cells);
    this.#drawnForegrounds = new Int32Array(cells);
    this.#changedRows = new Uint8Array(this.#rows);
    this.invalidate();
  }

  #markCursorRow(isShapeChanged = false): void {
    const { row, column } = this.#cursor;
    if (row >= this.#rows || column >= this.#columns) return;
    this.#changedRows[row] = 1;
    if (isShapeChanged) this.#drawnGlyphs[row * this.#columns + column] = NEVER_DRAWN;
  }

  #markBlinkingRows(): void {
    this.#markCursorRow();
    for (let cell = 0; cell < this.#characters.length; cell += 1) {
      if (((this.#characters[cell] ?? 0) >> 8) & FLAG_BLINKING) this.#changedRows[Math.floor(cell / this.#columns)] = 1;
    }
  }

  #drawCell(framebuffer: Framebuffer, row: number, column: number): void {
    const cell = row * this.#columns + column;
    const glyph = this.#glyphOf(cell, row, column);
    const background = this.#backgrounds[cell] ?? 0;
    const foreground = this.#foregrounds[cell] ?? 0;
    if (
      this.#drawnGlyphs[cell] === glyph &&
      this.#drawnBackgrounds[cell] === background &&
      this.#drawnForegrounds[cell] === foreground
    ) {
      return;
    }
    this.#drawnGlyphs[cell] = glyph;
    this.#drawnBackgrounds[cell] = background;
    this.#drawnForegrounds[cell] = foreground;
    this.#paint(framebuffer, row, column, glyph, toPixel(background), toPixel(foreground));
    const { width, height } = this.#font;
    framebuffer.touch(column * width, row * height, width, height);
  }

  /** Everything but the colours that decides how a cell looks, in one number. */
  #glyphOf(cell: number, row: number, column: number): number {
    const character = this.#characters[cell] ?? 0;
    const flags = character >> 8;
    const page = flags & FLAG_FONT_PAGE_B ? this.#pages.b : this.#pages.a;
    const isHidden = (flags & FLAG_BLINKING) !== 0 && !this.#isBlinkPhaseVisible;
    const cursor = this.#cursor;
    const hasCursor = cursor.isVisible && this.#isBlinkPhaseVisible && cursor.row === row && cursor.column === column;
    return (page << 8) | (character & 0xff) | (isHidden ? HIDDEN : 0) | (hasCursor ? CURSOR : 0);
  }

  #paint(to: Framebuffer, row: number, column: number, glyph: number, background: number, foreground: number): void {
    const { height, width, plane, hasLineGraphics } = this.#font;
    const code = glyph & 0xff;
    const hasNinth = hasLineGraphics && code >= 0xc0 && code <= 0xdf;
    const step = width === 16 ? 2 : 1;
    const glyphStart = ((glyph & 0x7ff) >> 8) * FONT_BYTES + code * GLYPH_BYTES;
    const { start, end } = this.#cursor;
    for (let line = 0; line < height; line += 1) {
      const isCursorLine = (glyph & CURSOR) !== 0 && line >= start && line <= end;
      const bits = isCursorLine ? 0xff : glyph & HIDDEN ? 0 : (plane[glyphStart + line] ?? 0);
      let at = (row * height + line) * to.width + column * width;
      for (let mask = 0x80; mask !== 0; mask >>= 1) {
        const pixel = bits & mask ? foreground : background;
        to.pixels[at] = pixel;
        if (step === 2) to.pixels[at + 1] = pixel;
        at += step;
      }
      if (width === 9) to.pixels[at] = isCursorLine || (hasNinth && bits & 1) ? foreground : background;
    }
  }
}

/** From 0xRRGGBB to the framebuffer's bytes R, G, B, 255. */
function toPixel(colour: number): number {
  return (((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >> 16) & 0xff) | BLACK) >>> 0;
}
