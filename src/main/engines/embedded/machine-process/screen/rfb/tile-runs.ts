const MAX_PIXELS = 64 * 64;
const MAX_PALETTE = 127;
const SLOTS = 512;

/**
 * Runs of equal pixels in one ZRLE tile and the colours among them. One instance is used again and again: a tile is
 * looked at a hundred times for each that is allocated otherwise.
 */
export class TileRuns {
  readonly colours = new Uint32Array(MAX_PIXELS);
  readonly lengths = new Uint16Array(MAX_PIXELS);
  /** Palette number of each run; meaningful while `hasPalette`. */
  readonly indices = new Uint8Array(MAX_PIXELS);
  readonly palette = new Uint32Array(MAX_PALETTE);
  count = 0;
  paletteSize = 0;
  /** False: more than 127 colours. */
  hasPalette = true;
  readonly #slots = new Int16Array(SLOTS);

  /** Takes the first `length` pixels, at least one and at most 4096. */
  analyse(pixels: Uint32Array, length: number): void {
    this.count = 0;
    this.paletteSize = 0;
    this.hasPalette = true;
    this.#slots.fill(-1);
    let start = 0;
    for (let at = 1; at <= length; at += 1) {
      if (at < length && pixels[at] === pixels[start]) continue;
      this.#addRun(pixels[start] ?? 0, at - start);
      start = at;
    }
  }

  #addRun(colour: number, length: number): void {
    this.colours[this.count] = colour;
    this.lengths[this.count] = length;
    if (this.hasPalette) this.indices[this.count] = this.#indexOf(colour);
    this.count += 1;
  }

  #indexOf(colour: number): number {
    let slot = (Math.imul(colour, 0x9e3779b1) >>> 23) & (SLOTS - 1);
    for (;;) {
      const index = this.#slots[slot] ?? -1;
      if (index === -1) break;
      if (this.palette[index] === colour) return index;
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (this.paletteSize === MAX_PALETTE) {
      this.hasPalette = false;
      return 0;
    }
    this.#slots[slot] = this.paletteSize;
    this.palette[this.paletteSize] = colour;
    this.paletteSize += 1;
    return this.paletteSize - 1;
  }
}
