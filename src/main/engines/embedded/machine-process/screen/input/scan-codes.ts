/**
 * A key of the PC keyboard by its scan code of set 1; keys with an 0xE0 before the code have it in the upper byte
 * (`0xe04b` is the left arrow). Source: "IBM Personal System/2 Hardware Interface Technical Reference", Keyboards, and
 * Microsoft's "Keyboard Scan Code Specification" 1.3a for the later keys.
 */
export type Key = number;

export const KEY_SHIFT_LEFT: Key = 0x2a;
export const KEY_SHIFT_RIGHT: Key = 0x36;
export const KEY_CAPS_LOCK: Key = 0x3a;
export const KEY_PRINT: Key = 0xe037;
/** Sends one sequence when pressed and nothing when released. */
export const KEY_PAUSE: Key = 0xe11d;

/** Bytes that the keyboard sends when the key goes down, and again for each repeat. */
export function makeCodes(key: Key): number[] {
  if (key === KEY_PAUSE) return [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5];
  if (key === KEY_PRINT) return [0xe0, 0x2a, 0xe0, 0x37];
  return key > 0xff ? [key >> 8, key & 0xff] : [key];
}

/** Bytes that the keyboard sends when the key goes up. */
export function breakCodes(key: Key): number[] {
  if (key === KEY_PAUSE) return [];
  if (key === KEY_PRINT) return [0xe0, 0xb7, 0xe0, 0xaa];
  return key > 0xff ? [key >> 8, (key & 0xff) | 0x80] : [key | 0x80];
}

/** How to type a character: the key, and whether Shift is held. */
export interface Stroke {
  key: Key;
  isShifted: boolean;
}

/** Rows of the US keyboard: scan code of the first key, characters without and with Shift. */
const US_ROWS: readonly [firstKey: Key, plain: string, shifted: string][] = [
  [0x29, '`', '~'],
  [0x02, '1234567890-=', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'", 'ASDFGHJKL:"'],
  [0x2b, '\\', '|'],
  [0x2c, 'zxcvbnm,./', 'ZXCVBNM<>?'],
  [0x39, ' ', ''],
  [0x1c, '\n', ''],
  [0x0f, '\t', ''],
  [0x0e, '\b', ''],
  [0x01, '\u001b', ''],
];

const US_STROKES = new Map<string, Stroke>(
  US_ROWS.flatMap(([firstKey, plain, shifted]) => [
    ...[...plain].map((character, index): [string, Stroke] => [character, { key: firstKey + index, isShifted: false }]),
    ...[...shifted].map((character, index): [string, Stroke] => [
      character,
      { key: firstKey + index, isShifted: true },
    ]),
  ]),
);

/** The stroke for a character on the US layout: printable ASCII, newline, tab, backspace, escape; else undefined. */
export function strokeOf(character: string): Stroke | undefined {
  return US_STROKES.get(character);
}
