import type { Emulator } from '../emulator-types.ts';
import { decodeCodePage437 } from './code-page-437.ts';
import { deferText } from './deferred-text.ts';
import { BLACK, type Framebuffer } from './framebuffer.ts';
import { FLAG_BLINKING, FLAG_FONT_PAGE_B, TextScreen } from './text-screen.ts';
import { installVerticalRetrace, showPageFlip } from './vertical-retrace.ts';
import type { ScreenAdapter, ScreenLayer, VgaDevice } from './vga-types.ts';

/** Half a blink of the VGA: 16 pictures at 70 Hz, rounded to what looks calm. */
export const BLINK_PHASE_MS = 266;

/** The part of the DOM's class of the same name that v86 needs for graphics modes. */
class ImageDataShim {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/** Gives Node an `ImageData`. Without it v86 has no graphics modes; to be called before an emulator is made. */
export function installImageDataShim(): void {
  const globals = globalThis as { ImageData?: unknown };
  globals.ImageData ??= ImageDataShim;
}

/**
 * Takes what v86's VGA device draws into a framebuffer. That the guest wrote text is only noted; fetching and painting
 * it is done in `refresh`, so that a screen at which nobody looks costs next to nothing.
 */
export class VgaAdapter implements ScreenAdapter {
  readonly FLAG_BLINKING = FLAG_BLINKING;
  readonly FLAG_FONT_PAGE_B = FLAG_FONT_PAGE_B;
  readonly #framebuffer: Framebuffer;
  readonly #text = new TextScreen();
  readonly #onTextChange: () => void;
  #vga: VgaDevice | undefined;
  #reportText = (): void => {};
  /** The cells differ from what the guest wrote. */
  #isTextStale = true;
  /** The picture differs from the cells, or may. */
  #isTextChanged = true;
  #drawnMode: 'none' | 'text' | 'graphics' = 'none';

  /** `onTextChange` is called when the text screen differs from the picture for the first time since `refresh`. */
  constructor(framebuffer: Framebuffer, onTextChange: () => void) {
    this.#framebuffer = framebuffer;
    this.#onTextChange = onTextChange;
  }

  /** Takes the place of the emulator's own screen and asks the device to tell everything again. */
  attach(emulator: Emulator): void {
    const vga = emulator.v86.cpu.devices.vga;
    this.#vga = vga;
    this.#drawnMode = 'none';
    emulator.screen_adapter = this;
    vga.screen = this;
    installVerticalRetrace(emulator);
    this.#reportText = deferText(vga, () => this.#noteTextChange());
    this.#text.clear();
    if (!vga.graphical_mode) {
      vga.set_font_bitmap(true);
      vga.set_size_text(vga.max_cols, vga.max_rows);
      vga.set_font_page();
      vga.update_cursor_scanline();
      vga.update_cursor();
    }
    vga.complete_redraw();
    this.#noteTextChange();
  }

  isGraphical(): boolean {
    return this.#vga?.graphical_mode ?? false;
  }

  /** Whether a text screen differs from the picture. Graphics are only known by fetching them. */
  isTextChanged(): boolean {
    return this.#isTextChanged;
  }

  isBlinking(): boolean {
    return !this.isGraphical() && this.#text.isBlinking();
  }

  /** Brings the framebuffer up to date with the guest's screen. */
  refresh(isBlinkPhaseVisible: boolean): void {
    const vga = this.#vga;
    if (vga?.graphical_mode) this.#refreshGraphics(vga);
    else this.#refreshText(isBlinkPhaseVisible);
    this.#isTextChanged = false;
  }

  put_char(row: number, column: number, character: number, flags: number, background: number, foreground: number) {
    this.#text.putCharacter(row, column, character, flags, background, foreground);
  }

  set_mode(_isGraphical: boolean): void {
    this.#noteTextChange();
  }

  set_size_text(columns: number, rows: number): void {
    this.#text.setSize(columns, rows);
    this.#noteTextChange();
  }

  /** The size is read from the device at the next refresh: modes are set register by register, with sizes in between. */
  set_size_graphical(): void {}

