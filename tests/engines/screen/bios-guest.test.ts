import { afterEach, describe, expect, it } from 'vitest';
import { mode13Floppy, textFloppy, vbeFloppy } from './boot-sectors.ts';
import { RfbClient } from './rfb-client.ts';
import { TestGuest } from './test-guest.ts';

/** Colours of the VGA's text palette as the framebuffer has them; two thirds of full brightness are 42 of 63. */
const LIGHT_GREY = 0xffa8a8a8;
const BLACK = 0xff000000;
const BLUE = 0xffa80000;
const RED = 0xff0000a8;
const WHITE = 0xffffffff;

/** The 8 × 16 glyph of "I" in the IBM VGA font: a bar of two pixels with serifs. */
const LETTER_I = [
  '..####..',
  '...##...',
  '...##...',
  '...##...',
  '...##...',
  '...##...',
  '...##...',
  '...##...',
  '...##...',
  '..####..',
];

describe('a guest without a system', () => {
  let guest: TestGuest;

  afterEach(() => guest.close());

  /** A cell of an 80x25 screen with 9 × 16 fonts as its set of colours. */
  function cellPixels(pixels: Uint32Array, row: number, column: number): number[][] {
    return Array.from({ length: 16 }, (_, y) => {
      const start = (row * 16 + y) * 720 + column * 9;
      return [...pixels.subarray(start, start + 9)];
    });
  }

  it("shows its text in the VGA BIOS's font and colours", async () => {
    guest = await TestGuest.fromFloppy(textFloppy('I am here: '));
    await expect.poll(() => guest.text(), { timeout: 20_000 }).toContain('I am here: B');
    const { width, height, pixels, hasPalette } = await guest.screenshot();
    expect([width, height, hasPalette]).toEqual([720, 400, true]);
    const row = guest
      .text()
      .split('\n')
      .findIndex((line) => line.startsWith('I am here'));
    const letter = cellPixels(pixels, row, 0).map((line) =>
      line.map((pixel) => (pixel === LIGHT_GREY ? '#' : '.')).join(''),
    );
    expect(letter.join('\n')).toContain(LETTER_I.map((line) => `${line}.`).join('\n'));
    expect(new Set(cellPixels(pixels, row, 1).flat())).toEqual(new Set([BLACK]));
    // The cursor stands on the "B".
    expect(new Set(cellPixels(pixels, row, 11).flat())).toEqual(new Set([BLUE, WHITE]));
  });

  it('gets every key that is typed', async () => {
    guest = await TestGuest.fromFloppy(textFloppy('> '));
    await expect.poll(() => guest.text(), { timeout: 20_000 }).toContain('> B');
    const text = 'The quick brown fox jumps over 13 lazy dogs! $#@~`|\\<>?"\'';
    await guest.display.typeText(text);
    await guest.waitForSerial(text);
    expect(guest.text()).toContain(`> ${text}`);
  });

  it('draws in mode 13h and sees the retrace though nobody looks', async () => {
    guest = await TestGuest.fromFloppy(mode13Floppy());
    await guest.waitForSerial('R');
    const { width, height, pixels } = await guest.screenshot();
    expect([width, height]).toEqual([320, 200]);
    // The first 16 colours of the VGA's default palette are those of text mode.
    expect([0, 1, 7, 15, 256 + 4].map((at) => pixels[at])).toEqual([BLACK, BLUE, LIGHT_GREY, WHITE, RED]);
    for (let at = 256; at < 64_000; at += 1) expect(pixels[at]).toBe(pixels[at % 256]);
  });

  it.each([
    { mode: 0x101, bits: 8, banks: 5, multiplier: 0x01010101, colour: (n: number) => textPalette[n] },
    { mode: 0x110, bits: 15, banks: 10, multiplier: 0x00210021, colour: (n: number) => rgb(0, five(n), five(n)) },
    { mode: 0x111, bits: 16, banks: 10, multiplier: 0x08210821, colour: (n: number) => rgb(five(n), six(n), five(n)) },
    { mode: 0x112, bits: 24, banks: 15, multiplier: 0x01010101, colour: (n: number) => rgb(n, n, n) },
    { mode: 0x142, bits: 32, banks: 19, multiplier: 0x00030201, colour: (n: number) => rgb(n * 3, n * 2, n) },
  ])('draws in VBE mode 640x480 with $bits bits', async ({ mode, bits, banks, multiplier, colour }) => {
    guest = await TestGuest.fromFloppy(vbeFloppy(mode, banks, multiplier));
    await guest.waitForSerial('V');
    const { width, height, pixels } = await guest.screenshot();
    expect([width, height]).toEqual([640, 480]);
    const bytesPerPixel = Math.ceil(bits / 8);
    for (let at = 0; at < pixels.length; at += 97) {
      const [first, last] = [at * bytesPerPixel, (at + 1) * bytesPerPixel - 1].map((byte) => Math.floor(byte / 65_536));
      if (first === last) expect([at, pixels[at]]).toEqual([at, colour(first ?? 0)]);
    }
  });

  it('lets a viewer follow it from text to graphics', async () => {
    guest = await TestGuest.fromFloppy(mode13Floppy());
    await guest.display.listen(guest.socketPath);
    const client = await RfbClient.open(guest.socketPath);
    client.setEncodings(16, 0, -223);
    client.request(false);
    while (client.width !== 320) {
      await client.update();
      client.request(true);
    }
    await guest.waitForSerial('R');
    const expected = await guest.screenshot();
    await expect
      .poll(async () => {
        client.request(false);
        await client.update();
        return client.picture.every((pixel, at) => pixel === ((expected.pixels[at] ?? 0) & 0xffffff));
      })
      .toBe(true);
    client.socket.destroy();
  });
});

const textPalette = [BLACK, BLUE, 0xff00a800, 0xffa8a800, RED];

function rgb(red: number, green: number, blue: number): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

function five(level: number): number {
  return Math.floor(((level & 31) * 255) / 31);
}

function six(level: number): number {
  return Math.floor(((level & 63) * 255) / 63);
}
