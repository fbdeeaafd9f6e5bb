import { beforeEach, describe, expect, it } from 'vitest';
import { Framebuffer } from '../../../src/main/engines/embedded/machine-process/screen/framebuffer.ts';
import {
  FLAG_BLINKING,
  FLAG_FONT_PAGE_B,
  TextScreen,
} from '../../../src/main/engines/embedded/machine-process/screen/text-screen.ts';

const WHITE = 0xffffff;
const NAVY = 0x000080;

/** A font in which character 1 is a full first line, 2 a right edge, and in page 1 character 1 a left edge. */
function testFont(): Uint8Array {
  const plane = new Uint8Array(65_536);
  plane[32] = 0xff;
  plane.fill(0x01, 64, 64 + 16);
  plane.fill(0x01, 0xc4 * 32, 0xc4 * 32 + 16);
  plane.fill(0x80, 256 * 32 + 32, 256 * 32 + 32 + 16);
  return plane;
}

describe('a text screen', () => {
  let screen: TextScreen;
  let framebuffer: Framebuffer;

  beforeEach(() => {
    screen = new TextScreen();
    screen.setSize(4, 2);
    useFont(16, 9);
  });

  function useFont(height: number, width: 8 | 9 | 16): void {
    screen.setFont(height, width, true, testFont());
    framebuffer = new Framebuffer(screen.widthPixels, screen.heightPixels);
  }

  function put(row: number, column: number, character: number, flags = 0): void {
    screen.putCharacter(row, column, character, flags, NAVY, WHITE);
  }

  /** A cell as lines of "#" (foreground) and "." (background). */
  function cell(row: number, column: number, isBlinkPhaseVisible = true): string[] {
    screen.draw(framebuffer, isBlinkPhaseVisible);
    const [width, height] = [screen.widthPixels / 4, screen.heightPixels / 2];
    return Array.from({ length: height }, (_, y) => {
      const start = (row * height + y) * framebuffer.width + column * width;
      return Array.from(framebuffer.pixels.subarray(start, start + width), symbol).join('');
    });
  }

  function symbol(pixel: number): string {
    if (pixel === 0xffffffff) return '#';
    return pixel === 0xff800000 ? '.' : '?';
  }

  it.each([
    [9, '########.', '.......#.'],
    [8, '########', '.......#'],
    [16, '################', '..............##'],
  ] as const)('draws characters %i pixels wide', (width, first, second) => {
    useFont(16, width);
    put(0, 0, 1);
    put(1, 3, 2);
    expect(cell(0, 0)[0]).toBe(first);
    expect(cell(0, 0)[1]).toMatch(/^\.+$/);
    expect(new Set(cell(1, 3))).toEqual(new Set([second]));
  });

  it('continues line graphics into the ninth column', () => {
    put(0, 1, 0xc4);
    expect(new Set(cell(0, 1))).toEqual(new Set(['.......##']));
  });

  it('has as many lines as the font', () => {
    useFont(14, 9);
    expect(framebuffer.height).toBe(28);
    put(1, 0, 2);
    expect(cell(1, 0)).toHaveLength(14);
  });

  it('takes characters with the flag from the second font', () => {
    screen.setFontPages(0, 1);
    put(0, 0, 1, FLAG_FONT_PAGE_B);
    expect(cell(0, 0)[5]).toBe('#........');
  });

  it('draws the cursor from its first to its last line, over all columns', () => {
    put(1, 2, 0);
    screen.moveCursor(1, 2);
    screen.shapeCursor(13, 14, true);
    const lines = cell(1, 2);
    expect(lines.map((line) => line === '#########')).toEqual(lines.map((_, y) => y === 13 || y === 14));
    screen.moveCursor(0, 0);
    expect(cell(1, 2).join('')).not.toContain('#');
    screen.shapeCursor(13, 14, false);
    expect(screen.isBlinking()).toBe(false);
  });

  it('blinks the cursor and characters with the flag, and nothing else', () => {
    put(0, 0, 2, FLAG_BLINKING);
    put(0, 1, 2);
    expect(screen.isBlinking()).toBe(true);
    expect(cell(0, 0, false).join('')).not.toContain('#');
    expect(cell(0, 1, false).join('')).toContain('#');
    expect(cell(0, 0, true).join('')).toContain('#');
  });

  it('damages only the cells that look different', () => {
    screen.setSize(80, 25);
    framebuffer = new Framebuffer(screen.widthPixels, screen.heightPixels);
    for (let row = 0; row < 25; row += 1) for (let column = 0; column < 80; column += 1) put(row, column, 0);
    screen.draw(framebuffer, true);
    const tiles = new Uint8Array(framebuffer.tileColumns * framebuffer.tileRows);
    const seen = framebuffer.collect(0, tiles);
    for (let column = 0; column < 80; column += 1) put(3, column, column === 16 ? 2 : 0);
    screen.draw(framebuffer, true);
    tiles.fill(0);
    framebuffer.collect(seen, tiles);
    // Column 16 lies at pixels 144 to 152: tile 9 of tile row 3.
    expect(Array.from(tiles).flatMap((isDirty, tile) => (isDirty ? [tile] : []))).toEqual([
      3 * framebuffer.tileColumns + 9,
    ]);
  });

  it('ignores cells outside of the screen', () => {
    put(7, 0, 1);
    put(0, 9, 1);
    screen.moveCursor(100, 100);
    screen.shapeCursor(0, 15, true);
    screen.draw(framebuffer, true);
    expect(framebuffer.pixels).not.toContain(0xffffffff);
  });
});
