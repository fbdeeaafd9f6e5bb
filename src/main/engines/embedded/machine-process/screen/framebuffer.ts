/** Damage is kept per square tile of this many pixels. */
export const TILE_SIZE = 16;

/** Black, opaque. */
export const BLACK = 0xff000000;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The picture of the guest's screen. Pixels are bytes R, G, B, 255 in memory (`0xffBBGGRR` as a number on the
 * little-endian machines that we run on), the order in which v86 and PNG have them.
 *
 * Damage is not a list but a stamp per tile, so that any number of viewers can each ask "what changed since I looked?"
 * at no cost to the one who draws.
 */
export class Framebuffer {
  #width = 1;
  #height = 1;
  #pixels = new Uint32Array(1).fill(BLACK);
  #columns = 1;
  #rows = 1;
  #stamps = new Float64Array(1);
  #generation = 1;
  #sizeGeneration = 0;

  constructor(width: number, height: number) {
    this.resize(width, height);
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  get pixels(): Uint32Array<ArrayBuffer> {
    return this.#pixels;
  }

  get tileColumns(): number {
    return this.#columns;
  }

  get tileRows(): number {
    return this.#rows;
  }

  /** Grows by one with each change of size. */
  get sizeGeneration(): number {
    return this.#sizeGeneration;
  }

  /** Takes a new size, 1 to 16384 pixels a side; all becomes black and damaged. Does nothing when the size is the same. */
  resize(width: number, height: number): void {
    const newWidth = clampSide(width);
    const newHeight = clampSide(height);
    if (newWidth === this.#width && newHeight === this.#height) return;
    this.#width = newWidth;
    this.#height = newHeight;
    this.#pixels = new Uint32Array(newWidth * newHeight).fill(BLACK);
    this.#columns = Math.ceil(newWidth / TILE_SIZE);
    this.#rows = Math.ceil(newHeight / TILE_SIZE);
    this.#stamps = new Float64Array(this.#columns * this.#rows).fill(this.#generation);
    this.#sizeGeneration += 1;
  }

  /** Marks a rectangle, which lies inside of the picture, as changed. */
  touch(x: number, y: number, width: number, height: number): void {
    const lastColumn = Math.floor((x + width - 1) / TILE_SIZE);
    const lastRow = Math.floor((y + height - 1) / TILE_SIZE);
    for (let row = Math.floor(y / TILE_SIZE); row <= lastRow; row += 1) {
      const start = row * this.#columns;
      this.#stamps.fill(this.#generation, start + Math.floor(x / TILE_SIZE), start + lastColumn + 1);
    }
  }

  /** Paints everything in one colour; marks everything as changed. */
  fill(pixel: number): void {
    this.#pixels.fill(pixel);
    this.#stamps.fill(this.#generation);
  }

  /**
   * Copies `length` pixels into row `y` from `x` on, which must fit, and marks only tiles that really change. Guests
   * paint the same again and again: comparing is far cheaper than sending.
   */
  putRow(x: number, y: number, source: Uint32Array, offset: number, length: number): void {
    const pixels = this.#pixels;
    const rowStart = y * this.#width;
    const stampStart = Math.floor(y / TILE_SIZE) * this.#columns;
    const end = x + length;
    let at = x;
    while (at < end) {
      const tile = Math.floor(at / TILE_SIZE);
      const tileEnd = Math.min(end, (tile + 1) * TILE_SIZE);
      let isChanged = false;
      for (; at < tileEnd; at += 1) {
        const pixel = ((source[offset + at - x] ?? 0) | BLACK) >>> 0;
        if (pixels[rowStart + at] === pixel) continue;
        pixels[rowStart + at] = pixel;
        isChanged = true;
      }
      if (isChanged) this.#stamps[stampStart + tile] = this.#generation;
    }
  }

  /**
   * Sets `into[tile]` to 1 for each tile that changed after `since`, and returns the `since` for the next call. `into`
   * has `tileColumns` × `tileRows` elements.
   */
  collect(since: number, into: Uint8Array): number {
    const stamps = this.#stamps;
    for (let tile = 0; tile < stamps.length; tile += 1) {
      if ((stamps[tile] ?? 0) > since) into[tile] = 1;
    }
    const seen = this.#generation;
    this.#generation += 1;
    return seen;
  }
}

function clampSide(pixels: number): number {
  return Math.max(1, Math.min(16_384, Math.floor(pixels)));
}