  set_scale(): void {}

  set_font_bitmap(
    height: number,
    isWidth9: boolean,
    isWidthDouble: boolean,
    copies8thColumn: boolean,
    fontPlane: Uint8Array,
    _hasPlaneChanged: boolean,
  ): void {
    this.#text.setFont(height, isWidthDouble ? 16 : isWidth9 ? 9 : 8, copies8thColumn, fontPlane);
    this.#noteTextChange();
  }

  set_font_page(pageA: number, pageB: number): void {
    this.#text.setFontPages(pageA, pageB);
    this.#noteTextChange();
  }

  update_cursor(row: number, column: number): void {
    this.#text.moveCursor(row, column);
    this.#noteTextChange();
  }

  update_cursor_scanline(start: number, end: number, isVisible: boolean): void {
    this.#text.shapeCursor(start, end, isVisible);
    this.#noteTextChange();
  }

  /** Rows of each layer, as far as they lie in the picture. Layers of a scrolled screen overhang it on purpose. */
  update_buffer(layers: ScreenLayer[]): void {
    for (const layer of layers) this.#putLayer(layer);
  }

  /** The guest switched the picture off. */
  clear_screen(): void {
    if (this.#drawnMode === 'graphics') this.#framebuffer.fill(BLACK);
  }

  clear_text_state(): void {
    this.#text.clear();
  }

  get_text_row(row: number): string {
    this.#fetchText();
    return decodeCodePage437(this.#text.rowCharacters(row));
  }

  get_text_screen(): string[] {
    return Array.from({ length: this.#text.rows }, (_, row) => this.get_text_row(row));
  }

  pause(): void {}

  continue(): void {}

  destroy(): void {}

  #fetchText(): void {
    if (this.#isTextStale) this.#reportText();
    this.#isTextStale = false;
  }

  #noteTextChange(): void {
    this.#isTextStale = true;
    if (this.#isTextChanged) return;
    this.#isTextChanged = true;
    this.#onTextChange();
  }

  #refreshText(isBlinkPhaseVisible: boolean): void {
    this.#fetchText();
    const { widthPixels, heightPixels } = this.#text;
    const { width, height } = this.#framebuffer;
    if (this.#drawnMode !== 'text' || widthPixels !== width || heightPixels !== height) {
      this.#framebuffer.resize(widthPixels, heightPixels);
      this.#text.invalidate();
      this.#drawnMode = 'text';
    }
    this.#text.draw(this.#framebuffer, isBlinkPhaseVisible);
  }

  #refreshGraphics(vga: VgaDevice): void {
    const { width, height } = this.#framebuffer;
    if (vga.screen_width === 0 || vga.screen_height === 0) return;
    if (this.#drawnMode !== 'graphics' || vga.screen_width !== width || vga.screen_height !== height) {
      this.#framebuffer.resize(vga.screen_width, vga.screen_height);
      this.#framebuffer.fill(BLACK);
      this.#drawnMode = 'graphics';
      vga.complete_redraw();
    }
    showPageFlip(vga);
    vga.screen_fill_buffer();
  }

  #putLayer(layer: ScreenLayer): void {
    const { data, width, height } = layer.image_data;
    if (data.byteLength === 0) return;
    const source = new Uint32Array(data.buffer, data.byteOffset, width * height);
    const left = Math.max(0, -layer.screen_x, -layer.buffer_x);
    const right = Math.min(layer.buffer_width, this.#framebuffer.width - layer.screen_x, width - layer.buffer_x);
    if (right <= left) return;
    const top = Math.max(0, -layer.screen_y, -layer.buffer_y);
    const bottom = Math.min(layer.buffer_height, this.#framebuffer.height - layer.screen_y, height - layer.buffer_y);
    for (let row = top; row < bottom; row += 1) {
      const from = (layer.buffer_y + row) * width + layer.buffer_x + left;
      this.#framebuffer.putRow(layer.screen_x + left, layer.screen_y + row, source, from, right - left);
    }
  }
}
