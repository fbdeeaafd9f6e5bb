import {
  KEY_CAPS_LOCK,
  KEY_PAUSE,
  KEY_PRINT,
  KEY_SHIFT_LEFT,
  KEY_SHIFT_RIGHT,
  type Stroke,
  strokeOf,
} from './scan-codes.ts';

/** Keysyms that stand for a key and not for a character. Source: X11's `keysymdef.h`, table of RFC 6143, 7.5.4. */
const FUNCTION_KEYS: readonly [keysym: number, key: number][] = [
  [0xff08, 0x0e], // BackSpace
  [0xff09, 0x0f], // Tab
  [0xfe20, 0x0f], // ISO_Left_Tab: what Shift+Tab gives
  [0xff0a, 0x1c], // Linefeed
  [0xff0d, 0x1c], // Return
  [0xff13, KEY_PAUSE],
  [0xff6b, KEY_PAUSE], // Break
  [0xff14, 0x46], // Scroll_Lock
  [0xff15, 0x54], // Sys_Req
  [0xff61, KEY_PRINT],
  [0xff1b, 0x01], // Escape
  [0xffff, 0xe053], // Delete
  [0xff50, 0xe047], // Home
  [0xff51, 0xe04b], // Left
  [0xff52, 0xe048], // Up
  [0xff53, 0xe04d], // Right
  [0xff54, 0xe050], // Down
  [0xff55, 0xe049], // Page_Up
  [0xff56, 0xe051], // Page_Down
  [0xff57, 0xe04f], // End
  [0xff63, 0xe052], // Insert
  [0xff67, 0xe05d], // Menu
  [0xff7f, 0x45], // Num_Lock
  [0xff8d, 0xe01c], // KP_Enter
  [0xff95, 0x47], // KP_Home
  [0xff96, 0x4b], // KP_Left
  [0xff97, 0x48], // KP_Up
  [0xff98, 0x4d], // KP_Right
  [0xff99, 0x50], // KP_Down
  [0xff9a, 0x49], // KP_Page_Up
  [0xff9b, 0x51], // KP_Page_Down
  [0xff9c, 0x4f], // KP_End
  [0xff9d, 0x4c], // KP_Begin
  [0xff9e, 0x52], // KP_Insert
  [0xff9f, 0x53], // KP_Delete
  [0xffaa, 0x37], // KP_Multiply
  [0xffab, 0x4e], // KP_Add
  [0xffac, 0x7e], // KP_Separator
  [0xffad, 0x4a], // KP_Subtract
  [0xffae, 0x53], // KP_Decimal
  [0xffaf, 0xe035], // KP_Divide
  [0xffbd, 0x59], // KP_Equal
  [0xffe1, KEY_SHIFT_LEFT],
  [0xffe2, KEY_SHIFT_RIGHT],
  [0xffe3, 0x1d], // Control_L
  [0xffe4, 0xe01d], // Control_R
  [0xffe5, KEY_CAPS_LOCK],
  [0xffe7, 0x38], // Meta_L, which many viewers send for Alt
  [0xffe8, 0xe038], // Meta_R
  [0xffe9, 0x38], // Alt_L
  [0xffea, 0xe038], // Alt_R
  [0xfe03, 0xe038], // ISO_Level3_Shift (AltGr)
  [0xff7e, 0xe038], // Mode_switch
  [0xffeb, 0xe05b], // Super_L
  [0xffec, 0xe05c], // Super_R
];

const KEYPAD_DIGITS = [0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49];
const KEYSYM_KP_0 = 0xffb0;
const KEYSYM_F1 = 0xffbe;
const UNICODE_KEYSYMS = 0x0100_0000;

const KEYS_BY_KEYSYM = new Map<number, number>([
  ...FUNCTION_KEYS,
  ...KEYPAD_DIGITS.map((key, digit): [number, number] => [KEYSYM_KP_0 + digit, key]),
  ...Array.from({ length: 10 }, (_, index): [number, number] => [KEYSYM_F1 + index, 0x3b + index]),
  [KEYSYM_F1 + 10, 0x57],
  [KEYSYM_F1 + 11, 0x58],
]);

/** What a keysym means for our keyboard: a key as it is, or a character with the Shift state that it needs. */
export type KeysymMeaning = { kind: 'key'; key: number } | { kind: 'character'; stroke: Stroke; isLetter: boolean };

/** Undefined for keysyms that a US keyboard cannot produce. */
export function meaningOfKeysym(keysym: number): KeysymMeaning | undefined {
  const key = KEYS_BY_KEYSYM.get(keysym);
  if (key !== undefined) return { kind: 'key', key };
  const codePoint = keysym >= UNICODE_KEYSYMS ? keysym - UNICODE_KEYSYMS : keysym;
  if (codePoint < 0x20 || codePoint > 0x7e) return undefined;
  const character = String.fromCodePoint(codePoint);
  const stroke = strokeOf(character);
  return stroke && { kind: 'character', stroke, isLetter: /[a-z]/i.test(character) };
}

/**
 * The key of a keycode of QEMU's extended key event: scan code of set 1, with bit 7 instead of the byte 0xE0.
 * Source: rfbproto, "QEMU Extended Key Event Message". Undefined when it is out of range.
 */
export function keyOfQemuKeycode(keycode: number): number | undefined {
  if (keycode === 0x54) return KEY_PRINT;
  if (keycode === 0xc6) return KEY_PAUSE;
  if (keycode < 0x01 || keycode > 0xff || keycode === 0x80) return undefined;
  return keycode < 0x80 ? keycode : 0xe000 | (keycode & 0x7f);
}
