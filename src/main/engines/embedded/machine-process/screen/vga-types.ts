/** The display of v86 0.5.462, read from the shipped build; see `emulator-types.ts`. */
export interface VgaDevice {
  screen: ScreenAdapter;
  readonly graphical_mode: boolean;
  readonly svga_enabled: boolean;
  readonly svga_width: number;
  readonly svga_height: number;
  readonly svga_bpp: number;
  readonly screen_width: number;
  readonly screen_height: number;
  readonly virtual_width: number;
  readonly virtual_height: number;
  readonly max_cols: number;
  readonly max_rows: number;
  readonly max_scan_line: number;
  readonly cursor_address: number;
  readonly start_address: number;
  readonly start_address_latched: number;
  readonly vga256_palette: Int32Array;
  /** The plane that holds the guest's own text fonts: 8 fonts of 256 glyphs of 32 bytes. */
  readonly plane2: Uint8Array;
  /** Hands what changed to `screen.update_buffer` (graphics) and starts the vertical retrace. */
  screen_fill_buffer(): void;
  text_mode_redraw(): void;
  complete_redraw(): void;
  complete_replot(): void;
  update_layers(): void;
  update_vga_size(): void;
  set_size_text(columns: number, rows: number): void;
  set_font_bitmap(isFontDirty: boolean): void;
  set_font_page(): void;
  update_cursor(): void;
  update_cursor_scanline(): void;
}

/** A rectangle of the guest's picture: where it lies in `image_data`, and where on the screen. */
export interface ScreenLayer {
  image_data: { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number };
  screen_x: number;
  screen_y: number;
  buffer_x: number;
  buffer_y: number;
  buffer_width: number;
  buffer_height: number;
}

/** What the VGA device calls; an own screen has to offer all of it. Colours are 0xRRGGBB. */
export interface ScreenAdapter {
  readonly FLAG_BLINKING: number;
  readonly FLAG_FONT_PAGE_B: number;
  put_char(row: number, column: number, character: number, flags: number, background: number, foreground: number): void;
  set_mode(isGraphical: boolean): void;
  set_size_text(columns: number, rows: number): void;
  set_size_graphical(width: number, height: number, virtualWidth: number, virtualHeight: number): void;
  set_scale(x: number, y: number): void;
  set_font_bitmap(
    height: number,
    isWidth9: boolean,
    isWidthDouble: boolean,
    copies8thColumn: boolean,
    fontPlane: Uint8Array,
    hasPlaneChanged: boolean,
  ): void;
  set_font_page(pageA: number, pageB: number): void;
  update_cursor(row: number, column: number): void;
  update_cursor_scanline(start: number, end: number, isVisible: boolean): void;
  update_buffer(layers: ScreenLayer[]): void;
  clear_screen(): void;
  clear_text_state(): void;
  get_text_screen(): string[];
  get_text_row(row: number): string;
  pause(): void;
  continue(): void;
  destroy(): void;
}
